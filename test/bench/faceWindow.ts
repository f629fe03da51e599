// A window of VS Code whose extension host does what the bench asks.
import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { root } from "../support/checkout.ts";
import { until } from "../support/until.ts";
import { startVscodeServer, type VscodeServer } from "../support/vscodeServer.ts";
import { openWindow, type VscodeWindow } from "../support/vscodeWindow.ts";

/** Without VS Code's own search for open ports, which goes through all processes again and again. */
const quiet = { "openhands.confirm": "never", "remote.autoForwardPorts": false };
const bundle = path.join(root, ".build", "bench");

export interface FaceWindowOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Is given the folder that holds VS Code's data before the window opens. */
  readonly prepare?: (dataFolder: string) => Promise<void>;
}

/** The extension is under development in it, and not active before it is asked to be. */
export class FaceWindow implements AsyncDisposable {
  readonly window: VscodeWindow;
  readonly #server: VscodeServer;
  readonly #port: string;

  private constructor(window: VscodeWindow, server: VscodeServer, port: string) {
    this.window = window;
    this.#server = server;
    this.#port = port;
  }

  static async open({ folder, env, prepare }: FaceWindowOptions): Promise<FaceWindow> {
    const address = path.join(folder, ".bench-address");
    await rm(address, { force: true });
    await bundleHost();
    const server = await startVscodeServer({
      env: { ...env, OPENHANDS_BENCH_ADDRESS: address },
      settings: quiet,
    });
    try {
      await prepare?.(server.dataFolder);
      const window = await openWindow({ server, folder, extensionPath: root, testsPath: path.join(bundle, "faceHost.cjs") });
      const port = await until("the extension host to listen", () => readFile(address, "utf8").catch(() => undefined), 60_000);
      return new FaceWindow(window, server, port);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Milliseconds until the extension is active. */
  activate(): Promise<number> {
    return this.#ask({ type: "activate" });
  }

  /** Of the extension host, after its garbage was collected. */
  async memoryMb(): Promise<{ readonly rss: number; readonly heap: number }> {
    const { rss, heapUsed, external } = await this.#ask<NodeJS.MemoryUsage>({ type: "memory" });
    return { rss: rss / 1e6, heap: (heapUsed + external) / 1e6 };
  }

  /** Milliseconds of a core that the extension host has used so far. */
  async cpuMs(): Promise<number> {
    const { user, system } = await this.#ask<NodeJS.CpuUsage>({ type: "cpu" });
    return (user + system) / 1000;
  }

  /** For how long the extension host's thread was held up while `work` went on. */
  async delayDuring(work: () => Promise<unknown>): Promise<{ readonly p99Ms: number; readonly mostMs: number }> {
    await this.#ask({ type: "delay.begin" });
    await work();
    return this.#ask({ type: "delay.end" });
  }

  /** Runs a command of VS Code; resolves with when it began, in milliseconds since 1970. */
  async command(id: string, ...args: readonly unknown[]): Promise<number> {
    return (await this.#ask<{ begunAt: number }>({ type: "command", id, args })).begunAt;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ask({ type: "end" }).catch(() => undefined);
    await this.window[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  async #ask<Answer>(asked: object): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.#port}`, { method: "POST", body: JSON.stringify(asked) });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Answer;
  }
}

async function bundleHost(): Promise<void> {
  await mkdir(bundle, { recursive: true });
  await build({
    entryPoints: [path.join(root, "test/bench/faceHost.ts")],
    outfile: path.join(bundle, "faceHost.cjs"),
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    external: ["vscode"],
    logLevel: "warning",
  });
}
