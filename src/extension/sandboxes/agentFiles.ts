import type * as vscode from "vscode";
import type { ConversationId } from "../../protocol/ids.ts";
import { type Located, ownPath, sandboxRoot } from "../../protocol/sandbox.ts";
import { type Files, RuntimeError } from "../../runtime/runtime.ts";
import { uriOf } from "../localRuntime/windowFiles.ts";
import type { Reviews } from "./reviews.ts";
import { sandboxUri } from "./sandboxTexts.ts";

type Readable = Pick<Files, "read">;

/** Whether the agent works on a copy, so that its files are not the person's. */
export const isCopy = ({ runtime }: Located): boolean => runtime?.kind === "docker" && runtime.workspace === "copy";

/** What the agent's paths of a conversation mean here. */
interface AgentFiles {
  /** As they are now where the agent works. */
  readonly files: Readable;
  /** What shows the agent's file as it is now; undefined where nothing can. */
  readonly uri: (path: string) => vscode.Uri | undefined;
}

export function agentFiles(id: ConversationId, state: Located, { files, reviews }: FilesAndReviews): AgentFiles {
  if (!isCopy(state)) return { files: filesAtHand(state, files), uri: (path) => uriIfAny(ownPath(path, state)) };
  const uri = (path: string): vscode.Uri | undefined => {
    const below = belowRoot(path);
    return below === undefined ? undefined : sandboxUri({ conversation: id, path: below, side: "sandbox" }, uriIfAny(ownPath(path, state)));
  };
  return { files: { read: (path) => readInSandbox(id, path, reviews) }, uri };
}

export interface FilesAndReviews {
  /** The person's own. */
  readonly files: Readable;
  readonly reviews: Reviews;
}

/** The files of a conversation without asking its sandbox, which may not run: what is on a copy, or elsewhere, cannot be read. */
export function filesAtHand(state: Located | "elsewhere", files: Readable): Readable {
  const own = (path: string): string | undefined => (state === "elsewhere" || isCopy(state) ? undefined : ownPath(path, state));
  return { read: async (path, options) => files.read(own(path) ?? refuse(path), options) };
}

/** The path of a change for one of the agent's; undefined outside of the workspace. */
export function belowRoot(path: string): string | undefined {
  return path.startsWith(`${sandboxRoot}/`) ? path.slice(sandboxRoot.length + 1) : undefined;
}

async function readInSandbox(id: ConversationId, path: string, reviews: Reviews): ReturnType<Files["read"]> {
  const below = belowRoot(path) ?? refuse(path);
  const bytes = await reviews.use(id, (review, signal) => review.read(below, "sandbox", signal));
  if (bytes === undefined) throw new RuntimeError("not-found", `There is nothing at ${path} in the sandbox.`);
  return { bytes, version: "" };
}

function refuse(path: string): never {
  throw new RuntimeError("unreachable", `${path} is in the sandbox, outside of the workspace. A shell in the sandbox can show it.`);
}

const uriIfAny = (path: string | undefined): vscode.Uri | undefined => (path === undefined ? undefined : uriOf(path));

/** The agent's file in an editor: the person's own where it is the same, else the sandbox's, to be read. The line counts from 1. */
export async function agentFileUri(id: ConversationId, path: string, state: Located, reviews: Reviews): Promise<vscode.Uri> {
  const own = ownPath(path, state);
  const below = belowRoot(path);
  if (!isCopy(state) || below === undefined) return uriOf(own ?? refuse(path));
  const [theirs, ours] = await reviews.use(id, (review, signal) =>
    Promise.all([review.read(below, "sandbox", signal), review.read(below, "host", signal)]),
  );
  const isSame = theirs !== undefined && ours !== undefined && Buffer.compare(theirs, ours) === 0;
  if ((isSame || theirs === undefined) && own !== undefined) return uriOf(own);
  return sandboxUri({ conversation: id, path: below, side: "sandbox" }, uriIfAny(own));
}
