import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { toolsVolume } from "../../../src/runtime/docker/tools/volume.ts";
import { root } from "../../support/checkout.ts";
import { testImage, useEngine } from "../../support/docker.ts";
import { testSandboxes } from "../../support/sandboxes.ts";
import { until } from "../../support/until.ts";
import { newId } from "../../support/workspaces.ts";

const { signal } = new AbortController();

describe("sandboxes beside each other", () => {
  const engine = useEngine();

  it("are ten at once, each with its own files, and gone together", async () => {
    await using all = await testSandboxes(engine);
    const open = await Promise.all(Array.from({ length: 10 }, () => all.open()));
    const outputs = await Promise.all(
      open.map(async (sandbox, index) => {
        const command = `echo ${index} > mine; cat /workspace/*`;
        return (await sandbox.terminal.run({ type: "command", command, noChangeTimeoutMs: 60_000 }, { signal })).output.trim();
      }),
    );
    deepEqual(outputs, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    await Promise.all(open.map((sandbox) => sandbox[Symbol.asyncDispose]()));
    deepEqual(await engine.docker.listContainers({ all: true, filters: { label: [`owner=${process.pid}`] } }), []);
  });

  it("end with the program that has opened them, also when it is killed", async () => {
    const id = newId();
    const state = await mkdtemp(path.join(tmpdir(), "openhands-killed-"));
    const child = spawn(process.execPath, [path.join(root, "test/integration/docker/fixtures/openSandbox.ts"), id, state], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [word] = await once(child.stdout, "data");
    equal(String(word).trim(), "open");
    child.kill("SIGKILL");
    await once(child, "exit");
    await until("the end of its container", async () => {
      const found = await engine.docker.listContainers({ all: true, filters: { name: [`oh-${id}`] } });
      return found.length === 0;
    });
    // What was changed there is kept until its conversation is deleted.
    await engine.docker.getVolume(`oh-${id}`).remove();
    await rm(state, { recursive: true });
  });
});

describe("the volume of tools", () => {
  const engine = useEngine();

  it("is filled once by two who begin at the same time, known again without a look at its contents, and made anew when it is gone", async () => {
    const states = await Promise.all([0, 1].map(() => mkdtemp(path.join(tmpdir(), "openhands-tools-"))));
    const dist = await mkdtemp(path.join(tmpdir(), "openhands-dist-"));
    await writeFile(path.join(dist, "sandbox-server.js"), `// ${newId()}`);
    await mkdir(path.join(dist, "node_modules"));
    await symlink(path.join(root, "dist", "node_modules", "node-pty"), path.join(dist, "node_modules", "node-pty"));
    const image = await testImage(engine.docker, "empty");
    const phases: string[] = [];
    const make = (stateFolder = ""): Promise<string> =>
      toolsVolume({
        docker: engine.docker,
        dist,
        stateFolder,
        hostId: "this-host",
        path: undefined,
        nodePrograms: [],
        arch: process.arch === "arm64" ? "arm64" : "x64",
        images: [image],
        onPhase: (phase) => phases.push(phase),
        signal,
      });
    const [one, other] = await Promise.all(states.map(make));
    equal(one, other);
    match(String(one), /^openhands-tools-[0-9a-f]{16}$/);
    phases.length = 0;
    equal(await make(states[0]), one);
    deepEqual(phases, []);
    deepEqual(
      (await engine.docker.listContainers({ all: true, filters: { name: [String(one)] } })).map(({ Names }) => Names),
      [],
    );
    await engine.docker.getVolume(String(one)).remove();
    equal(await make(states[0]), one);
    await engine.docker.getVolume(String(one)).remove();

    // Somebody of this machine has begun, and died.
    const created = new Date().toISOString();
    const labels = { app: "openhands-vscode", host: "this-host", owner: String(await deadProcess()), created };
    await engine.docker.createVolume({ Name: String(one) });
    await engine.docker.createContainer({ name: `${one}-filling`, Image: image, Entrypoint: ["/lock"], Labels: labels });
    equal(await make(states[0]), one);
    const { Labels: made } = await engine.docker.getVolume(String(one)).inspect();
    equal(made?.["app"], "openhands-vscode");
    await engine.docker.getVolume(String(one)).remove();
    for (const place of [...states, dist]) await rm(place, { recursive: true });
  });
});

describe("the person's own folders in a sandbox", () => {
  const engine = useEngine();

  it("are seen as they are when that is chosen, and what other programs run there is read-only", async function () {
    if (process.platform !== "linux") this.skip();
    await using all = await testSandboxes(engine);
    await ownedByUser(all.folder);
    await mkdir(path.join(all.folder, ".git"));
    await writeFile(path.join(all.folder, "there"), "here");
    const sandbox = await all.open({ workspace: "bind" });
    const command = "cat there; echo new > made; touch .git/hooks 2>/dev/null || echo refused; mv .git .old 2>/dev/null || echo refused";
    const { output } = await sandbox.terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal });
    deepEqual(
      [output.replace("here", "").trim().split("\n"), sandbox.info.isCopy, sandbox.review],
      [["refused", "refused"], false, undefined],
    );
    match(sandbox.info.wall, /shared folder/);
  });

  it("are refused when they hold keys, or lead elsewhere", async () => {
    await using all = await testSandboxes(engine);
    await symlink("/", path.join(all.folder, "link"));
    const folder = path.join(all.folder, "link");
    await rejects(
      all.open({ workspace: "bind" }, { folders: [folder] }),
      /^RuntimeError: (?:Not shared with the sandbox: .* is the whole file system|The folder .* belongs to root)/,
    );
  });
});

/** The number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}

async function ownedByUser(folder: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(folder, 1000, 1000);
}
