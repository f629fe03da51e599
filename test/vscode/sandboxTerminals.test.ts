import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Duplex } from "node:stream";
import * as vscode from "vscode";
import { DockerRuntimes, type OpenSandboxes } from "../../src/extension/dockerRuntime/dockerRuntimes.ts";
import { AgentTerminals } from "../../src/extension/terminals/agentTerminals.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import type { TerminalResult } from "../../src/protocol/runtime.ts";
import type { DockerRef } from "../../src/protocol/sandbox.ts";
import type { Sandbox } from "../../src/runtime/docker/sandboxes.ts";
import { MachineFiles } from "../../src/runtime/machine/machineFiles.ts";
import { openRemoteRuntime } from "../../src/runtime/remote/remoteRuntime.ts";
import { type Runtime, RuntimeError } from "../../src/runtime/runtime.ts";
import { until } from "../support/until.ts";
import { log } from "./localRuntimes.ts";

const { signal } = new AbortController();
const id = ConversationId.parse("00000000-0000-4000-8000-00000000000c");
const ref: DockerRef = { kind: "docker", image: "debian", network: "none", workspace: "copy" };

/** A sandbox-server that is a child process stands for each container. */
class ChildSandboxes implements OpenSandboxes {
  readonly lost = new Map<ConversationId, AbortController>();
  readonly swept: boolean[] = [];
  readonly #listeners = new Set<(id: ConversationId) => void>();

  async open({ conversationId, folders, ref: asked }: Parameters<OpenSandboxes["open"]>[0]): Promise<Sandbox> {
    const { extensionPath } = vscode.extensions.getExtension("openhands.openhands-vscode") ?? { extensionPath: "" };
    const main = path.join(extensionPath, "dist", "sandbox-server.js");
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1", HOME: folders[0] };
    const child = spawn(process.execPath, [main, "--stdio", "--workspace", folders[0] ?? ""], { stdio: ["pipe", "pipe", "ignore"], env });
    const ended = once(child, "exit");
    const lost = new AbortController();
    this.lost.set(conversationId, lost);
    const runtime = await openRemoteRuntime({ stream: Duplex.from({ readable: child.stdout, writable: child.stdin }), signal });
    for (const listener of this.#listeners) listener(conversationId);
    return {
      ...runtime,
      ref: asked,
      lost: lost.signal,
      review: undefined,
      leftOut: { secrets: [], notes: [] },
      setNetwork: async () => undefined,
      [Symbol.asyncDispose]: async () => {
        await runtime[Symbol.asyncDispose]();
        await ended;
        for (const listener of this.#listeners) listener(conversationId);
      },
    };
  }

  onDidChange(listener: (id: ConversationId) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async sweep(known: (id: ConversationId) => Promise<boolean>): Promise<void> {
    this.swept.push(await known(id));
  }

  list = async () => [];
  remove = async () => undefined;
  prune = async () => [];
  images = async () => ["debian"];
  review = () => Promise.reject(new Error("There is nothing to review."));
  [Symbol.asyncDispose] = async () => undefined;
}

describe("the terminals of a sandbox", () => {
  let folder = "";
  let isTrusted = true;
  let changes = 0;
  let engines: ChildSandboxes;
  let sandboxes: DockerRuntimes;
  let runtime: Runtime;
  const terminals = new AgentTerminals({
    chatView: () => undefined,
    watchTitle: (_id, listener) => {
      listener("Fix the tests");
      return { [Symbol.dispose]: () => undefined };
    },
  });
  const open = (): Promise<Runtime> =>
    sandboxes.open({ conversationId: id, workingDir: folder, folders: [folder], runtime: ref, onPhase: () => undefined, signal });
  const run = (command: string): Promise<TerminalResult> =>
    runtime.terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal });
  const named = (name: string): vscode.Terminal[] => vscode.window.terminals.filter((terminal) => terminal.name === name);

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), "openhands-sandbox-")));
    engines = new ChildSandboxes();
    sandboxes = new DockerRuntimes({
      dist: "",
      stateFolder: folder,
      hostFiles: new MachineFiles(),
      log,
      terminals,
      refuseUntrusted: () => {
        if (!isTrusted) throw new Error("This folder is in Restricted Mode.");
      },
      isKnown: async () => true,
      openSandboxes: async () => engines,
    });
    sandboxes.onDidChange(() => changes++);
    changes = 0;
    isTrusted = true;
    runtime = await open();
  });

  afterEach(async () => {
    await runtime[Symbol.asyncDispose]();
    await sandboxes[Symbol.asyncDispose]();
    await until("all terminals to go", async () => vscode.window.terminals.every(({ name }) => !/^(OpenHands|Sandbox)/.test(name)));
    await rm(folder, { recursive: true, force: true });
  });

  it("show the agent's commands, and take the person's lines into the same shell", async () => {
    await run("export SHARED=yes");
    const [terminal] = named("OpenHands: Fix the tests");
    assert.ok(terminal);
    terminal.sendText("echo $SHARED > typed");
    await until("their line", async () => existsSync(path.join(folder, "typed")));
    assert.equal(await readFile(path.join(folder, "typed"), "utf8"), "yes\n");
    terminals.show(id);
    assert.deepEqual(engines.swept, [true]);
    assert.ok(changes > 0);
  });

  it("have a shell of the person's own beside the agent's, which closes with `exit`", async () => {
    sandboxes.openShell(id);
    await until("its terminal", async () => named("Sandbox: Fix the tests").length === 1);
    const [terminal] = named("Sandbox: Fix the tests");
    terminal?.sendText("stty size > size; pwd > place");
    await until("what it has written", async () => existsSync(path.join(folder, "place")));
    assert.equal(await readFile(path.join(folder, "place"), "utf8"), `${folder}\n`);
    assert.match(await readFile(path.join(folder, "size"), "utf8"), /^[1-9]\d* [1-9]\d*\n$/);
    terminal?.sendText("exit");
    await until("it to close", async () => named("Sandbox: Fix the tests").length === 0);
  });

  it("stay with a last line when the sandbox is lost, close with a key, and go when there is a new one", async () => {
    await run("true");
    sandboxes.openShell(id);
    await until("both", async () => named("Sandbox: Fix the tests").length === 1 && named("OpenHands: Fix the tests").length === 1);
    engines.lost.get(id)?.abort(new RuntimeError("unreachable", "The sandbox was removed."));
    assert.equal(runtime.lost?.aborted, true);
    await runtime[Symbol.asyncDispose]();
    assert.equal(named("OpenHands: Fix the tests").length, 1);
    assert.throws(() => terminals.show(id), /no terminal yet/);
    assert.throws(() => sandboxes.openShell(id), /no sandbox that runs/);
    named("Sandbox: Fix the tests")[0]?.sendText("x", false);
    await until("the shell's to close", async () => named("Sandbox: Fix the tests").length === 0);
    runtime = await open();
    await until("the old one to go", async () => named("OpenHands: Fix the tests").length === 0);
    assert.equal((await run("echo again")).output, "again\n");
  });

  it("end with the sandbox that the person deletes, of which the host is told", async () => {
    await run("true");
    await sandboxes.remove(id, signal);
    assert.match(String(runtime.lost?.reason), /deleted/);
    assert.throws(() => sandboxes.openShell(id), /no sandbox that runs/);
    await assert.rejects(run("true"), { name: "RuntimeError" });
  });

  it("are not opened in Restricted Mode", async () => {
    isTrusted = false;
    await assert.rejects(open(), /Restricted Mode/);
    await assert.rejects(sandboxes.review(id, signal), /Restricted Mode/);
  });
});
