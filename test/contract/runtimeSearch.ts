import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, it } from "mocha";
import { type Runtime, RuntimeError } from "../../src/runtime/runtime.ts";
import type { RuntimeCapabilities } from "./runtime.ts";
import { bytes, code, never, put, rejection, run, tell } from "./runtimeActs.ts";

/** What every search finds and leaves out; what needs links and rights is made by a real shell. */
export function searchContract(open: () => Promise<Runtime>, { realShell }: RuntimeCapabilities): void {
  describe("search", () => {
    it("finds files by glob at any depth, or below the folders that the glob names", async () => {
      await using runtime = await withFiles(open, [
        "a.ts",
        "b.TS",
        "src/c.ts",
        "src/d.tsx",
        "src/deep/e.ts",
        ".github/f.ts",
        "[g].ts",
        "ä 😀.md",
      ]);
      const globs = {
        "*.ts": [".github/f.ts", "[g].ts", "a.ts", "src/c.ts", "src/deep/e.ts"],
        "./*.ts": ["[g].ts", "a.ts"],
        "src/*.{ts,tsx}": ["src/c.ts", "src/d.tsx"],
        "src/**/*.ts": ["src/c.ts", "src/deep/e.ts"],
        "**/deep/**": ["src/deep/e.ts"],
        "[a-c].ts": ["a.ts", "src/c.ts"],
        "[!a-c].ts": ["src/deep/e.ts", ".github/f.ts"].sort(),
        "\\[g\\].ts": ["[g].ts"],
        "?.md": [],
        "ä ?.md": ["ä 😀.md"],
        "*": [".github/f.ts", "[g].ts", "a.ts", "b.TS", "src/c.ts", "src/d.tsx", "src/deep/e.ts", "ä 😀.md"],
        "{a,src/{c,deep/e}}.ts": ["a.ts", "src/c.ts", "src/deep/e.ts"],
        "{": [],
      };
      const found = Object.keys(globs).map(async (pattern) => [pattern, await names(runtime, pattern)] as const);
      deepEqual(Object.fromEntries(await Promise.all(found)), globs);
    });

    it("names a hundred files, the newest first, and says that there are more", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      for (let index = 0; index < 103; index++) await put(runtime, `${workingDir}/${index}.txt`, "needle");
      await bump(runtime, `${workingDir}/7.txt`);
      for (const found of [
        await runtime.search.glob({ pattern: "*.txt", path: workingDir }, never),
        await runtime.search.grep({ pattern: "NEEDLE", path: workingDir }, never),
      ]) {
        deepEqual([found.files.length, found.files[0]?.path, found.gaps], [100, `${workingDir}/7.txt`, ["more"]]);
        const last = found.files.slice(1).map(({ path }) => Number(path.slice(workingDir.length + 1, -4)));
        ok(Math.min(...last) >= 2, "the oldest are left out");
      }
    });

    it("finds lines whatever their case, the first five of each file, with their numbers", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      await put(runtime, `${workingDir}/many.txt`, "Needle\n".repeat(9));
      await put(runtime, `${workingDir}/windows.txt`, "one\r\na nEEdle\r\nneedle in the middle\r\n");
      await put(runtime, `${workingDir}/long.txt`, `${"x".repeat(5_000)}needle${"y".repeat(5_000)}`);
      await put(runtime, `${workingDir}/none.txt`, "nothing");
      const { files, gaps } = await runtime.search.grep({ pattern: "needle$|needley", path: workingDir }, never);
      const lines = Object.fromEntries(files.map(({ path, lines: found }) => [path.slice(workingDir.length + 1), found]));
      deepEqual(gaps, []);
      deepEqual(
        lines["many.txt"],
        [1, 2, 3, 4, 5].map((number) => ({ number, text: "Needle" })),
      );
      deepEqual(lines["windows.txt"], [{ number: 2, text: "a nEEdle" }]);
      match(lines["long.txt"]?.[0]?.text ?? "", /^…x{100}needley{194}…$/);
      deepEqual(Object.keys(lines).sort(), ["long.txt", "many.txt", "windows.txt"]);
    });

    it("looks into files of the wanted name only, and into no hidden folder, binary file or package", async () => {
      await using runtime = await withFiles(
        open,
        ["a.ts", "b.tsx", "src/c.ts", ".hidden.ts", ".hidden/d.ts", ".git/e.ts", "node_modules/x/f.ts", "src/node_modules/y/g.ts"],
        "needle",
      );
      const { workingDir } = runtime.info;
      await runtime.files.write(`${workingDir}/binary.ts`, bytes("needle\0"), { expected: "absent", signal: never });
      await runtime.files.write(`${workingDir}/utf16.ts`, Buffer.from("\ufeffa needle\n", "utf16le"), {
        expected: "absent",
        signal: never,
      });
      const grep = async (include?: string): Promise<string[]> =>
        relative(
          runtime,
          await runtime.search.grep({ pattern: "needle", path: workingDir, ...(include === undefined ? {} : { include }) }, never),
        );
      deepEqual(await grep(), [".hidden.ts", "a.ts", "b.tsx", "src/c.ts", "utf16.ts"]);
      deepEqual(await grep("*.ts"), [".hidden.ts", "a.ts", "src/c.ts", "utf16.ts"]);
      deepEqual(await grep("{b,c}.*"), ["b.tsx", "src/c.ts"]);
      deepEqual(await names(runtime, "*.ts"), [".hidden.ts", ".hidden/d.ts", "a.ts", "binary.ts", "src/c.ts", "utf16.ts"]);
    });

    it("leaves out what git ignores, in a git work tree only", async () => {
      const all = ["a.log", "b.txt", "build/c.txt", "keep/build/e.txt", "keep/d.log", "sub/f.txt", "sub/g.txt"];
      await using runtime = await withFiles(open, all, "needle");
      const { workingDir } = runtime.info;
      await put(runtime, `${workingDir}/.gitignore`, "# logs\n*.log\n/build/ \n!keep/*.log\n");
      await put(runtime, `${workingDir}/sub/.gitignore`, "*\n!g.txt\n");
      const grep = async (path = workingDir): Promise<string[]> =>
        relative(runtime, await runtime.search.grep({ pattern: "needle", path }, never));
      deepEqual(await grep(), all);
      await put(runtime, `${workingDir}/.git/HEAD`, "ref: refs/heads/main\n");
      await put(runtime, `${workingDir}/.git/info/exclude`, "b.*\n");
      const seen = ["keep/build/e.txt", "keep/d.log", "sub/g.txt"];
      deepEqual(await grep(), seen);
      deepEqual(
        (await names(runtime, "*")).filter((name) => !name.endsWith(".gitignore")),
        seen,
      );
      deepEqual(await grep(`${workingDir}/sub`), ["sub/g.txt"]);
      deepEqual(await grep(`${workingDir}/keep`), ["keep/build/e.txt", "keep/d.log"]);
    });

    it("says what is wrong with a pattern or a folder", async () => {
      await using runtime = await withFiles(open, ["file"]);
      const { workingDir } = runtime.info;
      const grep = (pattern: string, path = workingDir): Promise<unknown> => runtime.search.grep({ pattern, path }, never);
      const wrong = await rejection(grep("a(b"));
      ok(wrong instanceof RuntimeError && wrong.code === "failed");
      match(wrong.message, /unclosed group|unterminated group/i);
      deepEqual(
        await Promise.all([
          code(grep("a\nb")),
          code(grep("x", `${workingDir}/file`)),
          code(grep("x", `${workingDir}/none`)),
          code(grep("x", "relative")),
          code(runtime.search.glob({ pattern: "*", path: `${workingDir}/none` }, never)),
        ]),
        ["failed", "not-directory", "not-found", "invalid-path", "not-found"],
      );
      deepEqual(await runtime.search.grep({ pattern: "--files", path: workingDir, include: "-x" }, never), { files: [], gaps: [] });
    });

    it("searches nothing when the signal is aborted before, or when it is disposed", async () => {
      const runtime = await open();
      const query = { pattern: "x", path: runtime.info.workingDir };
      equal(await rejection(runtime.search.grep(query, AbortSignal.abort("stopped"))), "stopped");
      await runtime[Symbol.asyncDispose]();
      equal(await code(runtime.search.grep(query, never)), "closed");
    });

    if (!realShell) return;

    it("FF-13 ends on links in a circle, and finds nothing behind a link", async () => {
      await using runtime = await open();
      await run(runtime, "mkdir a; ln -s .. a/loop; ln -s a b; echo needle > a/file; ln -s a/file link; mkfifo a/pipe");
      const found = await runtime.search.grep({ pattern: "needle", path: runtime.info.workingDir }, never);
      deepEqual([relative(runtime, found), found.gaps, await names(runtime, "*")], [["a/file"], [], ["a/file"]]);
    });

    it("FF-14 says that the workspace is gone", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      await put(runtime, `${workingDir}/file`, "x");
      equal(await tell(runtime, 'rm -rf "$PWD"'), "0 ");
      const codes = [
        code(runtime.search.grep({ pattern: "x", path: workingDir }, never)),
        code(runtime.files.list(workingDir, never)),
        code(runtime.files.read(`${workingDir}/file`, { maxBytes: 9, signal: never })),
      ];
      deepEqual(await Promise.all(codes), ["not-found", "not-found", "not-found"]);
    });
  });
}

/** Trees that take a while to make: for each way to search, not for each runtime. */
export function largeTreeContract(open: () => Promise<Runtime>): void {
  describe("search in large trees", () => {
    it("FF-13 tells that a tree of 5,000 folders in one another was not read to its end", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      const script =
        'const fs = require("fs"); const at = "d/".repeat(1700); for (let i = 0; i < 3; i++) { fs.mkdirSync(at, { recursive: true }); process.chdir(at); }';
      await run(runtime, `echo needle > top; '${process.execPath}' -e '${script} fs.writeFileSync("bottom", "needle");'`);
      try {
        for (const found of [
          await runtime.search.grep({ pattern: "needle", path: workingDir }, never),
          await runtime.search.glob({ pattern: "*", path: workingDir }, never),
        ])
          deepEqual([relative(runtime, found), found.gaps], [["top"], ["unreadable"]]);
      } finally {
        await run(runtime, "rm -rf d");
      }
    });

    it("FF-13 FF-15 finds in a tree of 4,000 files, and ends at once when it is aborted", async () => {
      await using runtime = await open();
      const { workingDir } = runtime.info;
      await run(
        runtime,
        "mkdir -p {1..100}; for d in {1..100}; do printf x | (cd $d; tee f{1..40}) > /dev/null; done; echo needle > 50/f100",
      );
      const found = await runtime.search.grep({ pattern: "needle", path: workingDir }, never);
      deepEqual(relative(runtime, found), ["50/f100"]);
      const stop = new AbortController();
      const search = rejection(runtime.search.glob({ pattern: "*", path: workingDir }, stop.signal));
      setImmediate(() => stop.abort("stopped"));
      equal(await search, "stopped");
    });
  });
}

async function withFiles(open: () => Promise<Runtime>, files: readonly string[], text = ""): Promise<Runtime> {
  const runtime = await open();
  for (const name of files) await put(runtime, `${runtime.info.workingDir}/${name}`, text);
  return runtime;
}

/** Writes it anew, so that it is the newest. */
async function bump(runtime: Runtime, file: string): Promise<void> {
  const { bytes: same, version } = await runtime.files.read(file, { maxBytes: 1_000, signal: never });
  await runtime.files.write(file, same, { expected: version, signal: never });
}

async function names(runtime: Runtime, pattern: string): Promise<string[]> {
  return relative(runtime, await runtime.search.glob({ pattern, path: runtime.info.workingDir }, never));
}

function relative({ info }: Runtime, { files }: { readonly files: readonly { readonly path: string }[] }): string[] {
  return files.map(({ path }) => path.slice(info.workingDir.length + 1)).sort();
}
