import assert from "node:assert/strict";
import { until } from "../support/until.ts";
import { HttpClient, RemoteConversation, RemoteEventsList, RemoteWorkspace } from "./officialClient.ts";
import { kinds, refusal, type Stage, type WireEvent, withStage } from "./server.ts";

describe("events, by the official client", () => {
  let stage: Stage;
  let id: string;
  let all: WireEvent[];
  withStage((opened) => (stage = opened));
  before(async () => {
    id = await stage.conversation();
    await stage.play(id, "Say ÄPFEL.\n> terminal echo hello\n> say I say äpfel.");
    await stage.play(id, "Again.\n> say Something else.");
    all = await stage.events(id);
  });
  const search = async (query: string) => (await stage.wire("GET", `/api/conversations/${id}/events/search?${query}`)).json;
  const ids = (page: { items: WireEvent[] }) => page.items.map((event) => event.id);
  const count = (query: string) => stage.wire("GET", `/api/conversations/${id}/events/count?${query}`);

  it("§10.14 pages through all, inclusive of the id that it names, with null on the last full page", async () => {
    const first = await search("limit=3");
    assert.deepEqual([ids(first), first.next_page_id], [all.slice(0, 3).map((event) => event.id), all[3]!.id]);
    const rest = await search(`page_id=${all[3]!.id}&limit=100`);
    assert.deepEqual([ids(rest), rest.next_page_id], [all.slice(3).map((event) => event.id), null]);
    const exact = await search(`limit=${all.length}`);
    assert.deepEqual([ids(exact).length, exact.next_page_id], [all.length, null]);
    const last = await search(`limit=2&page_id=${all.at(-2)!.id}`);
    assert.deepEqual([ids(last), last.next_page_id], [all.slice(-2).map((event) => event.id), null]);
  });

  it("§10.15 goes on with the next event that fits the filter", async () => {
    const messages = all.filter(({ kind }) => kind === "MessageEvent");
    assert.equal(messages.length, 4);
    const first = await search("kind=MessageEvent&limit=2");
    assert.deepEqual([ids(first), first.next_page_id], [messages.slice(0, 2).map((event) => event.id), messages[2]!.id]);
    const second = await search(`kind=MessageEvent&limit=2&page_id=${first.next_page_id}`);
    assert.deepEqual([ids(second), second.next_page_id], [messages.slice(2).map((event) => event.id), null]);
  });

  it("§10.16 starts from the beginning at a page that it does not know, and from the tail when descending", async () => {
    assert.deepEqual(
      ids(await search("page_id=00000000-0000-4000-8000-000000000000&limit=2")),
      all.slice(0, 2).map((event) => event.id),
    );
    const newest = await search("sort_order=TIMESTAMP_DESC&limit=2");
    const backwards = all.toReversed();
    assert.deepEqual([ids(newest), newest.next_page_id], [backwards.slice(0, 2).map((event) => event.id), backwards[2]!.id]);
    const rest = await search(`sort_order=TIMESTAMP_DESC&page_id=${backwards[2]!.id}`);
    assert.deepEqual([ids(rest), rest.next_page_id], [backwards.slice(2).map((event) => event.id), null]);
  });

  it("takes kinds short and in full, and sources, and refuses what is none", async () => {
    const short = await search("kind=ActionEvent");
    const full = await search("kind=openhands.sdk.event.llm_convertible.action.ActionEvent");
    assert.deepEqual([ids(short).length, ids(full)], [1, ids(short)]);
    assert.deepEqual((await search("kind=NoSuchEvent")).items, []);
    assert.ok((await search("source=user")).items.every((event: WireEvent) => event["source"] === "user"));
    for (const query of ["limit=0", "sort_order=BEST", "timestamp__gte=yesterday"])
      assert.equal((await stage.wire("GET", `/api/conversations/${id}/events/search?${query}`)).status, 422, query);
    assert.equal((await search("limit=1000")).items.length, all.length);
  });

  it("§10.19 finds words in messages only, without regard to case", async () => {
    assert.deepEqual(
      (await search("body=%C3%A4pfel")).items.map((event: WireEvent) => event["source"]),
      ["user", "agent"],
    );
    assert.deepEqual(
      (await search("body=echo")).items.map((event: WireEvent) => event.kind),
      ["MessageEvent"],
    );
    assert.equal((await count("body=SOMETHING%20ELSE")).json, 2);
  });

  it("§10.18 takes bounds of time with and without a zone, inclusive below and exclusive above", async () => {
    const { timestamp } = all[4]!;
    const before = all.filter((event) => event.timestamp < timestamp).length;
    const from = all.filter((event) => event.timestamp >= timestamp).length;
    assert.equal((await count(`timestamp__gte=${timestamp}`)).json, from);
    assert.equal((await count(`timestamp__lt=${timestamp}`)).json, before);
    // The server of the tests has the zone of the tests.
    const micros = timestamp.slice(23);
    const zoned = new Date(timestamp.slice(0, 23)).toISOString().replace("Z", `${micros}Z`);
    assert.equal((await count(`timestamp__gte=${encodeURIComponent(zoned)}`)).json, from);
    const east = new Date(new Date(timestamp.slice(0, 23)).getTime() + 3_600_000).toISOString().replace("Z", `${micros}+01:00`);
    assert.equal((await count(`timestamp__lt=${encodeURIComponent(east)}`)).json, before);
  });

  it("counts, all and what fits", async () => {
    const { conversations } = stage.client;
    assert.equal(await conversations.getEventCount(id), all.length);
    assert.equal(await conversations.getEventCount(id, { kind: "MessageEvent", source: "agent" }), 2);
  });

  it("omits null in a search and has it in one event, and says 404 of one that is not there", async () => {
    const { conversations } = stage.client;
    const found = await search("kind=MessageEvent&limit=1");
    assert.doesNotMatch(JSON.stringify(found.items), /:null/);
    const one = await conversations.getEvent(id, found.items[0].id);
    assert.deepEqual([one.id, "sender" in one && one.sender, "critic_result" in one && one.critic_result], [found.items[0].id, null, null]);
    const missing = "00000000-0000-4000-8000-000000000000";
    assert.equal(await refusal(conversations.getEvent(id, missing)), 404);
    const several = await conversations.getEvents(id, [all[1]!.id, missing, all[0]!.id]);
    assert.deepEqual(
      several.map((event) => event?.id ?? null),
      [all[1]!.id, null, all[0]!.id],
    );
  });

  it("refuses a message that is none", async () => {
    const send = async (json: unknown) => (await stage.wire("POST", `/api/conversations/${id}/events`, json)).status;
    assert.equal(await send({ role: "user", content: "words" }), 422);
    assert.equal(await send({ role: "user", content: [] }), 400);
    assert.equal(await send({ role: "user", content: [{ type: "video" }] }), 422);
    assert.equal(await send({ role: "assistant", content: [{ type: "text", text: "x" }] }), 400);
  });

  it("links each event to the one before, state updates never being a parent", async () => {
    const states = new Set(all.filter(({ kind }) => kind === "ConversationStateUpdateEvent").map((event) => event.id));
    const line = all.filter((event) => !states.has(event.id));
    assert.deepEqual(
      line.map((event) => event["parent_id"] ?? null),
      line.map((_, index) => line[index - 1]?.id ?? null),
    );
  });

  it("is read whole and by the socket by the client's own conversation, which sees the state change", async () => {
    const heard: WireEvent[] = [];
    const errors: Error[] = [];
    const workspace = new RemoteWorkspace({ host: stage.server.url, workingDir: stage.workspace, apiKey: stage.server.key });
    const remote = new RemoteConversation(
      { kind: "Agent", llm: stage.model.llm({ stream: true }), tools: [{ name: "terminal" }] },
      workspace,
      {
        callback: (event) => void heard.push(event),
        onError: (error) => void errors.push(error),
      },
    );
    await remote.start({ maxIterations: 9 });
    await remote.startWebSocketClient();
    try {
      await until("the first state", async () => heard.some(({ key }) => key === "full_state"));
      assert.equal(await remote.state.getExecutionStatus(), "idle");
      await remote.sendMessage("Go.\n> terminal echo socket\n> slow This comes in several pieces, one after the other.");
      await remote.run();
      await until("the end", async () => heard.some(({ key, value }) => key === "full_state" && value.execution_status === "finished"));
      assert.equal(await remote.state.getExecutionStatus(), "finished");
      assert.equal(await remote.getAgentFinalResponse(), "This comes in several pieces, one after the other.");
      const kept = await stage.events(remote.id);
      const live = heard.filter(({ kind, key }) => kind !== "StreamingDeltaEvent" && key !== "full_state");
      assert.deepEqual(
        live.map((event) => event.id),
        kept.map((event) => event.id),
      );
      assert.deepEqual(live, kept);
      const pieces = heard.filter(({ kind }) => kind === "StreamingDeltaEvent").map((event) => event["content"] ?? "");
      assert.ok(pieces.length > 3);
      assert.equal(pieces.join(""), "This comes in several pieces, one after the other.");
      // §10.12
      assert.deepEqual(
        kinds(heard)
          .filter((kind) => kind !== "stats" && kind !== "StreamingDeltaEvent")
          .slice(-2),
        ["execution_status", "full_state"],
      );
      const list = new RemoteEventsList(new HttpClient({ baseUrl: stage.server.url, apiKey: stage.server.key }), remote.id);
      assert.deepEqual(
        (await list.getEvents()).map((event) => event.id),
        kept.map((event) => event.id),
      );
      assert.equal(await list.count(), kept.length);
      assert.deepEqual((await list.search({ limit: 1, sort_order: "TIMESTAMP_DESC" })).items[0]?.id, kept.at(-1)?.id);
      assert.equal((await list.getEventById(kept[1]!.id)).id, kept[1]!.id);
      assert.deepEqual(
        (await list.getEventsById([kept[0]!.id, "00000000-0000-4000-8000-000000000000"])).map((event) => event?.id ?? null),
        [kept[0]!.id, null],
      );
      await remote.stopWebSocketClient();
      assert.deepEqual(errors, []);
    } finally {
      await remote.close();
    }
  });

  it("§10.12 tells the end of a run after all its events", async () => {
    const last = all.findLastIndex(({ key }) => key === "execution_status");
    assert.deepEqual(
      all.slice(last + 1).filter(({ key }) => key !== "stats"),
      [],
    );
  });
});
