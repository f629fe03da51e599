import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Conversation, EventDraft } from "../../../src/conversation/conversation.ts";
import { ConversationStore } from "../../../src/conversation/store.ts";
import type { ConversationId } from "../../../src/protocol/ids.ts";
import { heldElsewhere } from "../../support/leases.ts";
import { until } from "../../support/until.ts";
import { newId, startOf, type TempFolder, tempFolder } from "../../support/workspaces.ts";
import { message, textsOf } from "./fixtures/messages.ts";

const update = (key: string, value: unknown): EventDraft => ({ kind: "ConversationStateUpdateEvent", source: "environment", key, value });
const action = (id: string): EventDraft => ({
  kind: "ActionEvent",
  source: "agent",
  thought: [],
  thinking_blocks: [],
  action: { kind: "TerminalAction", command: "ls", is_input: false, reset: false },
  tool_name: "terminal",
  tool_call_id: id,
  tool_call: { id, name: "terminal", arguments: "{}", origin: "completion" },
  llm_response_id: "r",
  security_risk: "LOW",
});

describe("the store of conversations", () => {
  let folder: TempFolder;
  let store: ConversationStore;
  beforeEach(async () => {
    folder = await tempFolder();
    store = new ConversationStore(folder.path);
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  it("§10.37 tells that an owner whom nobody can look at has gone when it was silent for long, and can be opened then at once", async () => {
    const id = await made("left");
    await heldElsewhere(path.join(folder.path, id));
    const times = { silenceMs: 300, beatMs: 50, watchMs: 20 };
    const later = new ConversationStore(folder.path, { times });
    const isElsewhere = async () => (await later.glance(id))?.isOpenElsewhere;
    assert.equal(await isElsewhere(), true);
    await assert.rejects(later.open(id, 0), { code: "in-use" });
    await until("the silence", async () => !(await isElsewhere()));
    assert.equal(await isElsewhere(), false);
    assert.equal((await later.list())[0]?.isOpenElsewhere, false);
    await using _opened = await later.open(id, 0);
  });

  /** A conversation with these messages, closed. */
  async function made(...texts: string[]): Promise<ConversationId> {
    const start = startOf();
    await using conversation = await store.create(start);
    await conversation.append(update("title", texts[0] ?? "none"), ...texts.map(message));
    return start.id;
  }

  async function texts(id: ConversationId): Promise<string[]> {
    await using conversation = await store.open(id, 0);
    return textsOf(conversation.events);
  }

  const summaryFile = (id: ConversationId): string => path.join(folder.path, id, "summary.json");

  describe("lists them", () => {
    it("newest first, from their logs when a summary is missing, spoilt, or older than the log", async () => {
      const ids = [await made("one"), await made("two"), await made("three")];
      await using open = await store.open(ids[0]!);
      await open.append(message("again"));
      const listed = await store.list();
      assert.deepEqual(
        listed.map(({ id, title }) => [id, title]),
        [ids[0], ids[2], ids[1]].map((id) => [id, id === ids[0] ? "one" : id === ids[1] ? "two" : "three"]),
      );
      await rm(summaryFile(ids[1]!));
      await writeFile(summaryFile(ids[2]!), "");
      assert.deepEqual(await store.list(), listed);
      const [first] = listed;
      assert.deepEqual(
        { ...first, created_at: "", updated_at: "", sizeBytes: 0 },
        {
          id: ids[0],
          title: "one",
          working_dir: "/workspace",
          model: "played",
          execution_status: "idle",
          created_at: "",
          updated_at: "",
          sizeBytes: 0,
          isOpenElsewhere: false,
        },
      );
    });

    it("with what was appended since the summary was written", async () => {
      const id = await made("one");
      const kept = await readFile(summaryFile(id));
      await using conversation = await store.open(id);
      await conversation.append(update("title", "renamed"), update("execution_status", "finished"));
      await writeFile(summaryFile(id), kept);
      const [row] = await store.list();
      assert.deepEqual([row?.title, row?.execution_status, row?.model], ["renamed", "finished", "played"]);
    });

    it("also when one cannot be read, one is empty, and one is held on another machine", async () => {
      const id = await made("one");
      await mkdir(path.join(folder.path, newId(), "events.jsonl"), { recursive: true });
      await mkdir(path.join(folder.path, newId()));
      const owner = { machine: "elsewhere", boot: "b", space: "s", pid: 1, started: "1" };
      await writeFile(path.join(folder.path, id, "lease-9.json"), JSON.stringify({ state: "held", beat: "1", owner }));
      assert.deepEqual(
        (await store.list()).map((row) => [row.id, row.isOpenElsewhere]),
        [[id, true]],
      );
    });

    it("soon, when there are 500 and one has a log of a gigabyte", async function () {
      this.slow(20_000);
      const id = await made("one");
      const [log, summary] = await Promise.all([readFile(path.join(folder.path, id, "events.jsonl")), readFile(summaryFile(id), "utf8")]);
      for (let count = 1; count < 500; count++) {
        const copy = newId();
        await mkdir(path.join(folder.path, copy));
        await writeFile(path.join(folder.path, copy, "events.jsonl"), log);
        await writeFile(path.join(folder.path, copy, "summary.json"), summary.replaceAll(id, copy));
      }
      await truncate(path.join(folder.path, id, "events.jsonl"), 2 ** 30);
      await rm(summaryFile(id));
      const times: number[] = [];
      for (let round = 0; round < 5; round++) {
        const before = performance.now();
        const rows = await store.list();
        times.push(performance.now() - before);
        assert.equal(rows.length, 500);
        assert.equal(rows.find((row) => row.id === id)?.sizeBytes, 2 ** 30);
      }
      assert.ok(Math.min(...times) < 300, `it took ${Math.round(Math.min(...times))} ms`);
    });
  });

  describe("forks one", () => {
    it("with all that was said up to an event, and closes what was not done", async () => {
      const start = startOf();
      await using source = await store.create(start);
      const [, asked] = await source.append(message("one"), action("call_1"), update("execution_status", "running"));
      await source.append(update("title", "Mine"), message("two"));
      const [half, whole] = [newId(), newId()];
      await store.fork(start.id, half, { atEventId: asked?.id });
      await store.fork(start.id, whole);
      await using fork = await store.open(half, 0);
      const { id, title, execution_status, pending, working_dir } = fork.state;
      assert.deepEqual(
        { id, title, execution_status, pending, working_dir, texts: textsOf(fork.events) },
        { id: half, title: "Conversation (fork)", execution_status: "idle", pending: [], working_dir: "/workspace", texts: ["one"] },
      );
      const closed = fork.events.find((event) => event.kind === "AgentErrorEvent");
      assert.match(closed?.kind === "AgentErrorEvent" ? closed.error : "", /Not run in this fork/);
      assert.deepEqual(fork.events.slice(0, 7), source.events.slice(0, 7));
      await using all = await store.open(whole, 0);
      assert.deepEqual([all.state.title, textsOf(all.events)], ["Mine (fork)", ["one", "two"]]);
      assert.deepEqual(source.state.pending.length, 1, "the source goes on as it was");
    });

    it("wholly or not at all", async () => {
      const id = await made("one");
      const taken = await made("two");
      await assert.rejects(store.fork(id, newId(), { atEventId: "00000000-0000" }), { code: "not-found", message: /That event is not/ });
      await assert.rejects(store.fork(newId(), newId()), { code: "not-found" });
      await assert.rejects(store.fork(id, taken), { code: "exists" });
      // What a crash in the middle leaves is none of the conversations.
      await mkdir(path.join(folder.path, `.new-${newId()}`));
      assert.equal((await store.list()).length, 2);
      await store.emptyTrash();
      assert.equal((await readdir(folder.path)).length, 3, "it may be at work");
      await store.emptyTrash(Date.now() + 25 * 60 * 60 * 1000);
      assert.deepEqual((await readdir(folder.path)).sort(), [id, taken].sort());
    });
  });

  describe("deletes one", () => {
    it("so that it can be restored as it was, and for good after thirty days", async () => {
      const id = await made("one");
      await store.delete(id);
      assert.deepEqual(await store.list(), []);
      await assert.rejects(store.open(id), { code: "not-found" });
      await store.emptyTrash();
      await store.restore(id);
      assert.deepEqual(await texts(id), ["one"]);
      await assert.rejects(store.restore(id), { code: "exists" });
      await store.delete(id);
      const old = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
      await utimes(path.join(folder.path, ".trash", id), old, old);
      await store.emptyTrash();
      await assert.rejects(store.restore(id), { code: "not-found" });
      await assert.rejects(store.delete(id), { code: "not-found" });
    });

    it("once, also when it is asked twice: what can come back stays", async () => {
      const id = await made("one");
      const results = await Promise.allSettled([store.delete(id), store.delete(id), store.delete(id)]);
      assert.deepEqual(results.map(({ status }) => status).toSorted(), ["fulfilled", "rejected", "rejected"]);
      await assert.rejects(store.delete(id), { code: "not-found" });
      await store.restore(id);
      assert.deepEqual(await texts(id), ["one"]);
    });

    it("again, with the same id as one that was deleted before", async () => {
      const start = startOf();
      for (const text of ["one", "two"]) {
        await using conversation = await store.create(start);
        await conversation.append(message(text));
        await store.delete(start.id);
      }
      await store.restore(start.id);
      assert.deepEqual(await texts(start.id), ["two"]);
    });

    it("that is open: nothing more can be appended, and what was saved comes back", async () => {
      const start = startOf();
      await using conversation = await store.create(start);
      await conversation.append(message("one"));
      await store.delete(start.id);
      await assert.rejects(conversation.append(message("two")), { code: "lost" });
      assert.ok(conversation.ended.aborted);
      await store.restore(start.id);
      assert.deepEqual(await texts(start.id), ["one"]);
    });
  });

  it("keeps of a large log only the state, reads the rest when it is asked for, and loads all for a run", async () => {
    const id = await made(...Array.from({ length: 40 }, (_, index) => `m${index}`));
    const lean = new ConversationStore(folder.path, { keepBytes: 0 });
    let expected: Conversation["events"];
    {
      await using whole = await store.open(id, 0);
      expected = [...whole.events];
    }
    await using conversation = await lean.open(id, 0);
    assert.throws(() => conversation.events, /not loaded/);
    assert.deepEqual([conversation.count, conversation.state.title], [46, "m0"]);
    assert.deepEqual(await conversation.read(40, 43), expected.slice(40, 43));
    const [, [late]] = await Promise.all([conversation.load(), conversation.append(message("late"))]);
    assert.deepEqual(conversation.events, [...expected, late]);
    await conversation.append(message("later"));
    assert.deepEqual(textsOf(await conversation.read(46, 99)), ["late", "later"]);
  });
});
