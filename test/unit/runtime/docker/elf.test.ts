import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readElf } from "../../../../src/runtime/docker/tools/elf.ts";
import { collectLibraries, loaders } from "../../../../src/runtime/docker/tools/libraries.ts";
import { nodesHere } from "../../../../src/runtime/docker/tools/node.ts";

describe("the libraries that a program needs", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "openhands-elf-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("are read from the program itself, all the way down, with the loader that starts it", async function () {
    if (process.platform !== "linux" || (process.arch !== "x64" && process.arch !== "arm64")) this.skip();
    const [program] = await nodesHere(process.arch, undefined, []);
    ok(program !== undefined);
    const elf = await readElf(program);
    deepEqual([elf?.machine, elf?.needed.includes("libc.so.6")], [process.arch, true]);
    const tree = { find: (file: string) => Promise.resolve(file) };
    const libraries = await collectLibraries(tree, program, { arch: process.arch, modules: [] });
    deepEqual(
      ["libc.so.6", "libm.so.6", loaders[process.arch]].filter((name) => libraries?.has(name) !== true),
      [],
    );
    equal(
      await collectLibraries({ find: (file) => Promise.resolve(file.includes("libm.so") ? undefined : file) }, program, {
        arch: process.arch,
        modules: [],
      }),
      undefined,
    );
  });

  it("are none of what is no program of this kind, whatever its bytes are", async () => {
    const header = Buffer.alloc(64, 0xff);
    header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    const found = [];
    for (const bytes of [Buffer.alloc(0), Buffer.from("#!/bin/sh\n"), header.subarray(0, 20), header]) {
      const file = path.join(folder, "file");
      await writeFile(file, bytes);
      found.push((await readElf(file))?.needed.length);
    }
    deepEqual(found, [undefined, undefined, undefined, 0]);
  });
});
