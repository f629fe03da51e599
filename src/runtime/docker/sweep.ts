import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type Docker from "dockerode";
import { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import { codeOf, messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";
import { findLeftovers, type Leftover, listSandboxes } from "./leftovers.ts";
import { removeLeftovers } from "./removeLeftovers.ts";
import type { ListedSandbox } from "./sandboxes.ts";

/** Whose sandboxes, and where. */
export interface SandboxOwner {
  readonly docker: Docker;
  readonly hostId: string;
  readonly stateFolder: string;
  readonly log: Log;
}

/** What is younger may still be on its way to be used by somebody. */
const youngMs = 2 * 60_000;

/** Where the host keeps what the copy of a conversation's workspace was made from. */
export function baseFolder(stateFolder: string, id: ConversationId): string {
  return join(stateFolder, "sandboxes", id);
}

/** Removes the conversation's container, workspace and base. Rejects with RuntimeError when something of it stays. */
export async function removeSandbox(owner: SandboxOwner, id: ConversationId, signal: AbortSignal): Promise<void> {
  const all = await findLeftovers(owner.docker, owner.hostId, signal);
  const failed = await removeLeftovers(
    owner.docker,
    all.filter(({ conversationId }) => conversationId === id),
    signal,
  );
  const [first] = failed;
  if (first !== undefined) {
    const [{ kind, id: name }, cause] = first;
    throw new RuntimeError("failed", `The sandbox was not removed: its ${kind} ${name} stays, because ${messageOf(cause).trim()}.`, {
      cause,
    });
  }
  await rm(baseFolder(owner.stateFolder, id), { recursive: true, force: true });
}

/**
 * What was left behind by processes that are gone: containers, and the workspaces of conversations that are not known any more. Of this host
 * only; what is young, or belongs to a process that lives, stays. Aborting stops in between.
 */
export async function sweepSandboxes(
  owner: SandboxOwner,
  known: (id: ConversationId) => Promise<boolean>,
  signal: AbortSignal,
): Promise<ListedSandbox[]> {
  const { docker, hostId, log } = owner;
  const before = await listSandboxes(docker, hostId, signal);
  const all = await findLeftovers(docker, hostId, signal);
  const byConversation = Map.groupBy(all, ({ conversationId }) => conversationId);
  const useless: Leftover[] = [];
  const inUse = new Set<ConversationId>();
  for (const [id, parts] of byConversation) {
    const spared = parts.filter((part) => part.kind === "container" && !isAbandoned(part));
    if (spared.length > 0) inUse.add(id);
    const isKnown = inUse.has(id) || (await known(id));
    const isUseless: Readonly<Record<Leftover["kind"], (part: Leftover) => boolean>> = {
      container: isAbandoned,
      network: (part) => !inUse.has(id) && !isYoung(part),
      volume: (part) => !isKnown && !isYoung(part),
    };
    useless.push(...parts.filter((part) => isUseless[part.kind](part)));
  }
  const failed = await removeLeftovers(docker, useless, signal);
  for (const [{ kind, id }, error] of failed)
    log.warn(`The ${kind} of a sandbox that is gone could not be removed.`, { id, error: messageOf(error) });
  if (useless.length > 0) log.info("Rests of sandboxes were removed.", { count: useless.length - failed.size });
  await sweepBases(owner.stateFolder, async (id) => inUse.has(id) || known(id));
  const removed = new Set(useless.filter((leftover) => !failed.has(leftover)).map(({ conversationId }) => conversationId));
  return before.filter(({ conversationId }) => removed.has(conversationId));
}

/** One that does not run after two minutes never will, whoever made it; one that runs is somebody's as long as that process lives. */
function isAbandoned(part: Leftover): boolean {
  return !isYoung(part) && !(part.isRunning && isAlive(part));
}

/** A time that cannot be read is long ago; one to come, on a clock that was set back, is as good as now. */
function isYoung({ createdAt }: Leftover): boolean {
  return Date.now() - Date.parse(createdAt) < youngMs;
}

/** Whether the process of this machine that has made something then still runs. */
export function isAlive({ owner, createdAt }: Pick<Leftover, "owner" | "createdAt">): boolean {
  if (!(owner > 0)) return false;
  // Another process had our number before us.
  if (owner === process.pid) return Date.parse(createdAt) >= Date.now() - process.uptime() * 1000 - 1000;
  try {
    return process.kill(owner, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

async function sweepBases(stateFolder: string, known: (id: ConversationId) => Promise<boolean>): Promise<void> {
  for (const name of await readdir(join(stateFolder, "sandboxes")).catch(() => [])) {
    const id = ConversationId.safeParse(name);
    if (!id.success || (await known(id.data))) continue;
    const folder = baseFolder(stateFolder, id.data);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs >= youngMs) await rm(folder, { recursive: true, force: true });
  }
}
