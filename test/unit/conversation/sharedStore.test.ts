import assert from "node:assert/strict";
import { appendFile, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { type DiskFile, machineDisk } from "../../../src/conversation/disk.ts";
import { ConversationStore } from "../../../src/conversation/store.ts";
import { gate } from "../../support/scripts.ts";
import { newId, startOf, type TempFolder, tempFolder } from "../../support/workspaces.ts";
import { message, textsOf } from "./fixtures/messages.ts";

describe("a store that several use at once", () => {
  let folder: TempFolder;
  let store: ConversationStore;
  beforeEach(async () => {
    folder = await tempFolder();
    store = new ConversationStore(folder.path);
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  /** A conversation with one message, which nobody has open. */
  async function closed() {
    const start = startOf();
    await using conversation = await store.create(start);
    await conversation.append(message("one"));
    return start;
  }

  describe("gives one to another owner", () => {
    it("and refuses the next append of the old one, which has written nothing", async () => {
      const start = startOf();
      await using old = await store.create(start);
      await old.append(message("one"));
      await using next = await store.takeOver(start.id);
      await assert.rejects(old.append(message("two")), { code: "lost", message: /taken over.*What was saved before is kept/ });
      await next.append(message("three"));
      await assert.rejects(old.append(message("four")), { code: "lost" });
      assert.deepEqual(textsOf(next.events), ["one", "three"]);
      assert.deepEqual(textsOf(await old.read(0, 99)), ["one"]);
    });

    it("while an append is on its way to the disk: it is refused, and never comes between those of the new owner", async () => {
      const held = gate();
      let isSlow = false;
      const slow = new ConversationStore(folder.path, {
        disk: {
          ...machineDisk,
          open: async (file) => {
            const opened = await machineDisk.open(file);
            const write: typeof opened.write = async (bytes, position) => {
              if (isSlow) await held.pass();
              return opened.write(bytes, position);
            };
            return { ...opened, write, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
          },
        },
      });
      const start = startOf();
      await using old = await slow.create(start);
      isSlow = true;
      const late = assert.rejects(old.append(message("late")), { code: "lost" });
      await held.reached;
      await using next = await store.takeOver(start.id);
      await next.append(message("one"));
      held.release();
      await late;
      await next.append(message("two"));
      await next[Symbol.asyncDispose]();
      await using again = await store.open(start.id, 0);
      assert.deepEqual([textsOf(again.events), again.damage], [["one", "two"], undefined]);
      const names = (await readdir(path.join(folder.path, start.id))).filter((name) => name.endsWith(".jsonl"));
      assert.deepEqual(names, ["events-2.jsonl"]);
    });
  });

  describe("opens one to read", () => {
    it("that another writes to: what is there and what comes, in order and once, also when it is taken over in between", async () => {
      const start = startOf();
      await using writer = await store.create(start);
      await writer.append(message("one"));
      await using reader = await new ConversationStore(folder.path, { pollMs: 20 }).openReadOnly(start.id);
      const seqs: number[] = [];
      const done = Promise.withResolvers<void>();
      reader.onAppended((_, seq) => (seqs.push(seq), seq === 25 ? done.resolve() : undefined));
      assert.deepEqual(textsOf(await reader.read(0, reader.count)), ["one"]);
      for (let count = 0; count < 10; count++) await writer.append(message(`a${count}`));
      await using next = await store.takeOver(start.id);
      for (let count = 0; count < 10; count++) await next.append(message(`b${count}`));
      await done.promise;
      assert.deepEqual(
        seqs,
        Array.from({ length: 20 }, (_, index) => index + 6),
      );
      assert.deepEqual(await reader.read(0, 99), next.events);
      assert.deepEqual(reader.state, next.state);
    });

    it("by looking alone, where the system tells nothing; and hears when it is free, and when it is gone", async () => {
      const start = startOf();
      const writer = await store.create(start);
      const quick = new ConversationStore(folder.path, { pollMs: 10 });
      await using reader = await quick.openReadOnly(start.id);
      await writer[Symbol.asyncDispose]();
      assert.equal(await reader.ended, "free");
      // Somebody has it, because one that is free says so at once.
      await using _ = await store.open(start.id);
      await using second = await quick.openReadOnly(start.id);
      await store.delete(start.id);
      assert.equal(await second.ended, "deleted");
    });

    it("whose disk fails in the middle of a look: the next look goes on where that one was", async () => {
      const start = await closed();
      let isFailing = false;
      const openReadOnly = async (file: string): Promise<DiskFile> => {
        const opened = await machineDisk.openReadOnly(file);
        const read: typeof opened.read = async (into, position) => {
          const count = await opened.read(into, position);
          if (count > 0 || !isFailing) return count;
          isFailing = false;
          throw new Error("EIO");
        };
        return { ...opened, read, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
      };
      await using writer = await store.open(start.id, 0);
      await using followed = await new ConversationStore(folder.path, { disk: { ...machineDisk, openReadOnly } }).openReadOnly(start.id);
      isFailing = true;
      await writer.append(message("two"));
      await followed.refresh();
      assert.equal(isFailing, false);
      await writer.append(message("three"));
      await followed.refresh();
      assert.deepEqual(textsOf(await followed.read(0, 99)), ["one", "two", "three"]);
    });

    it("that a newer version has written to: what it can read is shown, and nothing is changed", async () => {
      const { id } = await closed();
      const file = path.join(folder.path, id, "events.jsonl");
      const event = { kind: "HologramEvent", id: newId(), timestamp: "2030-01-01T00:00:00.000000", source: "agent" };
      await appendFile(file, `${JSON.stringify({ v: 2, seq: 7, crc: "new", event })}\n{"v":3,"something":"else"}\n`);
      const bytes = await readFile(file);
      await assert.rejects(store.open(id, 0), { code: "newer", message: /newer version.*update OpenHands/ });
      await assert.rejects(store.fork(id, newId()), { code: "newer" });
      await using reader = await store.openReadOnly(id);
      const events = await reader.read(0, 99);
      assert.deepEqual([textsOf(events), events.at(-1)?.id], [["one"], event.id]);
      assert.deepEqual(await readFile(file), bytes);
    });
  });
});
