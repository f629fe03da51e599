import assert from "node:assert/strict";
import { WebSocket } from "ws";
import { until } from "../support/until.ts";
import { kinds, type Stage, type WireEvent, withStage } from "./server.ts";

interface Listener {
  readonly heard: WireEvent[];
  readonly socket: WebSocket;
  /** Set when it was closed, or refused with an HTTP status. */
  end?: number;
}

describe("the socket of events", () => {
  let stage: Stage;
  let id: string;
  const open: WebSocket[] = [];
  withStage((opened) => (stage = opened));
  before(async () => {
    id = await stage.conversation();
    await stage.play(id, "Start.\n> say Started.");
  });
  afterEach(() => {
    for (const socket of open.splice(0)) socket.terminate();
  });

  function listen(query: string, route = `/sockets/events/${id}`, headers: Record<string, string> = {}): Listener {
    const socket = new WebSocket(`${stage.server.url.replace("http", "ws")}${route}${query}`, { headers });
    open.push(socket);
    const listener: Listener = { heard: [], socket };
    socket.on("message", (data: Buffer) => listener.heard.push(JSON.parse(data.toString())));
    socket.on("close", (code) => (listener.end ??= code));
    socket.on("unexpected-response", (request, { statusCode }) => {
      listener.end = statusCode ?? 0;
      request.destroy();
    });
    socket.on("error", () => undefined);
    return listener;
  }
  const key = (more = "") => `?session_api_key=${stage.server.key}${more}`;
  const ended = (listener: Listener) => until("the socket to be closed", async () => listener.end ?? false);
  const first = (listener: Listener) => until("the first frame", async () => listener.heard[0]);
  const authFrame = () => JSON.stringify({ type: "auth", session_api_key: stage.server.key });

  it("begins with the whole state, and replays only what is asked for", async () => {
    const plain = listen(key());
    const state = await first(plain);
    assert.deepEqual(
      [state.kind, state["key"], state["value"].execution_status],
      ["ConversationStateUpdateEvent", "full_state", "finished"],
    );
    assert.doesNotMatch(JSON.stringify(state), /:null/);
    assert.deepEqual(
      ["title", "created_at", "updated_at"].filter((name) => name in state["value"]),
      [],
    );
    const kept = await stage.events(id);
    for (const query of ["&resend_mode=all", "&resend_all=true"]) {
      const all = listen(key(query));
      await until("the replay", async () => all.heard.length > kept.length);
      assert.deepEqual(all.heard.slice(1), kept, query);
    }
    assert.equal(plain.heard.length, 1);
  });

  it("§10.20 prefers resend_mode to resend_all, and replays nothing when since has no time", async () => {
    const kept = await stage.events(id);
    const from = kept.at(-2)!.timestamp;
    const since = listen(key(`&resend_all=true&resend_mode=since&after_timestamp=${encodeURIComponent(from)}`));
    const wanted = kept.filter((event) => event.timestamp >= from);
    await until("the replay", async () => since.heard.length > wanted.length);
    assert.deepEqual(since.heard.slice(1), wanted);
    const nothing = listen(key("&resend_mode=since"));
    await first(nothing);
    await stage.say(id, "Not run.", false);
    await until("the live event", async () => nothing.heard.some(({ kind }) => kind === "MessageEvent"));
    assert.equal(nothing.heard.filter(({ kind }) => kind === "MessageEvent").length, 1);
  });

  it("§10.21 answers a frame that it cannot read on this socket, and goes on", async () => {
    const [one, other] = [listen(key()), listen(key())];
    await Promise.all([first(one), first(other)]);
    for (const bad of ["{", "[]", JSON.stringify({ role: "assistant", content: "x" })]) one.socket.send(bad);
    await until("three errors", async () => one.heard.filter(({ kind }) => kind === "ServerErrorEvent").length === 3);
    const error = one.heard.find(({ kind }) => kind === "ServerErrorEvent")!;
    assert.deepEqual([error["source"], typeof error["code"], typeof error["detail"]], ["environment", "string", "string"]);
    assert.ok(!kinds(other.heard).includes("ServerErrorEvent"));
    one.socket.send(JSON.stringify({ role: "user", content: "Hello.\n> say By the socket.", run: false }));
    await until("the run", async () =>
      other.heard.some(({ key: name, value }) => name === "full_state" && value.execution_status === "finished" && other.heard.length > 3),
    );
    assert.deepEqual(await stage.client.conversations.getAgentFinalResponse(id), { response: "By the socket." });
    assert.ok(!(await stage.events(id)).some(({ kind }) => kind === "ServerErrorEvent"));
  });

  it("§10.23 takes the key by query, header and first frame, ignores the frame that was not needed, and refuses wrong ones", async () => {
    const byHeader = listen("", undefined, { "x-session-api-key": stage.server.key });
    await first(byHeader);
    const byFrame = listen("");
    byFrame.socket.once("open", () => byFrame.socket.send(authFrame()));
    await first(byFrame);
    const byQuery = listen(key());
    await first(byQuery);
    byQuery.socket.send(authFrame());
    byQuery.socket.send(JSON.stringify({ type: "auth", session_api_key: stage.server.key, more: 1 }));
    await until("the answer to the second", async () => kinds(byQuery.heard).includes("ServerErrorEvent"));
    assert.equal(kinds(byQuery.heard).filter((kind) => kind === "ServerErrorEvent").length, 1);
    assert.equal(await ended(listen("?session_api_key=wrong")), 403);
    assert.equal(await ended(listen("", undefined, { "x-session-api-key": "wrong" })), 403);
    for (const frame of [
      "nonsense",
      "[]",
      JSON.stringify({ type: "auth", session_api_key: "wrong" }),
      JSON.stringify({ role: "user", content: "x" }),
    ]) {
      const wrong = listen("");
      wrong.socket.once("open", () => wrong.socket.send(frame));
      assert.equal(await ended(wrong), 4001, frame);
    }
  });

  it("refuses paths and modes that it does not know, and closes for a conversation that is not there", async () => {
    for (const route of ["/sockets/events/not-a-uuid", "/sockets/other"]) assert.equal(await ended(listen(key(), route)), 403, route);
    assert.equal(await ended(listen(key("&resend_mode=some"))), 403);
    assert.equal(await ended(listen(key(), "/sockets/events/00000000-0000-4000-8000-000000000000")), 4004);
  });

  it("§10.22 subscribes while a step is running, and beside a client that does not read", async () => {
    const busy = await stage.conversation();
    const stalled = listen(key(), `/sockets/events/${busy}`);
    await first(stalled);
    stalled.socket.pause();
    await stage.say(busy, "Wait.\n> hold socket say Done.");
    await stage.model.asked("socket");
    const late = listen(key("&resend_mode=all"), `/sockets/events/${busy}`);
    assert.equal((await first(late))["value"].execution_status, "running");
    stage.model.release("socket");
    await until("the end", async () =>
      late.heard.some(({ key: name, value }) => name === "full_state" && value.execution_status === "finished"),
    );
  });

  it("lets at most fifty listen", async () => {
    const crowded = await stage.conversation();
    const listeners = Array.from({ length: 51 }, () => listen(key(), `/sockets/events/${crowded}`));
    await until("one to be sent away", async () => listeners.some(({ end }) => end !== undefined));
    await until("the others to be in", async () => listeners.filter(({ heard }) => heard.length > 0).length >= 47);
    assert.deepEqual([...new Set(listeners.flatMap(({ end }) => end ?? []))], [1013]);
    const alive = listeners.filter(({ end }) => end === undefined).length;
    assert.ok(alive >= 47 && alive <= 50, String(alive));
  });

  it("ends no run when it is closed", async () => {
    const going = await stage.conversation();
    const listener = listen(key(), `/sockets/events/${going}`);
    await first(listener);
    listener.socket.send(JSON.stringify({ role: "user", content: [{ type: "text", text: "Go.\n> hold closing say Still here." }] }));
    await stage.model.asked("closing");
    listener.socket.close();
    await ended(listener);
    stage.model.release("closing");
    assert.equal(await stage.untilStatus(going, "finished", "paused", "error"), "finished");
  });

  it("§10.68 forwards the pieces of an answer only when a model streams", async () => {
    for (const stream of [true, false]) {
      const streaming = await stage.conversation({ agent: { kind: "Agent", llm: stage.model.llm({ stream }), tools: [] } });
      const listener = listen(key(), `/sockets/events/${streaming}`);
      await first(listener);
      await stage.say(streaming, "Go.\n> slow Piece by piece it comes.");
      await until("the end", async () =>
        listener.heard.some(({ key: name, value }) => name === "full_state" && value.execution_status === "finished"),
      );
      const pieces = listener.heard.filter(({ kind }) => kind === "StreamingDeltaEvent");
      assert.equal(pieces.map((event) => event["content"] ?? "").join(""), stream ? "Piece by piece it comes." : "");
      assert.ok(pieces.every((event) => "content" in event || "reasoning_content" in event));
    }
  });
});
