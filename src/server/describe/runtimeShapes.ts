import { Success } from "../../protocol/agentServer/base.ts";
import {
  CommandRequest,
  CommandResult,
  GlobRequest,
  GrepRequest,
  RuntimeInfo,
  SearchResult,
  TerminalRequest,
  WrittenFile,
} from "../../protocol/runtime.ts";
import {
  KeysRequest,
  ListAnswer,
  MoveRequest,
  PathAnswer,
  PathRequest,
  ReadRequest,
  SizeRequest,
  StatAnswer,
  TerminalsAnswer,
  WriteQuery,
} from "../../protocol/runtimeApi.ts";
import { ReadPartRequest, RemoveRequest, StatRequest, UnpackAnswer } from "../../protocol/workspaceApi.ts";
import type { ListedRoute } from "../routes.ts";

type Rest = Partial<Pick<ListedRoute, "body" | "query" | "params" | "answer" | "gives" | "takes">>;

function shape([method, path]: readonly [ListedRoute["method"], string], summary: string, rest: Rest = {}): ListedRoute {
  return { method, path: `/api/runtime/${path}`, summary, tag: "Runtime", refuses: [400, 404, 409, 503], ...rest };
}

const [lines, bytes] = ["application/x-ndjson", "application/octet-stream"];

/** What is described of `/api/runtime/*`, which checks its requests itself and refuses them with `{"code", "detail"}`. */
export const runtimeShapes: readonly ListedRoute[] = [
  shape(["get", "info"], "The folder, the shell, the platform", { answer: RuntimeInfo }),
  shape(["post", "terminal/run"], "Run a command in the agent's terminal", { body: TerminalRequest, gives: lines }),
  shape(["post", "terminal/interrupt"], "End what runs in the terminal", { answer: Success }),
  shape(["post", "terminal/reset"], "A new shell", { answer: Success }),
  shape(["get", "terminal/watch"], "All that a person at the terminal sees", { gives: lines }),
  shape(["post", "terminal/type"], "Type into the terminal", { body: KeysRequest, answer: Success }),
  shape(["post", "terminal/resize"], "The terminal's size", { body: SizeRequest, answer: Success }),
  shape(["post", "command"], "Run a single command beside the terminal", { body: CommandRequest, answer: CommandResult }),
  shape(["post", "shells"], "A shell of a person's own", { body: SizeRequest, gives: lines }),
  shape(["post", "shells/:id/type"], "Type into a shell", { body: KeysRequest, answer: Success }),
  shape(["post", "shells/:id/resize"], "A shell's size", { body: SizeRequest, answer: Success }),
  shape(["delete", "shells/:id"], "End a shell", { answer: Success }),
  shape(["get", "terminals"], "The agent's terminal and the shells", { answer: TerminalsAnswer }),
  shape(["post", "files/stat"], "What is at a path", { body: PathRequest, answer: StatAnswer }),
  shape(["post", "files/list"], "What is in a folder", { body: PathRequest, answer: ListAnswer }),
  shape(["post", "files/remove"], "Remove a file", { body: PathRequest, answer: Success }),
  shape(["post", "files/real-path"], "Where a path leads", { body: PathRequest, answer: PathAnswer }),
  shape(["post", "files/read"], "A file, or a part of it", { body: ReadRequest, gives: bytes }),
  shape(["post", "files/move"], "Move a file to where nothing is", { body: MoveRequest, answer: Success }),
  shape(["post", "files/watch"], "Names of what changes", { body: PathRequest, gives: lines }),
  shape(["put", "files/write"], "Replace a file, unless it is not as expected", { query: WriteQuery, takes: bytes, answer: WrittenFile }),
  shape(["post", "search/glob"], "Files by their names", { body: GlobRequest, answer: SearchResult }),
  shape(["post", "search/grep"], "Lines by a regular expression", { body: GrepRequest, answer: SearchResult }),
  shape(["put", "workspace"], "Put a tar into the working folder", { takes: "application/x-tar", answer: UnpackAnswer }),
  shape(["post", "workspace/scan"], "What is in the working folder", { gives: lines }),
  shape(["post", "workspace/stat"], "Some of what is in the working folder", { body: StatRequest, gives: lines }),
  shape(["post", "workspace/read"], "A part of a file", { body: ReadPartRequest, gives: bytes }),
  shape(["post", "workspace/remove"], "Remove files", { body: RemoveRequest, answer: Success }),
];
