import { RuntimeError } from "../runtime.ts";
import type { BaseEntry } from "./base.ts";
import type { Difference } from "./compare.ts";
import { hostPlace } from "./hostPlace.ts";
import type { ReviewParts } from "./plan.ts";
import { TarWriter } from "./tarWriter.ts";

/** Makes what is in the sandbox again what it was. Rejects with a RuntimeError when that is not kept any more; then nothing was done. */
export async function discardOne({ path, from, base, now }: Difference, parts: ReviewParts): Promise<void> {
  const before = base === undefined ? undefined : { entry: base, bytes: await baseBytes(base, parts) };
  if (now !== undefined && (base === undefined || from !== undefined || now.type !== base.type))
    await parts.workspace.remove([path], parts.signal);
  if (before !== undefined) await putBack(before.entry, before.bytes, parts);
}

/** What the base has, also where only its hash is kept and the person's file is still the same. */
export async function baseBytes(entry: BaseEntry, { base, folders, writer, signal }: ReviewParts): Promise<Uint8Array> {
  if (entry.target !== undefined) return Buffer.from(entry.target);
  const kept = await base.content(entry);
  if (kept !== undefined) return kept;
  const place = await hostPlace(entry.path, { folders, isKnown: true });
  const host = typeof place === "string" ? undefined : await writer.look(place, signal);
  if (host?.type === "file" && host.sha256 === entry.sha256) return host.bytes;
  throw new RuntimeError("not-found", "What it was before is not kept: it is no text or too large, and your own file is another one now.");
}

async function putBack(entry: BaseEntry, bytes: Uint8Array, { base, workspace, signal }: ReviewParts): Promise<void> {
  const tar = new TarWriter();
  const header = { name: entry.path, mode: entry.mode, mtime: new Date() };
  const filling =
    entry.target === undefined
      ? tar.whole({ ...header, type: "file" }, bytes)
      : tar.whole({ ...header, type: "symlink", linkname: entry.target });
  const filled = filling.then(() => tar.end());
  const unpacked = workspace.unpack(tar.bytes, signal).finally(() => tar.bytes.destroy());
  const [, answer] = await Promise.allSettled([filled, unpacked]);
  if (answer.status === "rejected") throw answer.reason;
  const found = (await workspace.stat([entry.path], { withHash: false, signal })).get(entry.path);
  if (found !== undefined) base.setVersion(entry.path, found.version);
}
