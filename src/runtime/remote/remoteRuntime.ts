import { type ClientHttp2Session, connect } from "node:http2";
import type { Duplex } from "node:stream";
import { RuntimeInfo, SearchResult, type TerminalResult, WrittenFile } from "../../protocol/runtime.ts";
import {
  connectionWindowBytes,
  ListAnswer,
  maxSessionMegabytes,
  PathAnswer,
  StatAnswer,
  TerminalLine,
  versionHeader,
} from "../../protocol/runtimeApi.ts";
import { type Files, type OutputListener, type Runtime, RuntimeError, type Search, type Terminal } from "../runtime.ts";
import { type Answer, ask, askJson, askOnce, linesOf, readAll, readJson, toRuntimeError } from "./http2Client.ts";
import { type RemoteWorkspace, remoteWorkspace } from "./remoteWorkspace.ts";

export interface RemoteOptions {
  /** Both directions of a sandbox-server: a child's stdin and stdout, an attached container, a socket. */
  readonly stream: Duplex;
  /** How the door calls this runtime, in place of what the server says of itself. */
  readonly describe?: (info: RuntimeInfo) => RuntimeInfo;
  readonly signal: AbortSignal;
}

export interface RemoteRuntime extends Runtime {
  /** Resolves when the server has answered; rejects when it cannot any more. */
  ping(): Promise<void>;
  readonly workspace: RemoteWorkspace;
}

/** The runtime behind a sandbox-server. Disposing ends the stream, and with it the server and all that it started. */
export async function openRemoteRuntime({ stream, describe = (info) => info, signal }: RemoteOptions): Promise<RemoteRuntime> {
  const session = connect("http://sandbox", {
    createConnection: () => stream,
    maxSessionMemory: maxSessionMegabytes,
    settings: { initialWindowSize: 1024 * 1024 },
  });
  // Failures reach the requests that they break; without a listener they would end the process as well.
  session.on("error", () => undefined);
  session.once("connect", () => session.setLocalWindowSize(connectionWindowBytes));
  const info = describe(RuntimeInfo.parse(await askJson(session, { method: "GET", path: "/api/runtime/info", signal })));
  return {
    info,
    terminal: remoteTerminal(session),
    files: remoteFiles(session),
    search: remoteSearch(session),
    ping: () => ping(session),
    workspace: remoteWorkspace(session),
    [Symbol.asyncDispose]: async () => close(session, stream),
  };
}

function ping(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.ping((error) => (error ? reject(error) : resolve()));
  });
}

async function close(session: ClientHttp2Session, stream: Duplex): Promise<void> {
  session.destroy();
  stream.end();
  stream.destroy();
}

function remoteTerminal(session: ClientHttp2Session): Terminal {
  return {
    run: async (request, { signal, onOutput }) => {
      signal.throwIfAborted();
      // Not the person's signal: the command has to be interrupted over there before the request may end here.
      const ended = new AbortController();
      const interrupt = (): void => void interruptRemote(session).finally(() => ended.abort(signal.reason));
      signal.addEventListener("abort", interrupt, { once: true });
      try {
        const question = { method: "POST", path: "/api/runtime/terminal/run", json: request, signal: ended.signal } as const;
        const result = await askOnce(session, question, (answer) => readTerminal(answer, ended.signal, onOutput));
        signal.throwIfAborted();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener("abort", interrupt);
      }
    },
    reset: async (signal) => {
      await askJson(session, { method: "POST", path: "/api/runtime/terminal/reset", json: {}, signal });
    },
  };
}

const interruptTimeoutMs = 4_000;

/** Resolves when the shell over there is usable again; at the latest after a while, because the sandbox may be gone. */
async function interruptRemote(session: ClientHttp2Session): Promise<void> {
  try {
    await askJson(session, {
      method: "POST",
      path: "/api/runtime/terminal/interrupt",
      json: {},
      signal: AbortSignal.timeout(interruptTimeoutMs),
    });
  } catch {
    // The run itself is told why: its request ends now, and the server interrupts what it was for.
  }
}

async function readTerminal(answer: Answer, signal: AbortSignal, onOutput: OutputListener | undefined): Promise<TerminalResult> {
  const show = patiently(onOutput);
  for await (const text of linesOf(answer, signal)) {
    const line = TerminalLine.parse(JSON.parse(text));
    if (line.type === "output") await show(line.text);
    if (line.type === "result") return line.result;
    if (line.type === "error") throw toRuntimeError(line.fault);
  }
  throw new RuntimeError("unreachable", "The sandbox ended while the command ran. Its outcome is unknown.");
}

/** As long as a machine waits for who watches (machine/holdback.ts). */
const patienceMs = 100;

/** Waits while the watcher has too much; who is late is not waited for until they have caught up. */
function patiently(watch: OutputListener | undefined): (text: string) => Promise<void> {
  let isLate = false;
  return async (text) => {
    const ready: unknown = watch?.(text);
    if (isLate || !(ready instanceof Promise)) return;
    isLate = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patienceMs);
    const caughtUp = (): void => {
      isLate = false;
      resolve();
    };
    ready.then(caughtUp, caughtUp);
    await promise;
    clearTimeout(timer);
  };
}

function remoteFiles(session: ClientHttp2Session): Files {
  const post = (name: string, json: object, signal: AbortSignal): Promise<unknown> =>
    askJson(session, { method: "POST", path: `/api/runtime/files/${name}`, json, signal });
  return {
    stat: async (path, signal) => StatAnswer.parse(await post("stat", { path }, signal)).stat ?? undefined,
    list: async (path, signal) => ListAnswer.parse(await post("list", { path }, signal)).entries,
    remove: async (path, signal) => {
      const question = { method: "POST", path: "/api/runtime/files/remove", json: { path }, signal } as const;
      await askOnce(session, question, (answer) => readJson(answer, signal));
    },
    realPath: async (path, signal) => PathAnswer.parse(await post("real-path", { path }, signal)).path,
    read: async (path, { maxBytes, signal }) => {
      const answer = await ask(session, { method: "POST", path: "/api/runtime/files/read", json: { path, maxBytes }, signal });
      const version = String(answer.headers[versionHeader] ?? "");
      return { bytes: await readAll(answer, maxBytes, signal), version };
    },
    write: async (path, bytes, { expected, signal }) => {
      const query = new URLSearchParams({ path, expected });
      const question = { method: "PUT", path: `/api/runtime/files/write?${query}`, bytes, signal } as const;
      return WrittenFile.parse(await askOnce(session, question, (answer) => readJson(answer, signal)));
    },
  };
}

function remoteSearch(session: ClientHttp2Session): Search {
  const find = async (name: string, json: object, signal: AbortSignal): Promise<SearchResult> =>
    SearchResult.parse(await askJson(session, { method: "POST", path: `/api/runtime/search/${name}`, json, signal }));
  return {
    glob: (request, signal) => find("glob", request, signal),
    grep: (request, signal) => find("grep", request, signal),
  };
}
