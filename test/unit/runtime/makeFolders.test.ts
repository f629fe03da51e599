import { deepEqual, rejects } from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeFolders } from "../../../src/runtime/machine/makeFolders.ts";
import { tempFolder } from "../../support/workspaces.ts";

describe("makeFolders", () => {
  it("makes a folder with those above it, also at the same time as others, and leaves one that is there", async () => {
    await using folder = await tempFolder();
    const deep = path.join(folder.path, "a/b/c");
    await Promise.all([makeFolders(deep), makeFolders(path.join(folder.path, "a/b/d")), makeFolders(deep)]);
    await makeFolders(deep);
    deepEqual((await readdir(path.join(folder.path, "a/b"))).sort(), ["c", "d"]);
  });

  it("says so where none can be made, and does not try for ever", async function () {
    await using folder = await tempFolder();
    const file = path.join(folder.path, "file");
    await writeFile(file, "");
    await rejects(makeFolders(file), { code: "EEXIST" });
    await rejects(makeFolders(path.join(file, "below")), { code: "ENOTDIR" });
    if (process.platform === "linux") await rejects(makeFolders("/proc/none/below"), { code: "ENOENT" });
  });
});
