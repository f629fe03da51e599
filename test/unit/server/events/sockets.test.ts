import assert from "node:assert/strict";
import { once } from "node:events";
import { ConversationStore } from "../../../../src/conversation/store.ts";
import type { Event } from "../../../../src/protocol/events.ts";
import { personSays } from "../../../support/events.ts";
import { bash, call, gate, playedLlm, say } from "../../../support/scripts.ts";
import { openSocketServer } from "../../../support/socketServer.ts";
import { until } from "../../../support/until.ts";
import { newId } from "../../../support/workspaces.ts";

const at = (event: Event, second: number): Event => ({ ...event, timestamp: `2026-01-05T10:00:${String(second).padStart(2, "0")}.000000` });
const messages = (count: number): Event[] => Array.from({ length: count }, (_, index) => at(personSays(`message ${index}`), index));
const idsOf = (events: readonly Event[]): string[] => events.map(({ id }) => id);

describe("the socket of a conversation's events", () => {
  it("tells the state, then a turn in its order, and the state again after all of it (§10.12)", async () => {
    await using server = await openSocketServer({ llm: playedLlm([call(bash("true")), say("Done.")]) });
    const client = await server.connect().live();
    await client.send({ role: "user", content: "Go." });
    await client.until(({ key, value }) => key === "full_state" && value.execution_status === "finished");
    const told = client.kinds.filter((kind) => !["last_read_event_id", "stats", "last_user_message_id"].includes(kind));
    assert.deepEqual(told.toSorted((a, b) => Number(a === "SystemPromptEvent") - Number(b === "SystemPromptEvent")).slice(0, -1), [
      "full_state",
      "MessageEvent",
      "status running",
      "ActionEvent",
      "ObservationEvent",
      "MessageEvent",
      "status finished",
      "full_state",
    ]);
    const kept = (await server.get("/search")).body as { items: Event[] };
    assert.deepEqual(
      client.frames.filter(({ key }) => key !== "full_state").map(({ id }) => id),
      idsOf(kept.items),
    );
  });

  it("tells the state when it is paused and when it is interrupted", async () => {
    const hold = gate();
    await using server = await openSocketServer({ llm: playedLlm([{ text: "So", gate: hold }]) });
    const client = await server.connect().live();
    await client.send({ content: "Go." });
    await hold.reached;
    await server.test.host.handle({ type: "run.interrupt", conversationId: server.id });
    await client.until(({ key, value }) => key === "full_state" && value.execution_status === "paused");
    assert.deepEqual(client.kinds.slice(-3), ["status paused", "InterruptEvent", "full_state"]);
  });

  it("§10.20 replays all, or what is since a time with that time, or nothing; resend_mode goes before resend_all", async () => {
    const events = messages(5);
    await using server = await openSocketServer({ events });
    const heard = async (query: string, count: number): Promise<string[]> => {
      const client = server.connect(query);
      await client.untilCount(count + 1);
      // What is said now comes behind all that was replayed.
      await server.test.host.handle({ type: "message.send", conversationId: server.id, text: "now", run: false });
      const now = await client.until(({ llm_message }) => llm_message?.content[0].text === "now" && llm_message !== undefined);
      const ids = client.ids.slice(1, client.frames.indexOf(now));
      await client.close();
      return ids.filter((id) => idsOf(events).includes(id));
    };
    assert.deepEqual(await heard("?resend_mode=all", 5), idsOf(events));
    assert.deepEqual(await heard("?resend_all=true", 5), idsOf(events));
    assert.deepEqual(await heard(`?resend_mode=since&after_timestamp=${events[3]?.timestamp}&resend_all=true`, 2), idsOf(events.slice(3)));
    assert.deepEqual(await heard("?resend_mode=since", 0), []);
    assert.deepEqual(await heard("", 0), []);
  });

  it("§10.21 tells a bad frame on that socket alone and goes on, and lets go exactly once", async () => {
    await using server = await openSocketServer({ llm: playedLlm([say("Hi.")]) });
    const [bad, other] = await Promise.all([server.connect().live(), server.connect().live()]);
    await bad.send("{");
    await bad.send({ role: "assistant", content: "I am not you." });
    await bad.send({ role: "user", content: 5 });
    await bad.send({ role: "user", content: "Hello." });
    await bad.until(({ value }) => value === "finished");
    const faults = bad.frames.filter(({ kind }) => kind === "ServerErrorEvent");
    assert.deepEqual(
      faults.map(({ code, source }) => [code, source]),
      [
        ["JSONDecodeError", "environment"],
        ["ValueError", "environment"],
        ["ValidationError", "environment"],
      ],
    );
    assert.ok(!other.kinds.includes("ServerErrorEvent"));
    assert.equal((await server.get("/count?kind=ServerErrorEvent")).body, 0);
    bad.socket.terminate();
    await bad.close();
    await other.close();
  });

  it("ends no run when it closes", async () => {
    const hold = gate();
    await using server = await openSocketServer({ llm: playedLlm([{ text: "So", gate: hold }]) });
    const client = await server.connect().live();
    await client.send({ content: "Go." });
    await hold.reached;
    await client.close();
    hold.release();
    await server.test.untilStatus("finished");
  });

  it("§10.22 is not held up by a client that takes nothing, and loses nothing for it", async () => {
    const events = messages(30).map((event) => ({
      ...event,
      llm_message: { role: "user", content: [{ type: "text", text: "x".repeat(400_000) }] },
    }));
    await using server = await openSocketServer({ events: events as Event[] });
    const wedged = server.connect("?resend_mode=all");
    await once(wedged.socket, "open");
    wedged.socket.pause();
    const quick = server.connect("?resend_mode=all");
    await quick.untilCount(31);
    assert.deepEqual(quick.ids.slice(1), idsOf(events as Event[]));
    wedged.socket.resume();
    await wedged.untilCount(31);
    assert.deepEqual(wedged.ids.slice(1), idsOf(events as Event[]));
  });

  it("§10.22 goes on without the first state when that takes too long", async () => {
    await using server = await openSocketServer({ events: messages(2), fullState: () => new Promise(() => undefined) });
    const client = server.connect("?resend_mode=all");
    await client.untilCount(2);
    assert.deepEqual(client.kinds, ["MessageEvent", "MessageEvent"]);
  });

  it("§10.68 tells what the model writes only when it is asked to stream, empty pieces too", async () => {
    for (const isStreaming of [true, false]) {
      const turn = { text: "Hello.", reasoning: "Hm." };
      await using server = await openSocketServer({ llm: playedLlm([turn]), isStreaming });
      const client = await server.connect().live();
      await client.send({ content: "Go." });
      await client.until(({ key, value }) => key === "full_state" && value.execution_status === "finished");
      const deltas = client.frames.filter(({ kind }) => kind === "StreamingDeltaEvent");
      assert.equal(deltas.map(({ content }) => content ?? "").join(""), isStreaming ? "Hello." : "");
      assert.ok(deltas.every(({ source, id }) => source === "agent" && !idsIn(client.frames, "MessageEvent").includes(id)));
      assert.equal((await server.get("/count?kind=StreamingDeltaEvent")).body, 0);
    }
  });

  it("allows what waits for an answer when a message comes", async () => {
    const llm = playedLlm([call(bash("echo hi")), say("Done.")]);
    await using server = await openSocketServer({ llm, policy: { kind: "AlwaysConfirm" } });
    const client = await server.connect().live();
    await client.send({ content: "Go." });
    await client.until(({ value }) => value === "waiting_for_confirmation");
    await client.send({ content: [{ type: "text", text: "Yes, and hurry." }] });
    await client.until(({ value }) => value === "finished");
    assert.ok(client.kinds.includes("ObservationEvent"));
  });

  it("§10.37 hears what another owner of the conversation writes, and goes on when it is taken back", async () => {
    await using server = await openSocketServer({ llm: playedLlm([say("Hi.")]) });
    const client = await server.connect().live();
    await using theirs = await new ConversationStore(server.test.storeFolder).takeOver(server.id);
    const [paused] = await theirs.append({ kind: "PauseEvent", source: "user" });
    await client.until(({ id }) => id === paused?.id);
    // Said here, it is taken back, and what was written meanwhile is before it.
    await client.send({ content: "Go." });
    await client.until(({ value }) => value === "finished");
    const kinds = client.kinds.filter((kind) => ["PauseEvent", "MessageEvent"].includes(kind));
    assert.deepEqual(kinds, ["PauseEvent", "MessageEvent", "MessageEvent"]);
  });

  it("closes with 4004 for a conversation that is not there, and when it is deleted", async () => {
    await using server = await openSocketServer();
    assert.equal(await server.connect("", { path: `/sockets/events/${newId()}` }).closed, 4004);
    const client = await server.connect().live();
    await server.test.host.handle({ type: "conversation.delete", conversationId: server.id });
    assert.equal(await client.closed, 4004);
  });

  it("refuses the fifty-first with 1013, and takes another when one has gone", async () => {
    await using server = await openSocketServer();
    const clients = await Promise.all(Array.from({ length: 50 }, () => server.connect().live()));
    assert.equal(await server.connect().closed, 1013);
    await clients[0]?.close();
    await until("a place to be free", async () => {
      const client = server.connect();
      return Promise.race([client.live().then(() => true), client.closed.then(() => false)]);
    });
  });

  it("answers 403 to what is no id, no mode, no time and no socket", async () => {
    await using server = await openSocketServer();
    for (const path of ["/sockets/events/mine", "/sockets/events", "/sockets/other", "/sockets"])
      assert.equal(await server.connect("", { path }).refused, 403, path);
    for (const query of ["?resend_mode=some", "?resend_mode=since&after_timestamp=yesterday"])
      assert.equal(await server.connect(query).refused, 403, query);
  });
});

const idsIn = (frames: readonly { kind: string; id: string }[], kind: string): string[] =>
  frames.flatMap((frame) => (frame.kind === kind ? [frame.id] : []));
