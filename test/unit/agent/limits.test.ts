import assert from "node:assert/strict";
import type { Limits } from "../../../src/protocol/state.ts";
import { bash, call, finish, gate, playedLlm, say, type Turn } from "../../support/scripts.ts";
import { openTestHost, type TestHost } from "../../support/workspaces.ts";

const usage = { prompt_tokens: 900, completion_tokens: 100, cache_read_tokens: 0, reasoning_tokens: 0 };
const paid = (turn: Turn, costUsd = 0.4): Turn => ({ ...turn, usage, costUsd });

/** A conversation with these limits in which one task was given. */
async function limited(
  limits: Limits,
  turns: readonly Turn[],
  look: (host: TestHost, requests: () => number) => Promise<void>,
  hasPrice = true,
): Promise<void> {
  const llm = { ...playedLlm(turns), hasPrice };
  await using host = await openTestHost({ llm });
  await host.host.handle({ type: "limits.set", conversationId: host.id, limits });
  await host.send("Do it.");
  await host.host.settled(host.id);
  await look(host, () => llm.requests.length);
}

function endOf(host: TestHost): unknown {
  const error = host.events().findLast((event) => event.kind === "ConversationErrorEvent");
  return error && { code: error.code, detail: error.detail, classification: error.classification };
}

describe("the limits of a run", () => {
  const loop = Array.from({ length: 9 }, (_, index) => paid(call(bash(`echo ${index}`))));

  it("stop it before the call after the one that reached the money", () =>
    limited({ max_cost_usd: 1 }, loop, async (host, requests) => {
      assert.equal(requests(), 3);
      assert.deepEqual(endOf(host), {
        code: "MaxBudgetReached",
        detail:
          "The limit of $1.00 is reached: this run has cost $1.20. Everything done so far is kept; send a message to go on, or raise the limit.",
        classification: { kind: "quota", retryable: false, user_action: "settings" },
      });
    }));

  it("stop it before the call after the one that reached the tokens", () =>
    limited({ max_tokens: 1_500 }, loop, async (host, requests) => {
      assert.equal(requests(), 2);
      assert.match(JSON.stringify(endOf(host)), /MaxTokensReached.*The limit of 1500 tokens is reached: this run has used 2000\./);
    }));

  it("can be raised, and hold for each run anew", () =>
    limited({ max_tokens: 1_500 }, loop, async (host, requests) => {
      await host.send("Go on.");
      await host.host.settled(host.id);
      assert.equal(requests(), 4);
      await host.host.handle({ type: "limits.set", conversationId: host.id, limits: { max_tokens: 2_500 } });
      await host.send("Go on.");
      await host.host.settled(host.id);
      assert.equal(requests(), 7);
    }));

  it("stop it when what they count is not told, rather than let it spend", async () => {
    await limited({ max_cost_usd: 1 }, [call(bash("echo")), say("Never.")], async (host, requests) => {
      assert.equal(requests(), 1);
      assert.match(JSON.stringify(endOf(host)), /What the model costs is not known, so the limit of \$1\.00 cannot be kept\./);
    });
    await limited({ max_cost_usd: 1 }, [say("Never.")], async (_, requests) => assert.equal(requests(), 0), false);
    await limited({ max_tokens: 10 }, [call(bash("echo")), say("Never.")], async (host, requests) => {
      assert.equal(requests(), 1);
      assert.match(JSON.stringify(endOf(host)), /does not say how many tokens/);
    });
  });

  it("let a run that is finished be finished, whatever it cost", () =>
    limited({ max_cost_usd: 0.1 }, [paid(call(finish("Done.")))], async (host) => {
      assert.equal(endOf(host), undefined);
      await host.untilStatus("finished");
    }));

  it("end what runs when the time is up, and leave a log that can go on", async () => {
    const llm = playedLlm([call(bash("sleep 1000"), bash("echo never")), say("I see.")]);
    await using host = await openTestHost({ llm });
    await host.host.handle({ type: "limits.set", conversationId: host.id, limits: { max_wall_seconds: 0.05 } });
    await host.send("Do it.");
    await host.host.settled(host.id);
    assert.match(JSON.stringify(endOf(host)), /MaxTimeReached.*The limit of 0\.05 seconds is reached\./);
    const cut = host.events().flatMap((event) => (event.kind === "AgentErrorEvent" ? [event.error] : []));
    assert.deepEqual(
      cut,
      Array.from({ length: 2 }, () => "Interrupted before it was done, because the run had reached a limit."),
    );
    await host.host.handle({ type: "limits.set", conversationId: host.id, limits: {} });
    await host.send("What now?");
    await host.untilStatus("finished");
  });

  it("end a model that does not answer when the time is up, and keep what it said", async () => {
    const never = gate();
    await using host = await openTestHost({ llm: playedLlm([{ text: "I think that", gate: never }]) });
    await host.host.handle({ type: "limits.set", conversationId: host.id, limits: { max_wall_seconds: 0.05 } });
    await host.send("Do it.");
    await host.host.settled(host.id);
    assert.match(JSON.stringify(host.events()), /I think that.*MaxTimeReached/);
  });
});
