import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { ConversationError } from "../../../src/conversation/conversationError.ts";
import { openEventLog } from "../../../src/conversation/openLog.ts";
import { decodeRecord, encodeRecord } from "../../../src/conversation/record.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";
import { message, openConversation, readBytes, textsOf } from "./fixtures/messages.ts";

/** The bytes of a log with these messages in it. */
async function logOf(texts: readonly string[]): Promise<Buffer> {
  await using folder = await tempFolder();
  const file = path.join(folder.path, "events.jsonl");
  await using conversation = await openConversation(file);
  for (const text of texts) await conversation.append(message(text));
  return await readFile(file);
}

/** Opens a log with these bytes twice; the texts, what was set aside, and whether the second time finds all well. */
async function reopened(folder: TempFolder, bytes: Uint8Array, name: string) {
  const file = path.join(folder.path, name, "events.jsonl");
  await mkdir(path.dirname(file));
  await writeFile(file, bytes);
  const first = await openEventLog(file);
  await first.log[Symbol.asyncDispose]();
  const second = await openEventLog(file);
  await second.log[Symbol.asyncDispose]();
  assert.equal(second.log.damage, undefined, "a repaired log is whole");
  assert.deepEqual(second.events, first.events);
  const aside = (await readdir(path.dirname(file))).filter((other) => other !== "events.jsonl");
  const bad = Buffer.concat(await Promise.all(aside.map((other) => readFile(path.join(path.dirname(file), other)))));
  assert.equal(first.log.damage?.keptIn, aside.length === 0 ? undefined : path.join(path.dirname(file), aside[0] ?? ""));
  return { texts: textsOf(first.events ?? []), bad, damage: first.log.damage };
}

/** Another event with the number of this record. */
function sameNumber(line: Buffer): Buffer {
  const record = decodeRecord(line.subarray(0, -1));
  assert.ok(record);
  return Buffer.from(encodeRecord(record.seq, { ...record.event, timestamp: "2026-01-01T00:00:00.000000" }));
}

const five = ["one", "zwei ü 🙂", "three\nlines\r\n\u2028", "four \ud800", "five"];
const read = ["one", "zwei ü 🙂", "three\nlines\r\n\u2028", "four \ud800", "five"];

describe("the log of a conversation", () => {
  let folder: TempFolder;
  let whole: Buffer;
  /** Where each record begins, and where the file ends. */
  let starts: number[];
  before(async () => {
    folder = await tempFolder();
    whole = await logOf(five);
    starts = [0, ...[...whole].flatMap((byte, index) => (byte === 0x0a ? [index + 1] : []))];
  });
  after(() => folder[Symbol.asyncDispose]());

  it("comes back as it was written", async () => {
    const { texts, damage } = await reopened(folder, whole, "whole");
    assert.deepEqual({ texts, damage }, { texts: read, damage: undefined });
  });

  it("is new when its file is missing or empty", async () => {
    assert.deepEqual(await reopened(folder, Buffer.alloc(0), "empty"), { texts: [], bad: Buffer.alloc(0), damage: undefined });
  });

  it("loads every complete event wherever its end is cut off, and sets the tail aside", async () => {
    for (let cut = starts.at(-4) ?? 0; cut < whole.length; cut++) {
      const complete = starts.filter((start, index) => index > 0 && start - 1 <= cut).length;
      const tail = whole.subarray(Math.min(starts[complete] ?? cut, cut), cut);
      const { events, bad } = readBytes(whole.subarray(0, cut));
      assert.deepEqual(
        { texts: textsOf(events), bad },
        { texts: read.slice(0, complete), bad: tail.length === 0 ? [] : [tail] },
        `cut at ${cut}`,
      );
      // The disk is slow, so only some of the files are really made.
      if (cut % 37 !== 0) continue;
      const { texts, bad: kept } = await reopened(folder, whole.subarray(0, cut), `cut-${cut}`);
      assert.deepEqual(
        { texts, kept },
        { texts: read.slice(0, complete), kept: tail.length === 0 ? tail : Buffer.concat([tail, Buffer.from("\n")]) },
      );
    }
  });

  it("loses at most the one record in which a byte is wrong", () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const hit = starts.findLastIndex((start) => start <= at);
        const { events, bad } = readBytes(bytes);
        const isWhole = events.length === read.length;
        assert.deepEqual(textsOf(events), isWhole ? read : read.filter((_, index) => index !== hit), `at ${at}`);
        assert.ok(isWhole || bad.length > 0);
      }),
      { numRuns: 2_000 },
    );
  });

  const damages: readonly [string, (bytes: Buffer, at: (record: number) => number) => Buffer[], readonly number[], number][] = [
    ["a record is gone", (bytes, at) => [bytes.subarray(0, at(2)), bytes.subarray(at(3))], [0, 1, 3, 4], 1],
    ["a record is there twice", (bytes, at) => [bytes.subarray(0, at(3)), bytes.subarray(at(2))], [0, 1, 2, 3, 4], 0],
    ["an old part comes again at the end", (bytes, at) => [bytes, bytes.subarray(0, at(2))], [0, 1, 2, 3, 4], 0],
    ["two records are glued together", (bytes, at) => [bytes.subarray(0, at(2) - 1), bytes.subarray(at(2))], [0, 1, 2, 3, 4], 0],
    ["it begins with a byte order mark", (bytes) => [Buffer.from("\ufeff"), bytes], [0, 1, 2, 3, 4], 0],
    ["its last page is zeros", (bytes) => [bytes, Buffer.alloc(4096)], [0, 1, 2, 3, 4], 0],
    ["zeros are in the middle", (bytes, at) => [bytes.subarray(0, at(2)), Buffer.alloc(300), bytes.subarray(at(2))], [0, 1, 2, 3, 4], 0],
    ["its order is turned round", (bytes, at) => [bytes.subarray(at(2)), bytes.subarray(0, at(2))], [2, 3, 4], 2],
    [
      "one number has two contents",
      (bytes, at) => [bytes.subarray(0, at(2)), sameNumber(bytes.subarray(at(1), at(2))), bytes.subarray(at(2))],
      [0, 1, 2, 3, 4],
      0,
    ],
    [
      "the digit of its version is damaged",
      (bytes, at) => [bytes.subarray(0, at(2)), Buffer.from('{"v":7'), bytes.subarray(at(2) + 6)],
      [0, 1, 3, 4],
      1,
    ],
  ];
  for (const [what, spoil, left, missing] of damages) {
    it(`loads the rest when ${what}`, async () => {
      const bytes = Buffer.concat(spoil(whole, (record) => starts[record] ?? whole.length));
      const { texts, damage } = await reopened(folder, bytes, what.replaceAll(" ", "-"));
      assert.deepEqual(
        texts,
        left.map((index) => read[index]),
      );
      if (damage) assert.equal(damage.missing, missing);
    });
  }

  it("keeps damaged bytes as they are", async () => {
    const junk = Buffer.from([0xff, 0xfe, 0x80, 0x00, 0x41]);
    const { bad, texts } = await reopened(folder, Buffer.concat([whole, junk]), "junk");
    assert.deepEqual({ bad, texts }, { bad: Buffer.concat([junk, Buffer.from("\n")]), texts: read });
  });

  it("goes on with the next number after a repair", async () => {
    const file = path.join(folder.path, "goes-on", "events.jsonl");
    await mkdir(path.dirname(file));
    await writeFile(file, Buffer.concat([whole.subarray(0, starts[1]), whole.subarray(starts[2], -3)]));
    {
      await using conversation = await openConversation(file);
      await conversation.append(message("six"));
    }
    await using again = await openConversation(file);
    assert.deepEqual(
      { texts: textsOf(again.events), damage: again.damage },
      { texts: ["one", read[2], read[3], "six"], damage: undefined },
    );
  });

  it("says in a sentence that it cannot be opened", async () => {
    const file = path.join(folder.path, "a-folder", "events.jsonl");
    await mkdir(file, { recursive: true });
    await assert.rejects(openEventLog(file), (error) => {
      assert.ok(error instanceof ConversationError && error.code === "not-readable");
      assert.match(error.message, /could not be opened/);
      return true;
    });
  });
});
