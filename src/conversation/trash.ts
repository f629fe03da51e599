import { readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConversationId } from "../protocol/ids.ts";
import { codeOf } from "../protocol/thrown.ts";
import { ConversationError, notFound } from "./conversationError.ts";
import { machineDisk, makeFolder, whenMissing } from "./disk.ts";
import { takeOverLease } from "./lease.ts";

const dayMs = 24 * 60 * 60 * 1000;
/** So long a deleted conversation can come back. */
const keptMs = 30 * dayMs;

const trashIn = (root: string): string => join(root, ".trash");

/**
 * Moves a conversation out of sight, in one atomic act. Whoever has it open finds its lease gone, and can append nothing more.
 */
export async function moveToTrash(root: string, id: ConversationId): Promise<void> {
  const deleted = join(trashIn(root), id);
  await makeFolder(trashIn(root));
  await moveOver(join(root, id), deleted, id);
  await fenceOff(deleted);
  const now = new Date();
  // Its age in the trash is counted from here.
  await utimes(deleted, now, now);
}

/** What can come back. */
export async function idsInTrash(root: string): Promise<ConversationId[]> {
  const names = (await readdir(trashIn(root)).catch(whenMissing)) ?? [];
  return names.flatMap((name) => ConversationId.safeParse(name).data ?? []);
}

/** Nobody owns it when it comes back, also not a process that lives and had it open. */
async function fenceOff(folder: string): Promise<void> {
  try {
    const lease = await takeOverLease(folder);
    await lease[Symbol.asyncDispose]();
  } catch {
    // On a full disk: then it is free when that process has ended.
  }
}

/** Undoes that. Rejects with `not-found` when it is not there any more, and with `exists` when it never went. */
export async function moveBack(root: string, id: ConversationId): Promise<void> {
  if (await machineDisk.exists(join(root, id))) throw new ConversationError("exists", "This conversation is not deleted.");
  await move(join(trashIn(root), id), join(root, id), id);
}

/** Removes for good what was deleted thirty days ago. */
export async function emptyTrash(root: string, now = Date.now()): Promise<void> {
  const names = (await readdir(trashIn(root)).catch(whenMissing)) ?? [];
  for (const name of names) {
    const path = join(trashIn(root), name);
    const { mtimeMs } = await stat(path);
    if (ConversationId.safeParse(name).success && now - mtimeMs > keptMs) await rm(path, { recursive: true, force: true });
  }
}

/** Only what is there takes the place of an older one of the same id: a second delete must not cost what the first has put there. */
async function moveOver(from: string, to: string, id: ConversationId): Promise<void> {
  try {
    await move(from, to, id);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) throw error;
    await rm(to, { recursive: true, force: true });
    await move(from, to, id);
  }
}

async function move(from: string, to: string, id: ConversationId): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    throw codeOf(error) === "ENOENT" ? notFound(id) : error;
  }
  await Promise.all([machineDisk.syncFolder(dirname(from)), machineDisk.syncFolder(dirname(to))]);
}
