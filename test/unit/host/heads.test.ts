import assert from "node:assert/strict";
import { textOf } from "../../../src/protocol/content.ts";
import type { Event } from "../../../src/protocol/events.ts";
import { EventId } from "../../../src/protocol/ids.ts";
import { initialView, reduceView } from "../../../src/protocol/view.ts";
import { bash, call, gate, playedLlm, say } from "../../support/scripts.ts";
import { newId, openTestHost, type TestHost } from "../../support/workspaces.ts";
import { ask, kinds, statuses } from "./hostActions.ts";

const setHead = (host: TestHost, eventId: EventId | null): Promise<void> =>
  host.host.handle({ type: "head.set", conversationId: host.id, eventId });
const told = async (host: TestHost, text: string): Promise<void> => {
  await host.send(text);
  await host.host.settled(host.id);
};
const messageOf = (host: TestHost, text: string): Event =>
  host.events().find((event) => event.kind === "MessageEvent" && textOf(event.llm_message.content) === text) ?? assert.fail(text);
const messagesIn = (llm: ReturnType<typeof playedLlm>, at: number): string[] =>
  (llm.requests[at]?.messages ?? []).flatMap((message) => {
    if (message.role === "system") return [];
    return [`${message.role}: ${typeof message.content === "string" ? message.content : textOf(message.content)}`];
  });

describe("going back in a conversation", () => {
  it("§10.33 tells nobody but the log, and what comes next follows the new head", async () => {
    const llm = playedLlm([say("One."), say("Two."), say("Another two.")]);
    await using host = await openTestHost({ llm });
    await told(host, "First");
    const { id } = messageOf(host, "One.");
    await told(host, "Second");
    const before = host.events().length;
    await setHead(host, id);
    const [head, ...more] = host.events().slice(before);
    assert.deepEqual([head?.kind === "ConversationStateUpdateEvent" && [head.key, head.value], more], [["head", id], []]);
    assert.equal((await host.host.look(host.id)).state.leaf_event_id, id);
    await told(host, "Instead");
    assert.equal(messageOf(host, "Instead").parent_id, id);
    assert.deepEqual(messagesIn(llm, 2), ["user: First", "assistant: One.", "user: Instead"]);
    assert.ok(
      host.events().some((event) => event === messageOf(host, "Two.")),
      "nothing is deleted",
    );
    const rows = host.heard.reduce(reduceView, initialView).rows.map((row) => (row.type === "notice" ? row.reason : row.type));
    assert.deepEqual(rows, ["user", "agent", "user", "agent", "back", "user", "agent"]);
  });

  it("§10.33 to before everything begins a second root, with a prompt of its own", async () => {
    const llm = playedLlm([say("One."), say("New.")]);
    await using host = await openTestHost({ llm });
    await told(host, "First");
    await setHead(host, null);
    const { state } = await host.host.look(host.id);
    assert.deepEqual([state.leaf_event_id, state.head_is_empty], [undefined, true]);
    await told(host, "Anew");
    assert.equal(messageOf(host, "Anew").parent_id, "__root__");
    assert.deepEqual(messagesIn(llm, 1), ["user: Anew"]);
    assert.equal(llm.requests[1]?.messages[0]?.role, "system");
    assert.equal(kinds(host).filter((kind) => kind === "SystemPromptEvent").length, 2);
  });

  it("is refused while the agent works, and to what is no event of the conversation", async () => {
    const stop = gate();
    await using host = await openTestHost({ llm: playedLlm([{ text: "Hm", gate: stop }]) });
    await host.send("Go");
    await stop.reached;
    const at = messageOf(host, "Go").id;
    await assert.rejects(setHead(host, at), { code: "not-possible", message: /at work/ });
    stop.release();
    await host.host.settled(host.id);
    await assert.rejects(setHead(host, EventId.parse("00000000-0000")), { code: "not-found" });
    const update = host.events().find(({ kind }) => kind === "ConversationStateUpdateEvent") ?? assert.fail();
    await assert.rejects(setHead(host, update.id), { code: "not-found" });
  });

  it("leaves nothing pending: what was asked about is not run, now or ever", async () => {
    const llm = playedLlm([call(bash("rm -r src")), say("Fine.")]);
    await using host = await openTestHost({ llm, policy: ask });
    await told(host, "Go");
    await setHead(host, messageOf(host, "Go").id);
    const { state } = await host.host.look(host.id);
    assert.deepEqual([state.pending, state.execution_status], [[], "idle"]);
    await told(host, "Something else");
    assert.deepEqual(messagesIn(llm, 1), ["user: Go\nSomething else"]);
    assert.deepEqual(statuses(host), ["running", "waiting_for_confirmation", "idle", "running", "finished"]);
    assert.deepEqual(kinds(host).slice(2, 4), ["ActionEvent", "UserRejectObservation"]);
  });

  it("to an action whose result is on another branch does not run it again", async () => {
    const llm = playedLlm([call(bash("echo once")), say("Done."), say("I looked.")]);
    const ran: string[] = [];
    const commands = (command: string) => {
      ran.push(command);
      return { output: "once", exitCode: 0 };
    };
    await using host = await openTestHost({ llm, commands });
    await told(host, "Go");
    const action = host.events().find(({ kind }) => kind === "ActionEvent") ?? assert.fail();
    await setHead(host, action.id);
    await told(host, "And?");
    assert.equal(ran.filter((command) => command.includes("once")).length, 1);
    assert.match(messagesIn(llm, 2)[2] ?? "", /tool: There is no result/);
    assert.deepEqual(statuses(host).at(-1), "finished");
  });

  it("stays when the conversation is opened again, and a question is about that branch", async () => {
    const first = playedLlm([say("One."), say("Two.")]);
    await using store = await openTestHost({ llm: first });
    await told(store, "First");
    const { id } = messageOf(store, "One.");
    await told(store, "Second");
    await setHead(store, id);
    await store.host[Symbol.asyncDispose]();
    const llm = playedLlm([say("Blue."), say("Go on.")]);
    await using host = await openTestHost({ llm, storeFolder: store.storeFolder, id: store.id });
    const count = host.events().length;
    assert.equal(await host.host.ask(host.id, "Which colour?", new AbortController().signal), "Blue.");
    assert.deepEqual(kinds(host).length, kinds(store).length, "nothing of it is kept");
    assert.equal(
      host
        .events()
        .slice(count)
        .every((event) => event.kind === "ConversationStateUpdateEvent" && event.key === "stats"),
      true,
    );
    assert.match(messagesIn(llm, 0).join("|"), /^user: First\|assistant: One\.\|user: A question .*Which colour\?$/s);
    await told(host, "Third");
    assert.deepEqual(messagesIn(llm, 1), ["user: First", "assistant: One.", "user: Third"]);
  });

  it("a fork at an event has its branch only, and what was counted when it is wanted", async () => {
    const usage = { prompt_tokens: 5, completion_tokens: 5, cache_read_tokens: 0, reasoning_tokens: 0 };
    const llm = playedLlm([{ text: "One.", usage, costUsd: 1 }, say("Two."), say("Other.")]);
    await using host = await openTestHost({ llm });
    await told(host, "First");
    const { id } = messageOf(host, "One.");
    await told(host, "Second");
    await setHead(host, id);
    await told(host, "Instead");
    const texts = async (forkId: TestHost["id"]): Promise<string[]> => {
      const { events } = await host.host.page(forkId, { limit: 1_000 });
      return events.flatMap((event) => (event.kind === "MessageEvent" ? [textOf(event.llm_message.content)] : []));
    };
    const [atOther, atTwo] = [newId(), newId()];
    const fork = { type: "conversation.fork", conversationId: host.id } as const;
    await host.host.handle({ ...fork, forkId: atOther, atEventId: messageOf(host, "Other.").id });
    await host.host.handle({ ...fork, forkId: atTwo, atEventId: messageOf(host, "Two.").id, resetMetrics: true });
    assert.deepEqual(await texts(atOther), ["First", "One.", "Instead", "Other."]);
    assert.deepEqual(await texts(atTwo), ["First", "One.", "Second", "Two."]);
    const [one, two] = [await host.host.look(atOther), await host.host.look(atTwo)];
    assert.deepEqual([one.state.usage.prompt_tokens, two.state.usage.prompt_tokens, two.state.metrics], [5, 0, {}]);
    assert.equal(one.state.has_branches, undefined);
  });
});
