import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { ConversationError } from "./conversationError.ts";

/** Who writes to a conversation: a process of this machine, told from a later one with the same pid by when it started. */
const Owner = z.object({ pid: z.number().int(), started: z.string() });
type Owner = z.infer<typeof Owner>;

/** A window that is reloaded waits so long for the old one to end. */
const reloadMs = 8_000;
const pollMs = 100;

/**
 * The right to write to one conversation, as a file that names the owner; disposing gives it back.
 *
 * The lease of a process that has died is taken over. Rejects with `in-use` when a living one does not give it back within `patienceMs`.
 */
export async function takeLease(path: string, { patienceMs = reloadMs }: { readonly patienceMs?: number } = {}): Promise<AsyncDisposable> {
  const own = JSON.stringify(await ownerOf(process.pid));
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, own, { mode: 0o600 });
    const deadline = performance.now() + patienceMs;
    while (!(await claim(path, draft))) {
      if (performance.now() > deadline)
        throw new ConversationError("in-use", "This conversation is open in another window or process. Close it there first.");
      await sleep(pollMs);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return { [Symbol.asyncDispose]: () => giveBack(path, own) };
}

/** Linking is atomic and brings the content along, so nobody ever sees an empty lease. */
async function claim(path: string, draft: string): Promise<boolean> {
  const held = await readFile(path, "utf8").catch(missing);
  if (held !== undefined && (await isHeld(held))) return false;
  if (held !== undefined && !(await moveAway(path, held))) return false;
  return link(draft, path).then(
    () => true,
    (error: unknown) => (codeOf(error) === "EEXIST" ? false : Promise.reject(error)),
  );
}

async function isHeld(content: string): Promise<boolean> {
  const owner = Owner.safeParse(parseJson(content)).data;
  if (owner === undefined) return false;
  return owner.pid !== process.pid && isAlive(owner.pid) && (await ownerOf(owner.pid)).started === owner.started;
}

/** Takes the dead owner's lease out of the way; another process that was quicker gets its own back. */
async function moveAway(path: string, held: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  const moved = await rename(path, aside).then(() => readFile(aside, "utf8"), missing);
  if (moved === undefined) return true;
  if (moved !== held) await link(aside, path).catch(() => undefined);
  await unlink(aside);
  return moved === held;
}

async function giveBack(path: string, own: string): Promise<void> {
  if ((await readFile(path, "utf8").catch(missing)) === own) await unlink(path).catch(missing);
}

/** On Linux the start time is known to the kernel; elsewhere the pid alone must do. */
async function ownerOf(pid: number): Promise<Owner> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return { pid, started: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "" };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function missing(error: unknown): undefined {
  if (codeOf(error) === "ENOENT") return undefined;
  throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
