import assert from "node:assert/strict";
import { confirmPolicies } from "../../../src/protocol/settings.ts";
import { bash, call, playedLlm, say } from "../../support/scripts.ts";
import { openTestHost, type TestHost } from "../../support/workspaces.ts";

const replies = [call(bash("one")), call(bash("two")), call(bash("three")), call(bash("four")), say("Done.")];

/** Allows each command that is asked about; those that were, in order. */
async function allowAll({ host, id, events }: TestHost): Promise<string[]> {
  const asked: string[] = [];
  for (;;) {
    await host.settled(id);
    const last = events().findLast((event) => event.kind === "ActionEvent");
    const isAsked = !events().some(
      (event) => "tool_call_id" in event && event.kind !== "ActionEvent" && event.tool_call_id === last?.tool_call_id,
    );
    if (last?.action?.kind !== "TerminalAction" || !isAsked) return asked;
    asked.push(last.action.command);
    await host.handle({ type: "confirmation.respond", conversationId: id, accept: true, actionIds: [last.id] });
  }
}

const errors = ({ events }: TestHost): string[] =>
  events().flatMap((event) => (event.kind === "ConversationErrorEvent" ? [event.code] : []));

describe("the limits of a run that asks", () => {
  it("hold over its questions: an answer begins no new run", async () => {
    await using host = await openTestHost({ llm: playedLlm(replies), policy: confirmPolicies.always });
    await host.host.handle({ type: "limits.set", conversationId: host.id, limits: {}, maxIterations: 2 });
    await host.send("Go.");
    assert.deepEqual(await allowAll(host), ["one", "two"]);
    assert.deepEqual(errors(host), ["MaxIterationsReached"]);
  });

  it("begin anew with a message", async () => {
    await using host = await openTestHost({ llm: playedLlm(replies), policy: confirmPolicies.always });
    await host.host.handle({ type: "limits.set", conversationId: host.id, limits: {}, maxIterations: 2 });
    await host.send("Go.");
    await allowAll(host);
    await host.send("Go on.");
    assert.deepEqual(await allowAll(host), ["three", "four"]);
  });

  it("count no step for what was allowed", async () => {
    await using host = await openTestHost({ llm: playedLlm(replies), policy: confirmPolicies.always });
    await host.host.handle({ type: "limits.set", conversationId: host.id, limits: {}, maxIterations: 5 });
    await host.send("Go.");
    assert.deepEqual(await allowAll(host), ["one", "two", "three", "four"]);
    assert.deepEqual(errors(host), []);
  });
});
