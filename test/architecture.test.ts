import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import {
  consoleUses,
  doorImports,
  environmentUses,
  importCycles,
  longFiles,
  uncheckedInvariants,
  wrongNodeModules,
  wrongPackages,
  wrongRoomImports,
} from "./support/architecture.ts";
import { folderOf, packages, roomOf, rooms } from "./support/rooms.ts";
import { readSources, type Source, source } from "./support/sources.ts";

const root = path.resolve(import.meta.dirname, "..");
const ours = readSources(root, ["src", "sandbox-server"]);
const tests = readSources(root, ["test"]);

const rules: readonly {
  claim: string;
  problems: (sources: readonly Source[]) => string[];
  faults: readonly (readonly [string, string])[];
}[] = [
  {
    claim: "every room enters only the rooms that its row in the table names",
    problems: wrongRoomImports,
    faults: [
      ["src/llm/a.ts", 'import { x } from "../host/x.ts";'],
      ["src/protocol/a.ts", 'import type { x } from "../llm/x.ts";'],
      ["src/runtime/machine/a.ts", 'const x = await import("../../tools/x.ts");'],
      ["src/webview/a.tsx", 'export * from "../conversation/x.ts";'],
      ["src/agent/a.ts", "export {\n  one,\n  type Two,\n} from '../server/x.ts';"],
      ["src/tools/a.ts", 'type X = import("../agent/x.ts").X;'],
      ["src/host/a.ts", 'import "../../sandbox-server/main.ts";'],
      ["src/cli/a.ts", 'import p from "../../package.json" with { type: "json" };'],
      ["src/newRoom/a.ts", 'import { x } from "../protocol/x.ts";'],
      ["src/lost.ts", 'import { x } from "./protocol/x.ts";'],
    ],
  },
  {
    claim: "no door imports another door",
    problems: doorImports,
    faults: [
      ["src/extension/a.ts", 'import { x } from "../webview/x.ts";'],
      ["sandbox-server/a.ts", 'import { x } from "../src/cli/x.ts";'],
    ],
  },
  {
    claim: "every package is imported only where its row in the table says",
    problems: wrongPackages,
    faults: [
      ["src/llm/scripted.ts", 'import OpenAI from "openai";'],
      ["src/llm/retry.ts", 'import { APIError } from "openai/error";'],
      ["src/runtime/remote/a.ts", 'import type { IPty } from "node-pty";'],
      ["src/host/a.ts", 'const vscode = require("vscode");'],
      ["src/extension/a.ts", 'import { Hono } from "hono";'],
      ["src/server/a.ts", 'import { render } from "preact";'],
      ["src/protocol/a.ts", 'import { diffLines } from "diff";'],
      ["src/webview/a.ts", 'import "left-pad";'],
    ],
  },
  {
    claim: "every module of Node is imported only where its row in the table says",
    problems: wrongNodeModules,
    faults: [
      ["src/protocol/a.ts", 'import path from "node:path";'],
      ["src/webview/a.ts", 'import { Buffer } from "node:buffer";'],
      ["src/tools/a.ts", 'import { readFile } from "node:fs/promises";'],
      ["src/agent/a.ts", 'const { spawn } = await import("node:child_process");'],
      ["src/cli/a.ts", 'import inspector from "node:inspector";'],
    ],
  },
  {
    claim: "only doors and the machine's runtime read the environment",
    problems: environmentUses,
    faults: [
      ["src/llm/a.ts", "const key = process.env.OPENAI_API_KEY;"],
      ["src/host/a.ts", "const text = `home is ${process.env['HOME']}`;"],
      ["src/server/a.ts", "const { env } = process;"],
      ["src/runtime/docker/a.ts", 'const env = process["env"];'],
    ],
  },
  {
    claim: "nothing writes to the console",
    problems: consoleUses,
    faults: [
      ["src/agent/a.ts", 'console.log("here");'],
      ["sandbox-server/a.ts", "promise.catch(console.error);"],
    ],
  },
  {
    claim: "no file has more than 300 lines",
    problems: longFiles,
    faults: [["src/agent/a.ts", "\n".repeat(301)]],
  },
];

describe("architecture", () => {
  it("finds the sources", () => {
    const found = new Set(ours.map((file) => roomOf(file.path)));
    assert.ok(ours.length >= 12 && found.has("protocol") && found.has("sandbox-server"), "The scan found too little: correct its folders.");
  });

  for (const { claim, problems, faults } of rules) {
    it(claim, () => allIsWell(problems(ours)));
    it(`would tell if it were not so: ${claim}`, () => {
      for (const [file, text] of faults) assert.equal(problems([source(file, text)]).length, 1, `Nothing was told about ${file}: ${text}`);
    });
  }

  it("keeps the files of tests short too", () => allIsWell(longFiles(tests)));

  it("has no files that import each other", () => {
    allIsWell(importCycles(ours));
    const one = source("src/host/one.ts", 'import { two } from "./two.ts";');
    const two = source("src/host/two.ts", 'export { three } from "./three.ts";');
    assert.deepEqual(importCycles([one, two, source("src/host/three.ts", 'import type { one } from "./one.ts";')]), []);
    assert.equal(importCycles([one, two, source("src/host/three.ts", 'import { type one } from "./one.ts";')]).length, 1);
  });

  it("is not misled by comments, strings and regular expressions", () => {
    const text = [
      '// import { x } from "openai";',
      '/* console.log(1); import "vscode"; */',
      'const text = "process.env" + \'console.log\' + `import "vscode"; ${1} console.log`;',
      'const quote = /["\'`]/; const url = "http://console.log"; const half = list.length / 2;',
      "const paragraph = <p>Don't import</p>;",
      'const shout = /from "vscode"/;',
      'object.import("vscode");',
    ].join("\n");
    const file = source("src/agent/a.ts", text);
    assert.deepEqual(file.imports, []);
    assert.deepEqual([...consoleUses([file]), ...environmentUses([file])], []);
  });

  for (const [room, allowed] of Object.entries(rooms)) {
    it(`has the same rooms for ${room} in its tsconfig.json as in the table`, () => {
      const references = readReferences(folderOf(room));
      const sentence = `Make the references of ${folderOf(room)}/tsconfig.json and the row "${room}" in test/support/rooms.ts equal.`;
      assert.deepEqual([...references].sort(), [...allowed].sort(), sentence);
    });
  }

  it("has a row for every dependency, and no other", () => {
    const { dependencies } = readJson("package.json") as { dependencies: Record<string, string> };
    assert.deepEqual(
      Object.keys(packages).sort(),
      Object.keys(dependencies).sort(),
      "Give each dependency one row in test/support/rooms.ts.",
    );
  });

  it("keeps Node and the browser out of protocol", () => {
    const { compilerOptions } = readJson("src/protocol/tsconfig.json") as { compilerOptions: { types: string[]; lib?: string[] } };
    assert.deepEqual(compilerOptions.types, [], 'Keep "types": [] in src/protocol/tsconfig.json: protocol runs everywhere.');
    const lib = compilerOptions.lib ?? (readJson("src/tsconfig.base.json") as { compilerOptions: { lib: string[] } }).compilerOptions.lib;
    assert.deepEqual(
      lib.filter((name) => !name.startsWith("es")),
      [],
      "Keep the browser's library out of src/protocol/tsconfig.json.",
    );
  });

  it("has a check for every invariant of the map", function () {
    const map = path.join(root, "src/README.md");
    if (!existsSync(map)) this.skip();
    allIsWell(uncheckedInvariants(readFileSync(map, "utf8"), (check) => existsSync(path.join(root, check))));
  });

  it("would tell an invariant without a check", () => {
    const map =
      "# Map\n1. a road\n## Invariants\n1. One (`test/a.test.ts`).\n2. Two,\n   more: `test/gone.test.ts`.\n3. Three.\n## After\n4. Else.\n";
    const problems = uncheckedInvariants(map, (check) => check === "test/a.test.ts");
    assert.deepEqual(
      problems.map((problem) => problem.slice(0, 11)),
      ["Invariant 2", "Invariant 3"],
    );
    assert.equal(uncheckedInvariants("# Map\n1. a road\n", () => true).length, 1);
  });
});

function allIsWell(problems: readonly string[]): void {
  if (problems.length > 0) assert.fail(problems.join("\n"));
}

function readReferences(folder: string): string[] {
  const { references } = readJson(`${folder}/tsconfig.json`) as { references: { path: string }[] };
  return references.map((reference) => roomOf(`${path.posix.join(folder, reference.path)}/tsconfig.json`) ?? reference.path);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(root, file), "utf8"));
}
