import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { unifiedDiff } from "../../../src/cli/unifiedDiff.ts";
import { tempFolder } from "../../support/workspaces.ts";

const lines = (...numbers: readonly (number | string)[]): string => numbers.map((number) => `${number}\n`).join("");
const twenty = Array.from({ length: 20 }, (_, index) => index + 1);

describe("a unified diff", () => {
  it("has its changes in hunks with three lines around them, and no file where there is none", () => {
    const before = lines(...twenty);
    const after = lines("new", ...twenty.filter((number) => number !== 15));
    assert.equal(
      unifiedDiff("a.txt", before, after),
      lines("--- a/a.txt", "+++ b/a.txt", "@@ -1,3 +1,4 @@", "+new", " 1", " 2", " 3") +
        lines("@@ -12,7 +13,6 @@", " 12", " 13", " 14", "-15", " 16", " 17", " 18"),
    );
    assert.equal(unifiedDiff("b", undefined, "x\n"), lines("--- /dev/null", "+++ b/b", "@@ -0,0 +1,1 @@", "+x"));
    assert.equal(unifiedDiff("c", "x\n", undefined), lines("--- a/c", "+++ /dev/null", "@@ -1,1 +0,0 @@", "-x"));
    assert.equal(unifiedDiff("d", before, before), "");
  });

  it("is one that git can apply", async () => {
    const before = lines(...twenty);
    const after = lines(...twenty.flatMap((number) => (number % 7 === 0 ? [] : number % 5 === 0 ? [number, "more"] : [number])));
    await using folder = await tempFolder({ "a.txt": before, "change.diff": unifiedDiff("a.txt", before, after) });
    execFileSync("git", ["apply", "change.diff"], { cwd: folder.path });
    assert.equal(await readFile(path.join(folder.path, "a.txt"), "utf8"), after);
  });
});
