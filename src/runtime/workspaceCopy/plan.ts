import { isSecret } from "../../protocol/protectedPaths.ts";
import type { ChangeStanding, MappedFolder } from "../../protocol/sandbox.ts";
import type { RemoteWorkspace } from "../remote/remoteWorkspace.ts";
import { RuntimeError } from "../runtime.ts";
import type { Base, BaseEntry } from "./base.ts";
import { type Difference, isExecutable, type SandboxFile } from "./compare.ts";
import { isText } from "./folderCopy.ts";
import { type HostPlace, hostPlace, linkRefusal } from "./hostPlace.ts";
import { mergeText } from "./merge.ts";
import { type HostState, type HostWriter, mostFileBytes } from "./writer.ts";

/** Text of more bytes is neither shown nor merged. */
export const mostTextBytes = 5 * 1024 * 1024;

export interface ReviewParts {
  readonly base: Base;
  readonly workspace: RemoteWorkspace;
  readonly folders: readonly MappedFolder[];
  readonly writer: HostWriter;
  readonly signal: AbortSignal;
}

/** How a difference would be brought to the person's files, with all that was looked at to decide it. */
export type Plan =
  | { readonly standing: "refused"; readonly refusal: string }
  | {
      readonly standing: Exclude<ChangeStanding, "refused">;
      readonly place: HostPlace;
      readonly host: HostState;
      /** Where a renamed file was, and what the person has there. */
      readonly from?: { readonly place: HostPlace; readonly host: HostState };
      /** Both sides' changes, with marks where they conflict. */
      readonly merged?: Merging;
    };

interface Merging {
  readonly bytes: Uint8Array;
  readonly outcome: "merged" | "conflicts";
  /** What the sandbox had, and its stamp, when it was merged. */
  readonly theirs: Uint8Array;
  readonly version: string;
}

export async function planFor(difference: Difference, parts: ReviewParts): Promise<Plan> {
  try {
    return await plan(difference, parts);
  } catch (error) {
    parts.signal.throwIfAborted();
    if (!(error instanceof RuntimeError) || error.code === "unreachable" || error.code === "closed") throw error;
    return { standing: "refused", refusal: error.message };
  }
}

async function plan(difference: Difference, parts: ReviewParts): Promise<Plan> {
  const { path, kind, from, base, now } = difference;
  const { folders, writer, signal } = parts;
  const place = await hostPlace(path, { folders, isKnown: base !== undefined && kind !== "renamed" });
  if (typeof place === "string") return { standing: "refused", refusal: place };
  const away = now?.target === undefined ? undefined : await linkRefusal(place, now.target);
  if (away !== undefined) return { standing: "refused", refusal: away };
  const host = await writer.look(place, signal);
  if (from === undefined || base === undefined || now === undefined) return planInPlace(difference, { place, host }, parts);
  const fromPlace = await hostPlace(from, { folders, isKnown: true });
  if (typeof fromPlace === "string") return { standing: "refused", refusal: fromPlace };
  const fromHost = await writer.look(fromPlace, signal);
  const there = { place, host, from: { place: fromPlace, host: fromHost } };
  if (host.type !== "absent") return { standing: fromHost.type === "absent" && isLike(host, now) ? "same" : "conflicts", ...there };
  if (isLike(fromHost, base)) return { standing: "clean", ...there };
  return { ...there, ...(await merging({ base, now, host: fromHost, path }, parts)) };
}

interface Looked {
  readonly place: HostPlace;
  readonly host: HostState;
}

async function planInPlace({ path, base, now }: Difference, looked: Looked, parts: ReviewParts): Promise<Plan> {
  const { host } = looked;
  if (now === undefined) {
    if (host.type === "absent") return { standing: "same", ...looked };
    return { standing: base !== undefined && isLike(host, base) ? "clean" : "conflicts", ...looked };
  }
  const changesMode = base === undefined ? false : isExecutable(base) !== now.isExecutable;
  if (isLike(host, now)) {
    const hasMode = host.type !== "file" || !changesMode || host.isExecutable === now.isExecutable;
    return { standing: hasMode ? "same" : "clean", ...looked };
  }
  if (base === undefined && host.type === "absent") return { standing: "clean", ...looked };
  if (base === undefined && isSecret(path))
    return { standing: "refused", refusal: "You have one of your own, which the sandbox has never seen." };
  if (base !== undefined && isLike(host, base)) return { standing: "clean", ...looked };
  // Only the mode has changed in the sandbox, and the content here: they do not meet.
  if (base !== undefined && host.type === "file" && isLikeBase(now, base)) return { standing: "clean", ...looked };
  return { ...looked, ...(await merging({ base, now, host, path }, parts)) };
}

interface Meeting {
  readonly path: string;
  readonly base: BaseEntry | undefined;
  readonly now: SandboxFile;
  readonly host: HostState;
}

async function merging(
  { path, base, now, host }: Meeting,
  { base: kept, workspace, signal }: ReviewParts,
): Promise<{ readonly standing: "merges" | "conflicts"; readonly merged?: Merging }> {
  const isFileNow = now.type === "file" && !now.isBinary && now.sizeBytes <= mostTextBytes;
  if (host.type !== "file" || !isFileNow || !isMergeable(host.bytes)) return { standing: "conflicts" };
  const before = base === undefined ? new Uint8Array() : base.type === "file" ? await kept.content(base) : undefined;
  if (before === undefined) return { standing: "conflicts" };
  const { bytes: theirs, version } = await workspace.read(path, { maxBytes: mostFileBytes, signal });
  if (!isMergeable(theirs)) return { standing: "conflicts" };
  const { outcome, text } = mergeText(textOf(before), textOf(host.bytes), textOf(theirs));
  return {
    standing: outcome === "merged" ? "merges" : "conflicts",
    merged: { bytes: new TextEncoder().encode(text), outcome, theirs, version },
  };
}

const isMergeable = (bytes: Uint8Array): boolean => bytes.length <= mostTextBytes && isText(bytes);

/** With a byte order mark, if there is one. */
const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

function isLike(host: HostState, other: Pick<BaseEntry, "type" | "sha256">): boolean {
  return host.type === other.type && host.sha256 === other.sha256;
}

const isLikeBase = (now: SandboxFile, base: BaseEntry): boolean => now.type === base.type && now.sha256 === base.sha256;
