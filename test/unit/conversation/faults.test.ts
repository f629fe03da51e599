import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Conversation } from "../../../src/conversation/conversation.ts";
import { ConversationError } from "../../../src/conversation/conversationError.ts";
import { machineDisk } from "../../../src/conversation/disk.ts";
import { openEventLog } from "../../../src/conversation/openLog.ts";
import { ConversationStore } from "../../../src/conversation/store.ts";
import { smallDisk, startOf, tempFolder } from "../../support/workspaces.ts";
import { FailingDisk, type Fault, ForgetfulDisk } from "./fixtures/disks.ts";
import { message, openConversation, textsOf } from "./fixtures/messages.ts";

async function refusal(conversation: Conversation, text: string): Promise<ConversationError> {
  const error: unknown = await conversation.append(message(text)).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof ConversationError, `"${text}" was acknowledged`);
  return error;
}

describe("a conversation whose disk fails", () => {
  const passing: readonly (readonly [string, readonly Fault[]])[] = [
    ["takes no byte", [{ call: "write", code: "EIO" }]],
    ["takes half of it and is full", [{ call: "write", code: "ENOSPC", afterBytes: 100 }]],
    ["is over its quota", [{ call: "write", code: "EDQUOT", afterBytes: 1 }]],
  ];
  for (const [what, faults] of passing) {
    it(`acknowledges nothing, keeps the rest and goes on, when it ${what}`, async () => {
      await using folder = await tempFolder();
      const disk = new FailingDisk(machineDisk);
      const file = path.join(folder.path, "events.jsonl");
      {
        await using conversation = await openConversation(file, { disk });
        await conversation.append(message("one"));
        disk.fail(...faults);
        const error = await refusal(conversation, "two");
        assert.deepEqual([error.code, conversation.ended.aborted, disk.leftFaults], ["not-saved", false, 0]);
        await conversation.append(message("three"));
        assert.deepEqual(textsOf(conversation.events), ["one", "three"]);
      }
      await using again = await openConversation(file);
      assert.deepEqual([textsOf(again.events), again.damage], [["one", "three"], undefined]);
    });
  }

  it("is closed when a sync fails once: it is never tried again on that file, what was told is read again, and the sentence says so", async () => {
    await using folder = await tempFolder();
    const disk = new FailingDisk(machineDisk);
    const file = path.join(folder.path, "events.jsonl");
    {
      await using conversation = await openConversation(file, { disk });
      await conversation.append(message("one"));
      disk.calls.length = 0;
      disk.fail({ call: "datasync", code: "EIO" });
      const error = await refusal(conversation, "two");
      assert.match(error.message, /EIO.*was closed.*was read again and is there.*send the message again/);
      assert.deepEqual(disk.calls, ["write", "datasync", "open", "truncate", "datasync", "read"]);
      assert.equal(conversation.ended.reason, error);
      assert.equal(await refusal(conversation, "three"), error);
      assert.deepEqual(textsOf(await conversation.read(0, 9)), ["one"]);
    }
    await using again = await openConversation(file);
    assert.deepEqual([textsOf(again.events), again.damage], [["one"], undefined]);
  });

  it("acknowledges nothing when its log was removed or replaced while it was open, and says so", async () => {
    await using folder = await tempFolder();
    const file = path.join(folder.path, "events.jsonl");
    for (const how of [rm, (log: string) => writeFile(`${log}.new`, "").then(() => rename(`${log}.new`, log))]) {
      await using conversation = await openConversation(file);
      await conversation.append(message("one"));
      await how(file);
      const error = await refusal(conversation, "two");
      assert.deepEqual([error.code, conversation.ended.aborted], ["not-saved", true]);
      assert.match(error.message, /^The log of this conversation was removed or replaced .* so nothing more is saved in it\. /);
      await rm(file, { force: true });
    }
  });

  it("says that it does not know what is there when the disk cannot even be read", async () => {
    await using folder = await tempFolder();
    const disk = new FailingDisk(machineDisk);
    await using conversation = await openConversation(path.join(folder.path, "events.jsonl"), { disk });
    disk.fail({ call: "write", code: "EIO" }, { call: "truncate", code: "EIO" }, { call: "open", code: "EIO" });
    assert.match((await refusal(conversation, "one")).message, /was closed.*could not be read again/);
    assert.ok(conversation.ended.aborted);
  });

  const opening: readonly (readonly [Fault, ConversationError["code"]])[] = [
    [{ call: "open", code: "EMFILE" }, "not-readable"],
    [{ call: "open", code: "EACCES" }, "not-writable"],
    [{ call: "open", code: "EROFS" }, "not-writable"],
    [{ call: "read", code: "EIO" }, "not-readable"],
    [{ call: "syncFolder", code: "EIO" }, "not-readable"],
  ];
  for (const [fault, code] of opening) {
    it(`is refused with a sentence when ${fault.call} says ${fault.code}, and opens when that is over`, async () => {
      await using folder = await tempFolder();
      const disk = new FailingDisk(machineDisk);
      disk.fail(fault);
      const file = path.join(folder.path, "events.jsonl");
      await assert.rejects(openConversation(file, { disk }), { name: "ConversationError", code, message: new RegExp(fault.code) });
      await using conversation = await openConversation(file, { disk });
      await conversation.append(message("one"));
    });
  }

  it("has its log as it was when a repair is cut off by a full disk", async () => {
    await using folder = await tempFolder();
    const file = path.join(folder.path, "events.jsonl");
    {
      await using conversation = await openConversation(file);
      for (const text of ["one", "two", "three"]) await conversation.append(message(text));
    }
    const lines = (await readFile(file, "utf8")).split("\n");
    const spoilt = [lines[0], "spoilt", ...lines.slice(2)].join("\n");
    const fresh = new FailingDisk(machineDisk);
    await writeFile(file, spoilt);
    fresh.fail({ call: "write", code: "ENOSPC", afterBytes: 2 });
    await assert.rejects(openConversation(file, { disk: fresh }), { code: "not-writable" });
    assert.equal(await readFile(file, "utf8"), spoilt);
    await using conversation = await openConversation(file, { disk: fresh });
    assert.deepEqual([textsOf(conversation.events), conversation.damage?.missing], [["one", "three"], 1]);
  });

  it("loses nothing that it acknowledged when the power fails at any moment, also while it is repaired or taken over", async () => {
    let left: { readonly files: ReadonlyMap<string, Buffer>; readonly acknowledged: number }[] = [];
    let acknowledged = 0;
    const hear = (files: ReadonlyMap<string, Buffer>): void => void left.push({ files, acknowledged });
    const open = (files: ReadonlyMap<string, Buffer>, options = {}) =>
      openConversation(path.join("/tmp", "forgetful", "events.jsonl"), { disk: new ForgetfulDisk(files, hear), ...options });
    {
      await using conversation = await open(new Map());
      for (let number = 0; number < 6; number++) {
        await conversation.append(message(`m${number}`), message(`m${number} too`));
        acknowledged += 2;
      }
    }
    const once = left;
    assert.ok(once.length > 60);
    for (const moment of once) await check(moment);
    // What is left after one loss is opened, written to, and lost again.
    for (const { files, acknowledged: before } of once.filter((_, index) => index % 5 === 0)) {
      for (const options of [{}, { mayHaveWriter: true, freshPath: "/tmp/forgetful/events-2.jsonl" }]) {
        left = [];
        acknowledged = before;
        {
          await using conversation = await open(files, options);
          acknowledged = conversation.count;
          await conversation.append(message("after"));
          acknowledged++;
        }
        // The first moments are of a log that is being repaired: what was acknowledged before is what must be there.
        for (const moment of left) await check({ ...moment, acknowledged: Math.min(moment.acknowledged, acknowledged) });
      }
    }

    async function check({ files, acknowledged: least }: (typeof left)[number]): Promise<void> {
      const newest =
        [...files.keys()]
          .filter((name) => name.endsWith(".jsonl"))
          .toSorted()
          .at(0) ?? "/tmp/forgetful/events.jsonl";
      const { log, events = [] } = await openEventLog(newest, { disk: new ForgetfulDisk(files, () => undefined) });
      assert.ok(events.length >= least, `${least} were acknowledged, and ${events.length} are there`);
      assert.equal(log.damage?.missing ?? 0, 0);
    }
  });

  it("can be read where nothing can be written, and says so", async function () {
    if (process.getuid?.() === 0) {
      // Permissions do not stop root, but a full disk does.
      await using disk = await smallDisk();
      if (disk === undefined) return this.skip();
      const start = startOf();
      const store = new ConversationStore(disk.path);
      await (await store.create(start))[Symbol.asyncDispose]();
      disk.fill();
      await assert.rejects(store.open(start.id, 0), { code: "not-writable" });
      await using conversation = await store.openReadOnly(start.id);
      assert.equal(conversation.state.working_dir, start.working_dir);
      return;
    }
    await using folder = await tempFolder();
    const start = startOf();
    const store = new ConversationStore(folder.path);
    await (await store.create(start))[Symbol.asyncDispose]();
    await chmod(path.join(folder.path, start.id), 0o500);
    await assert.rejects(store.open(start.id, 0), { code: "not-writable" });
    await using conversation = await store.openReadOnly(start.id);
    assert.equal(conversation.state.working_dir, start.working_dir);
    await chmod(path.join(folder.path, start.id), 0o700);
  });

  it("syncs what it finds before it shows it, because who wrote it may have died before", async () => {
    await using folder = await tempFolder();
    const disk = new FailingDisk(machineDisk);
    const file = path.join(folder.path, "events.jsonl");
    {
      await using conversation = await openConversation(file, { disk });
      await conversation.append(message("one"));
    }
    disk.fail({ call: "datasync", code: "EIO" });
    await assert.rejects(openConversation(file, { disk }), { code: "not-readable", message: /EIO/ });
    await using conversation = await openConversation(file, { disk });
    assert.deepEqual(textsOf(conversation.events), ["one"]);
  });

  it("is refused in a sentence, and soon, in a place where no folder can be made", async () => {
    await assert.rejects(new ConversationStore("/proc/nobody/here").create(startOf()), {
      name: "ConversationError",
      message: /ENOENT|could not/,
    });
    await using folder = await tempFolder();
    await mkdir(path.join(folder.path, "a"));
    const start = startOf();
    await using conversation = await new ConversationStore(path.join(folder.path, "a", "b", "c")).create(start);
    assert.equal(conversation.id, start.id);
  });
});
