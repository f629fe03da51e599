// A sandbox-server on a port of its own, as a person starts it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { root } from "./checkout.ts";

export interface HeadlessServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly key: string;
  readonly child: ChildProcess;
  /** What it has said on stderr so far. */
  log(): string;
  /** With the key. A body that is not bytes or a form is sent as JSON. */
  ask(path: string, init?: Asked): Promise<Answered>;
}

export interface Asked {
  readonly method?: string;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answered {
  readonly status: number;
  readonly json: ReturnType<typeof JSON.parse>;
}

export interface HeadlessOptions {
  readonly workspace: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** From the project's folder; without it the source. */
  readonly program?: string;
}

const key = "a-key-of-the-tests";

/** Resolves when it has said where it listens. Disposing ends it by SIGTERM. */
export async function startHeadless({ workspace, args = [], env = {}, program }: HeadlessOptions): Promise<HeadlessServer> {
  const child = serverProcess(["--port", "0", "--workspace", workspace, ...args], { SESSION_API_KEY: key, ...env }, program);
  let told = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (told += text));
  const closed = once(child, "close");
  const announced = once(createInterface({ input: child.stdout ?? process.stdin }), "line");
  const first = await Promise.race([announced, closed.then(() => undefined)]);
  if (first === undefined) throw new Error(`The server ended: ${told}`);
  const { port } = JSON.parse(first[0]) as { port: number };
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    key,
    child,
    log: () => told,
    ask: (path, init) => ask(url + path, init),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await closed;
    },
  };
}

/** The server as a child, with nothing of this process's environment that could be a key. */
export function serverProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  program = "sandbox-server/main.ts",
): ChildProcess {
  const { SESSION_API_KEY: _key, ...inherited } = process.env;
  return spawn(process.execPath, [path.join(root, program), ...args], {
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ask(url: string, { method, json, body, headers, signal }: Asked = {}): Promise<Answered> {
  const sent = json === undefined ? body : JSON.stringify(json);
  const response = await fetch(url, {
    method: method ?? (sent === undefined ? "GET" : "POST"),
    headers: { "x-session-api-key": key, ...(json === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  try {
    return { status: response.status, json: JSON.parse(text) };
  } catch {
    // Because it may be a file, or lines.
    return { status: response.status, json: text };
  }
}
