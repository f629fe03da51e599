import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { ConversationStore } from "../../../src/conversation/store.ts";
import { startOf, tempFolder } from "../../support/workspaces.ts";
import { openConversation, textsOf } from "../../unit/conversation/fixtures/messages.ts";

/** `KILLS=1000` is the number that the reliability targets name; it takes about two minutes. */
const kills = Number(process.env["KILLS"] ?? 100);
const lanes = 2;

describe("processes that write to conversations", function () {
  this.timeout(60_000 + kills * 1_000);
  this.slow(60_000);

  it(`lose nothing that they acknowledged when they are killed, ${kills} times`, async () => {
    await using folder = await tempFolder();
    const program = await bundled("appendUntilKilled.ts", folder.path);
    await Promise.all(
      Array.from({ length: lanes }, (_, lane) => killAgainAndAgain(program, path.join(folder.path, String(lane), "events.jsonl"))),
    );
  });

  it("never both write, when each takes the conversation from the other: what was acknowledged is there once, and what was refused at most once", async () => {
    await using folder = await tempFolder();
    const program = await bundled("contend.ts", folder.path);
    const store = new ConversationStore(path.join(folder.path, "store"));
    const start = startOf();
    await (await store.create(start))[Symbol.asyncDispose]();
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((name) => linesOf([program, path.join(folder.path, "store"), start.id, name, "4000"])),
    );
    await using conversation = await store.open(start.id);
    const there = textsOf(conversation.events);
    const acknowledged = answers.flat().flatMap((line) => (line.startsWith("+ ") ? [line.slice(2)] : []));
    const kept = new Set(there);
    assert.equal(kept.size, there.length, "nothing is there twice");
    assert.deepEqual(
      acknowledged.filter((text) => !kept.has(text)),
      [],
    );
    for (const [index, name] of ["a", "b", "c", "d"].entries()) {
      const own = acknowledged.filter((text) => text.startsWith(`${name} `));
      const inLog = there.filter((text) => text.startsWith(`${name} `) && own.includes(text));
      assert.deepEqual(inLog, own, `those of ${name} are in their order`);
      assert.ok(own.length > 20 && answers[index]?.some((line) => line.startsWith("- ")), `${name} wrote, and was refused`);
    }
  });
});

async function killAgainAndAgain(program: string, file: string): Promise<void> {
  let next = 0;
  for (let loop = 0; loop < kills / lanes; loop++) {
    const acknowledged = await appendUntilKilled([program, file, String(next)], 1 + ((loop * 7) % 13));
    await using conversation = await openConversation(file);
    const numbers = textsOf(conversation.events).map((text) => Number(text.split(" ")[1]));
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index),
      `loop ${loop}: each one once, in order`,
    );
    assert.ok(numbers.length > acknowledged, `loop ${loop}: ${acknowledged} was acknowledged, and ${numbers.length} are there`);
    next = numbers.length;
  }
  assert.ok(next > kills);
}

/** One file of the program and all that it imports, because that starts several times faster. */
async function bundled(name: string, folder: string): Promise<string> {
  const outfile = path.join(folder, "program.mjs");
  const entry = path.join(import.meta.dirname, "fixtures", name);
  await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm" });
  return outfile;
}

/** What the program says until it ends by itself. */
async function linesOf(args: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  assert.deepEqual(await closed, [0, null]);
  return lines;
}

/** Kills a process that appends as soon as it has acknowledged so many; the last number that it acknowledged. */
async function appendUntilKilled(args: readonly string[], count: number): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let last = -1;
  let heard = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (++heard === count) child.kill("SIGKILL");
  }
  await closed;
  return last;
}
