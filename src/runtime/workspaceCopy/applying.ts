import { RuntimeError } from "../runtime.ts";
import { sha256Of } from "./base.ts";
import { type Difference, isExecutable } from "./compare.ts";
import { isText } from "./folderCopy.ts";
import type { Plan, ReviewParts } from "./plan.ts";
import type { ReviewedFile } from "./review.ts";
import { type HostState, mostFileBytes } from "./writer.ts";

type Planned = Exclude<Plan, { readonly standing: "refused" }>;

/** What the sandbox has, as it was read. */
interface Taken {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/**
 * Brings one difference to the person's file; then the base is what the sandbox has. `shown` is the hash of what the person has last been shown of
 * it. Rejects with a RuntimeError when nothing was written.
 */
export async function applyOne(
  difference: Difference,
  plan: Planned,
  parts: ReviewParts & { readonly shown: string | undefined },
): Promise<ReviewedFile["outcome"]> {
  const { base, writer, signal } = parts;
  const { path, from, now } = difference;
  if (now === undefined) {
    if (plan.standing !== "same") await writer.remove(plan.place, { expected: plan.host, signal });
    base.delete(path);
    return "applied";
  }
  if (now.target !== undefined) {
    if (plan.standing !== "same") await writer.writeLink(plan.place, now.target, { expected: plan.host, signal });
    await base.set({ ...entryOf(difference), sha256: sha256Of(now.target), target: now.target }, undefined);
  } else {
    const taken = await take(difference, plan, parts);
    if (plan.standing !== "same") checkTaken(taken.bytes, now.sha256, parts.shown);
    const yours = plan.from?.host ?? plan.host;
    // The person's content stays when only the mode is another one.
    const keepsYours = plan.standing === "clean" && yours.type === "file" && difference.base?.sha256 === now.sha256;
    const bytes = plan.merged?.bytes ?? (keepsYours ? yours.bytes : taken.bytes);
    if (plan.standing !== "same")
      await writer.writeFile(plan.place, { bytes, isExecutable: wantedMode(difference, yours) }, { expected: plan.host, signal });
    const sizeBytes = taken.bytes.length;
    await base.set(
      { ...entryOf(difference), sizeBytes, version: taken.version, sha256: sha256Of(taken.bytes) },
      isText(taken.bytes) ? taken.bytes : undefined,
    );
  }
  if (from !== undefined) {
    if (plan.from !== undefined && plan.from.host.type !== "absent")
      await writer.remove(plan.from.place, { expected: plan.from.host, signal });
    base.delete(from);
  }
  return plan.merged === undefined ? "applied" : "merged";
}

async function take({ path, now, base }: Difference, plan: Planned, parts: ReviewParts): Promise<Taken> {
  if (plan.merged !== undefined) return { bytes: plan.merged.theirs, version: plan.merged.version };
  const yours = plan.from?.host ?? plan.host;
  // What both have is not fetched again.
  if (now !== undefined && yours.type === "file" && yours.sha256 === now.sha256) return { bytes: yours.bytes, version: now.version };
  const kept = base !== undefined && base.sha256 === now?.sha256 ? await parts.base.content(base) : undefined;
  if (kept !== undefined && now !== undefined) return { bytes: kept, version: now.version };
  return parts.workspace.read(path, { maxBytes: mostFileBytes, signal: parts.signal });
}

/** A sandbox may tell one thing and send another, and its agent may go on while a person looks. */
function checkTaken(bytes: Uint8Array, said: string, shown: string | undefined): void {
  const sha256 = sha256Of(bytes);
  if (sha256 !== said)
    throw new RuntimeError("changed", "It is not what the sandbox says that it is, or changes at the moment. Try again.");
  if (shown !== undefined && shown !== sha256)
    throw new RuntimeError("changed", "It has changed in the sandbox since it was shown: look at it again.");
}

function entryOf({ path, now }: Difference): { path: string; type: "file" | "symlink"; sizeBytes: number; mode: number; version: string } {
  return { path, type: now?.type ?? "file", sizeBytes: now?.sizeBytes ?? 0, mode: now?.mode ?? 0o644, version: now?.version ?? "" };
}

/** Undefined where the sandbox has not changed it. */
function wantedMode({ base, now }: Difference, yours: HostState): boolean | undefined {
  if (now === undefined) return undefined;
  const before = base === undefined || base.type !== "file" ? false : isExecutable(base);
  const isRenamedOrNew = yours.type !== "file" || base === undefined;
  if (before !== now.isExecutable) return now.isExecutable;
  return isRenamedOrNew ? now.isExecutable : undefined;
}
