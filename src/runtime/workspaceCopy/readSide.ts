import type { Difference } from "./compare.ts";
import { baseBytes } from "./discarding.ts";
import { hostPlace } from "./hostPlace.ts";
import { mostTextBytes, planFor, type ReviewParts } from "./plan.ts";
import type { ChangeSide } from "./review.ts";

/** See Review.read; `result` is another question. */
export async function readSide(
  difference: Difference,
  side: Exclude<ChangeSide, "result">,
  parts: ReviewParts,
): Promise<Uint8Array | undefined> {
  switch (side) {
    case "base":
      return difference.base === undefined ? undefined : baseBytes(difference.base, parts);
    case "sandbox":
      return sandboxBytes(difference, parts);
    case "host":
      return hostBytes(difference, parts);
  }
}

async function sandboxBytes({ path, now }: Difference, { workspace, signal }: ReviewParts): Promise<Uint8Array | undefined> {
  if (now === undefined) return undefined;
  if (now.target !== undefined) return Buffer.from(now.target);
  return (await workspace.read(path, { maxBytes: mostTextBytes, signal })).bytes;
}

async function hostBytes({ path, from, base }: Difference, { folders, writer, signal }: ReviewParts): Promise<Uint8Array | undefined> {
  const place = await hostPlace(from ?? path, { folders, isKnown: base !== undefined });
  if (typeof place === "string") return undefined;
  const host = await writer.look(place, signal);
  if (host.type === "absent") return undefined;
  return host.type === "file" ? host.bytes : Buffer.from(host.target);
}

/** What applying would write, and the sandbox's own part in it, when it is a file. */
export interface Shown {
  readonly bytes: Uint8Array | undefined;
  readonly theirs: Uint8Array | undefined;
}

/** Of a conflict, both sides with marks around them; what is refused stays as it is. */
export async function resultOf(difference: Difference, parts: ReviewParts): Promise<Shown> {
  const plan = await planFor(difference, parts);
  if (plan.standing === "refused") return { bytes: await hostBytes(difference, parts), theirs: undefined };
  if (plan.merged !== undefined) return { bytes: plan.merged.bytes, theirs: plan.merged.theirs };
  const bytes = await sandboxBytes(difference, parts);
  return { bytes, theirs: difference.now?.type === "file" ? bytes : undefined };
}
