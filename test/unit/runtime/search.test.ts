import assert from "node:assert/strict";
import type { FoundFile } from "../../../src/protocol/runtime.ts";
import { BoundedSearch, type SearchEngine } from "../../../src/runtime/machine/searchEngine.ts";
import { globMatcher } from "../../../src/runtime/machine/searchGlob.ts";
import { lineFinder } from "../../../src/runtime/machine/searchLines.ts";

const { signal } = new AbortController();

function search(files: SearchEngine["files"], timeoutMs?: number): BoundedSearch {
  const engine: SearchEngine = { files, grep: ({ path }, progress) => files(path, progress) };
  return new BoundedSearch({
    engine: async () => engine,
    checkFolder: async () => undefined,
    modified: async () => 0n,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

async function* endless(_: string, progress: { readonly signal: AbortSignal }): AsyncGenerator<FoundFile[]> {
  for (let count = 0; ; count += 1_000) {
    await new Promise((resolve) => setImmediate(resolve));
    progress.signal.throwIfAborted();
    yield Array.from({ length: 1_000 }, (_each, index) => ({ path: `/w/${count + index}`, lines: [] }));
  }
}

describe("a search", () => {
  it("FF-13 stops at a number of files, and says so", async () => {
    const found = await search(endless).glob({ pattern: "*", path: "/w" }, signal);
    assert.deepEqual([found.files.length, found.gaps], [100, ["size", "more"]]);
    const none = await search(endless).glob({ pattern: "*.ts", path: "/w" }, signal);
    assert.deepEqual(none, { files: [], gaps: ["size"] });
  });

  it("FF-13 stops when its time is up, with what it has found", async () => {
    const stalled: SearchEngine["files"] = async function* (_, progress) {
      yield [{ path: "/w/a", lines: [] }];
      await new Promise((_resolve, reject) => progress.signal.addEventListener("abort", () => reject(progress.signal.reason)));
    };
    assert.deepEqual(await search(stalled, 5).glob({ pattern: "*", path: "/w" }, signal), {
      files: [{ path: "/w/a", lines: [] }],
      gaps: ["time"],
    });
  });

  it("ends with the runtime, and its engine with it", async () => {
    let isOver = false;
    const tidy: SearchEngine["files"] = async function* (folder, progress) {
      try {
        yield* endless(folder, progress);
      } finally {
        isOver = true;
      }
    };
    const running = search(tidy);
    const found = running.grep({ pattern: "x", path: "/w" }, signal).catch((error: unknown) => error);
    await running[Symbol.asyncDispose]();
    assert.equal(isOver || (await found) instanceof Error, true);
    await assert.rejects(running.glob({ pattern: "*", path: "/w" }, signal), { code: "closed" });
  });
});

describe("a pattern", () => {
  it("that would need for ever is given up, and nothing stands still", () => {
    const find = lineFinder("(a+)+$");
    assert.throws(() => find(Buffer.from(`${"a".repeat(40)}b`)), /takes too long/);
    assert.deepEqual(find(Buffer.from("aaa")), [{ number: 1, text: "aaa" }]);
  });

  it("for names is quick whatever stands in it", () => {
    const name = "a".repeat(2_000);
    assert.equal(globMatcher(`${"*a".repeat(20)}b`, { braces: "groups" })(name), false);
    assert.equal(globMatcher(`${"**/".repeat(20)}b`, { braces: "groups" })("a/".repeat(1_000)), false);
    assert.equal(globMatcher("{a,b}".repeat(30), { braces: "groups" })(name), false);
    assert.equal(globMatcher("[]a]", { braces: "groups" })("]"), true);
    assert.equal(globMatcher("{a,b", { braces: "groups" })("{a,b"), true);
    assert.equal(globMatcher("{a,b}", { braces: "letters" })("{a,b}"), true);
  });
});
