import assert from "node:assert/strict";
import type { GlobObservation, GrepObservation } from "../../../src/protocol/actions.ts";
import { textOf } from "../../../src/protocol/content.ts";
import type { SearchResult } from "../../../src/protocol/runtime.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import { globTool, grepTool } from "../../../src/tools/search.ts";
import { signal, unheard } from "./editor.ts";

const files = {
  "/work/a.ts": "const needle = 1;\n",
  "/work/src/b.ts": "x\nNeedle\n",
  "/work/.env": "NEEDLE=secret\n",
  "/else/c.ts": "needle",
};

async function grep(
  args: object,
  runtime: Runtime = openMemoryRuntime({ workingDir: "/work", files }),
): Promise<GrepObservation & { said: string }> {
  const seen = (await grepTool.run(grepTool.parse({ ...args }), { runtime, signal, ...unheard })) as GrepObservation;
  return { ...seen, said: textOf(seen.content) };
}

async function glob(args: object): Promise<GlobObservation & { said: string }> {
  const runtime = openMemoryRuntime({ workingDir: "/work", files });
  const seen = (await globTool.run(globTool.parse({ ...args }), { runtime, signal, ...unheard })) as GlobObservation;
  return { ...seen, said: textOf(seen.content) };
}

describe("grep and glob", () => {
  it("grep shows the lines of each file, and keeps likely secrets back, with their number", async () => {
    const { said, matches, search_path, truncated } = await grep({ pattern: "needle" });
    assert.equal(
      said,
      "/work/src/b.ts\n     2\tNeedle\n/work/a.ts\n     1\tconst needle = 1;\n[1 file that matches is not shown: it may hold secrets.]",
    );
    assert.deepEqual(
      { matches, search_path, truncated },
      { matches: ["/work/src/b.ts", "/work/a.ts"], search_path: "/work", truncated: false },
    );
  });

  it("grep finds nothing without that being an error, and is limited to files of a name", async () => {
    const none = await grep({ pattern: "nowhere" });
    assert.deepEqual([none.is_error, none.said, none.matches], [false, "No line in a file below /work matches nowhere.", []]);
    const { matches, include_pattern } = await grep({ pattern: "needle", include: "b.*", path: "/work/src" });
    assert.deepEqual([matches, include_pattern], [["/work/src/b.ts"], "b.*"]);
  });

  it("glob finds by name, by path, and by an absolute pattern", async () => {
    assert.equal((await glob({ pattern: "*.ts" })).said, "/work/src/b.ts\n/work/a.ts");
    assert.deepEqual((await glob({ pattern: "/else/**/*.ts" })).files, ["/else/c.ts"]);
    assert.deepEqual((await glob({ pattern: "/work/a.ts" })).files, ["/work/a.ts"]);
    assert.deepEqual((await glob({ pattern: "../else/*.ts" })).files, ["/else/c.ts"]);
    assert.deepEqual((await glob({ pattern: "src/*" })).search_path, "/work");
    assert.equal((await glob({ pattern: "*.rs" })).said, "No file below /work fits *.rs.");
  });

  it("say what is wrong with a pattern or a path", async () => {
    for (const [args, why] of [
      [{ pattern: "(" }, /Unterminated group/],
      [{ pattern: "x", path: "src" }, /not absolute/],
      [{ pattern: "x", path: "/work/a.ts" }, /not a directory/],
      [{ pattern: "x", path: "/none" }, /nothing at/],
    ] as const) {
      const { said, is_error } = await grep(args);
      assert.ok(is_error && why.test(said), said);
    }
    assert.ok((await glob({ pattern: "*", path: "/none" })).is_error);
  });

  it("tell what they may have missed, and stay short", async () => {
    const result: SearchResult = {
      files: Array.from({ length: 100 }, (_, index) => ({ path: `/work/${index}`, lines: [{ number: 1, text: "x".repeat(1_000) }] })),
      gaps: ["more", "time"],
    };
    const search = { grep: async () => result, glob: async () => result };
    const { said, truncated, matches } = await grep({ pattern: "x" }, { ...openMemoryRuntime({ workingDir: "/work" }), search });
    assert.match(said, /\[… more is left out; search in fewer files\]\n\[There are more files.*\]\n\[The time was up.*\]$/);
    assert.ok(said.length < 30_400 && truncated && matches.length === 100);
  });
});
