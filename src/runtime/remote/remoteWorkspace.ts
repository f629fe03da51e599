import type { ClientHttp2Session } from "node:http2";
import type { Readable } from "node:stream";
import { versionHeader } from "../../protocol/runtimeApi.ts";
import { mostPathsAsked, ScanEnd, UnpackAnswer, WorkspaceEntry } from "../../protocol/workspaceApi.ts";
import { type FileContent, RuntimeError } from "../runtime.ts";
import { type Answer, ask, askJson, linesOf, readAll, toRuntimeError } from "./http2Client.ts";

/**
 * The workspace of a sandbox as files to be put there, looked at and fetched. Paths are below its folder, with `/` between names.
 *
 * What it tells comes from the sandbox, which may be hostile: it is bounded and has the right shape, and no more than that is sure.
 */
export interface RemoteWorkspace {
  /** Puts what is in a tar there; what is there already is replaced. Aborting leaves a part of it there. */
  unpack(tar: Readable, signal: AbortSignal): Promise<UnpackAnswer>;
  /** Every file and link that git's rules do not ignore; none in `.git` and `node_modules`. */
  scan(signal: AbortSignal): Promise<ScannedWorkspace>;
  /** What is at exactly these paths, ignored or not, as far as something is there. */
  stat(paths: readonly string[], options: StatOptions): Promise<Map<string, WorkspaceEntry>>;
  /** A file's bytes; a link is not followed. Rejects as `Files.read` does. */
  read(path: string, options: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<FileContent>;
  /** Removes files and links, and what is not there. */
  remove(paths: readonly string[], signal: AbortSignal): Promise<void>;
}

export interface StatOptions {
  /** Has the contents read as well, for their hash. */
  readonly withHash: boolean;
  readonly signal: AbortSignal;
}

export interface ScannedWorkspace {
  readonly entries: ReadonlyMap<string, WorkspaceEntry>;
  /** False when there are more files than are told. */
  readonly isWhole: boolean;
}

/** More files than this are not believed. */
const mostEntries = 600_000;
const mostCharactersTold = 200_000_000;
const mostCharactersAsked = 200_000;

const ScanLine = WorkspaceEntry.or(ScanEnd);

export function remoteWorkspace(session: ClientHttp2Session): RemoteWorkspace {
  const post = (name: string, json: object, signal: AbortSignal): Promise<Answer> =>
    ask(session, { method: "POST", path: `/api/runtime/workspace/${name}`, json, signal });
  return {
    unpack: async (tar, signal) =>
      UnpackAnswer.parse(await askJson(session, { method: "PUT", path: "/api/runtime/workspace", stream: tar, signal })),
    scan: async (signal) => readEntries(await post("scan", {}, signal), signal),
    stat: async (paths, { withHash, signal }) => {
      const found = new Map<string, WorkspaceEntry>();
      for (const portion of portionsOf(paths)) {
        const asked = new Set(portion);
        const { entries } = await readEntries(await post("stat", { paths: portion, withHash }, signal), signal);
        for (const [path, entry] of entries) if (asked.has(path)) found.set(path, entry);
      }
      return found;
    },
    read: async (path, { maxBytes, signal }) => {
      const answer = await post("read", { path, offset: 0, maxBytes }, signal);
      return { bytes: await readAll(answer, maxBytes, signal), version: String(answer.headers[versionHeader] ?? "") };
    },
    remove: async (paths, signal) => {
      for (const portion of portionsOf(paths)) await readAll(await post("remove", { paths: portion }, signal), mostCharactersAsked, signal);
    },
  };
}

async function readEntries(answer: Answer, signal: AbortSignal): Promise<ScannedWorkspace> {
  const entries = new Map<string, WorkspaceEntry>();
  let lines = 0;
  let characters = 0;
  for await (const line of linesOf(answer, ScanLine, signal)) {
    if ("path" in line) {
      entries.set(line.path, line);
      lines++;
      characters += line.path.length + (line.target?.length ?? 0) + line.version.length;
    } else if (line.type === "end") return { entries, isWhole: line.isWhole };
    else throw toRuntimeError(line.fault);
    if (lines > mostEntries || characters > mostCharactersTold)
      throw new RuntimeError("too-large", "The sandbox tells of more files than can be.");
  }
  throw new RuntimeError("unreachable", "The sandbox ended while its files were looked at.");
}

/** So many that a request stays small. */
function portionsOf(paths: readonly string[]): string[][] {
  const portions: string[][] = [];
  let portion: string[] = [];
  let characters = 0;
  for (const path of paths) {
    if (portion.length === mostPathsAsked || characters + path.length > mostCharactersAsked) {
      portions.push(portion);
      portion = [];
      characters = 0;
    }
    portion.push(path);
    characters += path.length;
  }
  return portion.length === 0 ? portions : [...portions, portion];
}
