// VS Code's own server on a loopback port, with folders of its own, and nothing left of it afterwards.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { descendants, isAlive, signalAll } from "../../.ci/processTree.mjs";
import { ensureCodeServer } from "./codeServer.ts";
import { runCommand } from "./command.ts";
import type { Settings } from "./settings.ts";

export interface ServerOptions {
  /** Added to this process's environment; the extension host and terminals inherit it. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Written as the server's machine settings, which a window puts above its user settings. They hold every setting but
   * those of scope `application`, which VS Code ignores there: give these to `openWindow`, which makes them defaults.
   */
  readonly settings?: Settings;
  /** `"off"` trusts every folder. `"on"` opens an unknown folder in Restricted Mode. */
  readonly workspaceTrust?: "off" | "on";
  /** A packaged extension to install before the start. */
  readonly vsix?: string;
  /** The folder of an extension that is built but not packaged: every window loads it as if it were installed. */
  readonly unpackedExtension?: string;
  /** Folders of further extensions. */
  readonly moreExtensions?: readonly string[];
  /** A free port when it is not given. */
  readonly port?: number;
  readonly signal?: AbortSignal;
}

const startTimeoutMs = 30_000;
const stopTimeoutMs = 5_000;
const endings = ["SIGTERM", "SIGHUP"] as const;

/** Started and listening. Rejects, with the server's last words, when it does not listen within 30 seconds. */
export async function startVscodeServer(options: ServerOptions = {}): Promise<VscodeServer> {
  const vscode = await ensureCodeServer(options.signal);
  const data = await mkdtemp(path.join(tmpdir(), "openhands-vscode-"));
  try {
    const extensions = path.join(data, "extensions");
    await writeSettings(data, options.settings ?? {});
    await mkdir(extensions);
    const env = serverEnvironment(data, options.env ?? {});
    const main = path.join(vscode.folder, "out", "server-main.js");
    const folders = ["--server-data-dir", data, "--extensions-dir", extensions, "--accept-server-license-terms"];
    if (options.vsix !== undefined) await runCommand(vscode.node, [main, ...folders, "--install-extension", options.vsix], { env });
    if (options.unpackedExtension !== undefined) await link(options.unpackedExtension, extensions);
    for (const folder of options.moreExtensions ?? []) await cp(folder, path.join(extensions, path.basename(folder)), { recursive: true });
    const child = spawn(vscode.node, [main, ...folders, ...serverFlags(options)], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return await VscodeServer.listening(child, data, options.signal);
  } catch (error) {
    await rm(data, { recursive: true, force: true });
    throw error;
  }
}

/** A running server. It owns its processes and its data folder, and takes both with it when disposed. */
export class VscodeServer implements AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url = "";
  readonly #child: ChildProcess;
  readonly #data: string;
  readonly #killNow = (): void => this.#kill();
  readonly #endNow = (signal: NodeJS.Signals): void => this.#end(signal);
  #output = "";

  private constructor(child: ChildProcess, data: string) {
    this.#child = child;
    this.#data = data;
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    // Because a test runner that is interrupted, or whose terminal is closed, does not dispose.
    process.on("exit", this.#killNow);
    for (const signal of endings) process.on(signal, this.#endNow);
  }

  static async listening(child: ChildProcess, data: string, signal: AbortSignal | undefined): Promise<VscodeServer> {
    const server = new VscodeServer(child, data);
    try {
      await server.#untilListening(AbortSignal.any([AbortSignal.timeout(startTimeoutMs), ...(signal ? [signal] : [])]));
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** All that the server has printed. */
  get output(): string {
    return this.#output;
  }

  /** Where it keeps what belongs to its windows and extensions. */
  get dataFolder(): string {
    return this.#data;
  }

  /** `host:port`, as the workbench names a remote machine. */
  get authority(): string {
    return new URL(this.url).host;
  }

  /** Another path of the folder, which goes with the server. */
  async aliasOf(folder: string): Promise<string> {
    const alias = path.join(this.#data, `alias-${createHash("sha256").update(folder).digest("hex").slice(0, 8)}`);
    if (!existsSync(alias)) await symlink(folder, alias, "dir");
    return alias;
  }

  /** Ends every process that the server started, terminals included, and removes its folder. Throws when something is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#letGo();
    const all = this.#processes();
    signalAll(all, "SIGTERM");
    if (!(await haveEnded(all, stopTimeoutMs))) signalAll(all.filter(isAlive), "SIGKILL");
    const ended = await haveEnded(all, stopTimeoutMs);
    await rm(this.#data, { recursive: true, force: true, maxRetries: 5 });
    if (!ended) throw new Error(`VS Code's server left processes behind: ${all.filter(isAlive).join(", ")}.`);
  }

  async #untilListening(signal: AbortSignal): Promise<void> {
    for (;;) {
      const [, port] = /Extension host agent listening on (\d+)/.exec(this.#output) ?? [];
      if (port !== undefined) this.url = `http://127.0.0.1:${port}`;
      if (port !== undefined && (await answers(`${this.url}/version`))) return;
      if (this.#child.exitCode !== null)
        throw new Error(`VS Code's server ended (exit code ${this.#child.exitCode}). ${this.#lastWords()}`);
      if (signal.aborted) throw new Error(`VS Code's server does not listen. ${this.#lastWords()}`, { cause: signal.reason });
      await setTimeout(25);
    }
  }

  #lastWords(): string {
    return `It said last:\n${this.#output.slice(-2000)}`;
  }

  /** Terminals have process groups of their own, so the group is not enough: whoever descends from the server counts. */
  #processes(): number[] {
    const { pid } = this.#child;
    return pid === undefined ? [] : [pid, ...descendants(pid)];
  }

  /** Does for these signals what the system would do if nobody listened, but without leaving the server behind. */
  #end(signal: NodeJS.Signals): void {
    this.#letGo();
    this.#kill();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  }

  #letGo(): void {
    process.off("exit", this.#killNow);
    for (const signal of endings) process.off(signal, this.#endNow);
  }

  #kill(): void {
    signalAll(this.#processes(), "SIGKILL");
    rmSync(this.#data, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `--enable-smoke-test-driver` is what makes a page's development and test paths count. */
function serverFlags(options: ServerOptions): string[] {
  const trust = options.workspaceTrust === "on" ? [] : ["--disable-workspace-trust"];
  const quiet = ["--telemetry-level", "off", "--enable-smoke-test-driver", ...trust];
  return ["--host", "127.0.0.1", "--port", String(options.port ?? 0), "--without-connection-token", ...quiet];
}

/** Inside a terminal of VS Code its variables would make the new server believe that it is a part of that VS Code. */
function serverEnvironment(data: string, added: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(VSCODE|ELECTRON)_/.test(name));
  // Because VS Code leaves its sockets behind, they lie where they go with the rest.
  return { ...Object.fromEntries(own), XDG_RUNTIME_DIR: data, ...added };
}

async function writeSettings(data: string, settings: Settings): Promise<void> {
  const machine = path.join(data, "data", "Machine");
  await mkdir(machine, { recursive: true });
  await writeFile(path.join(machine, "settings.json"), JSON.stringify(settings));
}

/** What a package holds is linked one by one: were the whole folder a link, "Uninstall" in the window would reach the checkout. */
async function link(folder: string, extensions: string): Promise<void> {
  const place = path.join(extensions, "extension-under-development");
  await mkdir(place);
  for (const part of ["package.json", "README.md", "LICENSE", "dist", "media"]) {
    const original = path.join(folder, part);
    if (existsSync(original)) await symlink(original, path.join(place, part));
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}

async function haveEnded(pids: readonly number[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (pids.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await setTimeout(20);
  }
  return true;
}
