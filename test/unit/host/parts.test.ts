import assert from "node:assert/strict";
import type { AgentParts } from "../../../src/host/agentParts.ts";
import { LlmError } from "../../../src/llm/llmError.ts";
import { LlmConfig } from "../../../src/protocol/agentServer/agent.ts";
import { textOf } from "../../../src/protocol/content.ts";
import type { Event } from "../../../src/protocol/events.ts";
import { clientTool } from "../../../src/tools/clientTool.ts";
import { defaultTools } from "../../../src/tools/defaultTools.ts";
import { finishTool } from "../../../src/tools/finish.ts";
import { bash, call, edit, finish, gate, type PlayedLlm, playedLlm, type ScriptCall, say, type Turn } from "../../support/scripts.ts";
import { openTestHost, type TestHost } from "../../support/workspaces.ts";
import { ask, kinds, respond, statuses } from "./hostActions.ts";

const config = (given: object): LlmConfig => LlmConfig.parse({ model: "played", ...given });
const usage = (prompt_tokens: number) => ({ prompt_tokens, completion_tokens: 1, cache_read_tokens: 0, reasoning_tokens: 0 });
const work = (count: number): Turn[] => Array.from({ length: count }, (_, index) => call(bash(`echo step ${index}`)));
const commands = (command: string) => ({ output: `${command} ${"x".repeat(200)}`, exitCode: 0 });

interface Played {
  readonly host: TestHost;
  readonly llm: PlayedLlm;
}

async function played(parts: AgentParts, turns: readonly (Turn | Error)[], look: (played: Played) => Promise<void> | void): Promise<void> {
  const llm = playedLlm(turns);
  await using host = await openTestHost({ llm, commands, host: { agentOf: async () => ({ skills: {}, ...parts }) } });
  await host.send("Go");
  await host.host.settled(host.id);
  await look({ host, llm });
}

const systemText = ({ llm }: Played): string => JSON.stringify(llm.requests[0]?.messages[0]);
const stateOf = async ({ host, id }: TestHost) => (await host.look(id)).state;
const find = <Kind extends Event["kind"]>(host: TestHost, kind: Kind): Extract<Event, { kind: Kind }>[] =>
  host.events().filter((event): event is Extract<Event, { kind: Kind }> => event.kind === kind);

describe("an agent made of parts", () => {
  it("has its prompt before the first message, and its own words in it (§2.3)", () =>
    played({ systemPrompt: "You are Gustav.", systemMessageSuffix: "The weather is fine." }, [say("Hi.")], async (all) => {
      assert.deepEqual(kinds(all.host), ["SystemPromptEvent", "MessageEvent", "MessageEvent"]);
      assert.match(systemText(all), /^\{"role":"system","content":"You are Gustav\.\\n\\nThe workspace is .*The weather is fine\."\}$/);
      const [told] = all.host
        .events()
        .filter((event) => event.kind === "ConversationStateUpdateEvent" && event.key === "last_user_message_id");
      const [message] = find(all.host, "MessageEvent");
      assert.deepEqual(told?.kind === "ConversationStateUpdateEvent" && told.value, message?.id);
      assert.equal(message?.parent_id, find(all.host, "SystemPromptEvent")[0]?.id);
    }));

  it("is at work when its message, its start or an answer has been taken", async () => {
    const held = gate();
    const llm = playedLlm([call(bash("echo one")), { ...say("Done."), gate: held }]);
    await using host = await openTestHost({ llm, policy: ask, host: { agentOf: async () => ({}) } });
    await host.send("Go");
    assert.notEqual((await stateOf(host)).execution_status, "idle");
    await host.host.settled(host.id);
    await respond(host, true);
    assert.equal((await stateOf(host)).execution_status, "running");
    held.release();
    await host.host.settled(host.id);
    assert.deepEqual(statuses(host), ["running", "waiting_for_confirmation", "running", "finished"]);
  });

  it("has exactly its tools", () =>
    played(
      { tools: (_events, info) => [...defaultTools([], { shell: info.shell }).slice(0, 1), finishTool] },
      [call(finish("Done."))],
      ({ llm }) =>
        assert.deepEqual(
          llm.requests[0]?.tools.map(({ name }) => name),
          ["terminal", "finish"],
        ),
    ));

  it("knows its secrets before the first word is kept, and leaves out those that cannot be hidden", async () => {
    const llm = playedLlm([call(bash("echo $TOKEN")), say("Done.")]);
    const agentOf = async (): Promise<AgentParts> => ({ secrets: { TOKEN: "hush-hush-1", PATH: "/evil", SHORT: "x" } });
    await using host = await openTestHost({ llm, host: { agentOf } });
    await host.send("It is hush-hush-1.");
    await host.host.settled(host.id);
    assert.doesNotMatch(JSON.stringify(host.events()), /hush-hush-1/);
    const registry = host
      .events()
      .flatMap((event) => (event.kind === "ConversationStateUpdateEvent" && event.key === "secret_registry" ? [event.value] : []));
    assert.deepEqual(registry, [{ secret_sources: { TOKEN: { kind: "StaticSecret", value: null } } }]);
    assert.match(JSON.stringify(llm.requests[0]?.messages[0]), /names them: TOKEN\./);
  });

  it("may go in circles when nobody shall mind", () =>
    played({ stuckDetection: false }, [...Array.from({ length: 6 }, () => call(bash("echo same"))), say("Done.")], ({ host }) =>
      assert.deepEqual(statuses(host), ["running", "finished"]),
    ));

  it("tells its reply as it comes only when its model streams", async () => {
    for (const stream of [false, true])
      await played({ llm: config({ stream }) }, [say("Word by word.")], ({ host }) => {
        assert.equal(
          host.heard.some(({ type }) => type === "delta"),
          stream,
        );
      });
  });

  it("asks its model as its configuration says, and opens another when that is another", async () => {
    const opened: unknown[] = [];
    let now = config({ temperature: 0 });
    const openLlm = async (_ref: unknown, _folder: unknown, given?: LlmConfig) => {
      opened.push(given?.temperature);
      return playedLlm([say("One."), say("Two.")]);
    };
    await using host = await openTestHost({ host: { openLlm, agentOf: async () => ({ llm: now }) } });
    for (const temperature of [0, 0, 1]) {
      now = config({ temperature });
      await host.send("Go");
      await host.host.settled(host.id);
    }
    assert.deepEqual(opened, [0, 1]);
  });
});

describe("the condenser of an agent made of parts", () => {
  it("§10.54 keeps the conversation below its size, and its first events, and counts what it takes apart", () =>
    played(
      { condenser: { maxSize: 10, keepFirst: 3 }, llm: config({ usage_id: "mine" }) },
      [...work(5), { text: "A summary.", usage: usage(7), costUsd: 1 }, ...work(2), { text: "Done.", usage: usage(3), costUsd: 2 }],
      async ({ host, llm }) => {
        const [condensation] = find(host, "Condensation");
        const view = host.events().filter(({ kind }) => kind !== "ConversationStateUpdateEvent");
        // Of a call and its result none stays without the other: system, task, action and result.
        assert.equal(condensation?.summary_offset, 4);
        assert.ok(!condensation.forgotten_event_ids.some((id) => view.slice(0, 4).some((event) => event.id === id)));
        assert.ok(condensation.forgotten_event_ids.length >= 6, String(condensation.forgotten_event_ids.length));
        assert.deepEqual(llm.requests[5]?.tools, []);
        const { metrics, usage: all, accumulated_cost, per_turn_token } = await stateOf(host);
        assert.deepEqual(Object.keys(metrics ?? {}).toSorted(), ["condenser", "mine"]);
        assert.deepEqual(
          [metrics?.["condenser"]?.accumulated_token_usage.prompt_tokens, metrics?.["mine"]?.accumulated_token_usage.prompt_tokens],
          [7, 3],
        );
        assert.deepEqual([all.prompt_tokens, per_turn_token], [10, 4]);
        assert.equal(accumulated_cost, 3);
      },
    ));

  it("goes by the tokens of the latest prompt, and has its own model", async () => {
    const other = playedLlm([say("A summary.")]);
    const own = playedLlm([...work(4), { ...call(bash("echo full")), usage: usage(900) }, say("Done.")]);
    const openLlm = async ({ model }: { readonly model: string }) => (model === "cheap" ? other : own);
    const condenser = { maxTokens: 800, llm: config({ model: "cheap" }) };
    await using host = await openTestHost({ commands, host: { openLlm, agentOf: async () => ({ condenser }) } });
    await host.send("Go");
    await host.host.settled(host.id);
    assert.deepEqual([find(host, "Condensation").length, other.requests.length], [1, 1]);
    assert.deepEqual(statuses(host), ["running", "finished"]);
  });

  it("§10.55 is missed when the conversation is too long: the run ends in error", () =>
    played({ condenser: null }, [...work(8), new LlmError("LLMContextWindowExceedError", "Too long.")], async ({ host }) => {
      assert.deepEqual(statuses(host), ["running", "error"]);
      assert.deepEqual(find(host, "CondensationRequest"), []);
      const condense = host.host.handle({ type: "conversation.condense", conversationId: host.id });
      await assert.rejects(condense, { code: "not-possible", message: /has no condenser/ });
    }));

  it("condenses when a person wants it, begins no run by that, and stops when it is stopped", async () => {
    const held = Promise.withResolvers<void>();
    await played(
      {},
      [
        ...work(4),
        say("Done."),
        say("A summary."),
        say("Still here."),
        {
          text: "",
          gate: {
            pass: async (signal) => {
              held.resolve();
              await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
            },
            reached: held.promise,
            release: () => undefined,
          },
        },
      ],
      async ({ host, llm }) => {
        const target = { conversationId: host.id };
        await host.host.handle({ type: "conversation.condense", ...target });
        await host.host.settled(host.id);
        assert.deepEqual(kinds(host).slice(-2), ["CondensationRequest", "Condensation"]);
        assert.deepEqual([statuses(host), llm.requests.length], [["running", "finished"], 6]);
        await host.host.handle({ type: "run.start", ...target });
        await host.host.settled(host.id);
        assert.equal(llm.requests.length, 6, "a summary is no message");
        await host.send("And?");
        await host.host.settled(host.id);
        const condensing = host.host.handle({ type: "conversation.condense", ...target });
        await held.promise;
        await Promise.all([assert.rejects(condensing, /Stopped by the person/), host.host.handle({ type: "run.interrupt", ...target })]);
        assert.equal(statuses(host).at(-1), "finished");
      },
    );
  });

  it("refuses when there is nothing to take out", () =>
    played({}, [say("Hi.")], async ({ host }) => {
      await host.host.handle({ type: "head.set", conversationId: host.id, eventId: null });
      await assert.rejects(host.host.handle({ type: "conversation.condense", conversationId: host.id }), {
        code: "not-possible",
        message: /too short/,
      });
    }));
});

describe("a tool of the client's", () => {
  const parameters = { type: "object", properties: { url: { type: "string" }, summary: { type: "string" } }, required: ["url"] };
  const show = clientTool({ name: "show_page", description: "Shows a page.", parameters });

  it("§5.11 is called with its arguments as they are, and answered at once", () =>
    played(
      { tools: () => [show, finishTool] },
      [
        call({ name: "show_page", arguments: { url: "https://x.example", summary: "of the page", security_risk: "LOW", more: [1] } }),
        say("Shown."),
      ],
      async ({ host, llm }) => {
        assert.deepEqual(Object.keys(fields(llm.requests[0]?.tools[0]?.parameters["properties"])), ["security_risk", "url", "summary"]);
        const [action] = find(host, "ActionEvent");
        // §10.52: the tool has a summary of its own.
        assert.deepEqual(action?.action, { url: "https://x.example", more: [1], summary: "of the page", kind: "ClientAction_show_page" });
        assert.equal(action?.summary, undefined);
        const [result] = find(host, "ObservationEvent");
        assert.deepEqual(
          [result?.action_id, String(result?.observation.kind), result?.observation.is_error],
          [action?.id, "ClientToolObservation", false],
        );
        assert.match(textOf(result?.observation.content ?? []), /passed on to the client/);
      },
    ));

  it("§10.46 tells the model what a call of it lacks", () =>
    played({ tools: () => [show] }, [call({ name: "show_page", arguments: {} }), say("Oh.")], ({ host }) => {
      assert.deepEqual(kinds(host).slice(2, 4), ["ActionEvent", "AgentErrorEvent"]);
      assert.match(find(host, "AgentErrorEvent")[0]?.error ?? "", /lacks url/);
    }));
});

const fields = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});

describe("a conversation without an analyzer", () => {
  const grep = { name: "grep", arguments: { pattern: "x", security_risk: "LOW" } };
  const risky = (confirm_unknown: boolean) => ({ kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown }) as const;

  async function asked(policy: ReturnType<typeof risky>, analyzer: "none" | "ours", made: ScriptCall = grep) {
    await using host = await openTestHost({ llm: playedLlm([call(made), say("Done.")]), policy });
    if (analyzer === "none") await host.host.handle({ type: "security_analyzer.set", conversationId: host.id, analyzer: null });
    await host.send("Go");
    await host.host.settled(host.id);
    const [action] = find(host, "ActionEvent");
    return [action?.security_risk, action?.risk_reason, statuses(host).at(-1)];
  }

  it("§10.50 §10.51 has no risks to tell, and asks about all of them, unless the policy does not care", async () => {
    assert.deepEqual(await asked(risky(true), "none"), ["UNKNOWN", undefined, "waiting_for_confirmation"]);
    assert.deepEqual(await asked(risky(false), "none"), ["UNKNOWN", undefined, "finished"]);
    assert.deepEqual((await asked(risky(true), "ours")).slice(0, 1), ["LOW"]);
  });

  it("§10.50 never asks less than we would", async () => {
    assert.deepEqual(await asked(risky(false), "none", edit("create", "/elsewhere/a", { file_text: "x" })), [
      "UNKNOWN",
      undefined,
      "waiting_for_confirmation",
    ]);
  });
});
