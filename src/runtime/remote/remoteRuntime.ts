import { type ClientHttp2Session, connect } from "node:http2";
import type { Duplex } from "node:stream";
import { CommandResult, RuntimeInfo, SearchResult, WrittenFile } from "../../protocol/runtime.ts";
import {
  connectionWindowBytes,
  ListAnswer,
  maxSessionMegabytes,
  PathAnswer,
  StatAnswer,
  TerminalsAnswer,
  versionHeader,
} from "../../protocol/runtimeApi.ts";
import type { Files, PersonRuntime, Search } from "../runtime.ts";
import { ask, askJson, askOnce, readAll, readJson } from "./http2Client.ts";
import { openRemoteShell } from "./remoteShell.ts";
import { remoteTerminal } from "./remoteTerminal.ts";
import { type RemoteWorkspace, remoteWorkspace } from "./remoteWorkspace.ts";

export interface RemoteOptions {
  /** Both directions of a sandbox-server: a child's stdin and stdout, an attached container, a socket. */
  readonly stream: Duplex;
  /** How the door calls this runtime, in place of what the server says of itself. */
  readonly describe?: (info: RuntimeInfo) => RuntimeInfo;
  readonly signal: AbortSignal;
}

export interface RemoteRuntime extends PersonRuntime {
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
    commands: {
      run: async (json, runSignal) => {
        // Not asked again when its answer is lost, so that breaking it off ends it at once.
        return CommandResult.parse(await askJson(session, { method: "POST", path: "/api/runtime/command", json, signal: runSignal }));
      },
    },
    openShell: (size) => openRemoteShell(session, size),
    terminals: async (listSignal) =>
      TerminalsAnswer.parse(await askJson(session, { method: "GET", path: "/api/runtime/terminals", signal: listSignal })).terminals,
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
