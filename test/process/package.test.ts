import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { listFiles, PackageManager } from "@vscode/vsce";

const root = path.resolve(import.meta.dirname, "../..");
const bundles = ["dist/cli.js", "dist/extension.cjs", "dist/sandbox-server.js", "dist/sandbox-server-port.js", "dist/webview.js"];
const documents = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "package.json"];
const nativePty = `dist/node_modules/node-pty/prebuilds/${process.platform}-${process.arch}/pty.node`;
/** The number of the processor in the header of a Linux binary. */
const elfMachines: Readonly<Record<string, number>> = { "linux-x64": 62, "linux-arm64": 183 };
const mayBePacked = [
  /^media\//,
  /^dist\/[\w-]+\.(c?js|css|ttf|json)$/,
  /^dist\/tools\/linux-(x64|arm64)\/busybox(\.LICENSE)?$/,
  /^dist\/node_modules\/node-pty\/(package\.json|LICENSE|lib\/|prebuilds\/)/,
];

describe("the packed extension", () => {
  let files: string[] = [];

  before(async function () {
    const missing = bundles.find((bundle) => !existsSync(path.join(root, bundle)));
    if (missing !== undefined && process.env["CI"] === undefined) this.skip();
    assert.equal(missing, undefined, `${missing} is not built: run "npm run build" first.`);
    files = (await listFiles({ cwd: root, packageManager: PackageManager.None })).map((file) => file.split(path.sep).join("/"));
  });

  it("holds the bundles, the documents and the terminal of this system", () => {
    const expected = [...bundles, nativePty, ...documents.filter((document) => existsSync(path.join(root, document)))];
    assert.deepEqual(
      expected.filter((file) => !files.includes(file)),
      [],
      "These files are missing from the package: correct .vscodeignore or esbuild.mjs.",
    );
  });

  it("holds the terminal of every Linux it was built for, each for its own processor, and for systems from 2019 on", () => {
    const built = readdirSync(path.join(root, "node_modules/node-pty/prebuilds")).filter((name) => name.startsWith("linux-"));
    const packed = files.flatMap((file) => /prebuilds\/(linux-\w+)\/pty\.node$/.exec(file)?.[1] ?? []);
    assert.deepEqual(packed.sort(), built.sort(), 'Build again: "npm run build:pty", then "npm run build".');
    for (const name of packed) {
      const binary = readFileSync(path.join(root, `dist/node_modules/node-pty/prebuilds/${name}/pty.node`));
      const newest = Math.max(...[...binary.toString("latin1").matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor)));
      assert.deepEqual([name, binary.readUInt16LE(18)], [name, elfMachines[name]]);
      assert.ok(newest > 0 && newest <= 28, `${name} needs glibc 2.${newest}`);
    }
  });

  it("has a sandbox-server that imports no module of Node as an ES module, because each would be read as a whole", () => {
    const programs = files.filter((file) => /^dist\/sandbox-server[\w-]*\.js$/.test(file));
    for (const program of programs) {
      const imported = readFileSync(path.join(root, program), "utf8").match(/\bfrom ?"node:[\w/]+"/g) ?? [];
      // What requires the others.
      assert.deepEqual([program, imported.map((words) => words.replace(" ", ""))], [program, ['from"node:module"']]);
    }
  });

  it("holds nothing else: no sources, no maps, no tests", () => {
    const unexpected = files.filter((file) => !documents.includes(file) && !mayBePacked.some((pattern) => pattern.test(file)));
    // The sample workspace of the demo has sources and tests of its own.
    const own = files.filter((file) => !file.startsWith("media/demo/"));
    const notForUsers = own.filter((file) => /\.(map|tsx?|pdb|vsix)$|\.test\.|^(src|test|\.)/.test(file));
    assert.deepEqual(
      [...unexpected, ...notForUsers],
      [],
      "These files do not belong in the package: correct .vscodeignore or esbuild.mjs.",
    );
  });
});
