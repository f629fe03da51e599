import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import * as z from "zod";
import { codeOf } from "../protocol/thrown.ts";

/**
 * Who writes to a conversation: one process, told from a later one with the same pid by when it started.
 *
 * A pid means something only in its own `space`: one start of one machine, and one container on it.
 */
const Owner = z.object({
  /** The installation of the system; it stays when the machine is started anew. Empty where it is not known. */
  machine: z.string(),
  boot: z.string(),
  space: z.string(),
  pid: z.number().int(),
  started: z.string(),
});
type Owner = z.infer<typeof Owner>;

/** What a lease's file says. `beat` is written anew all the time, so an owner that cannot be asked is seen to live. */
export const LeaseContent = z.object({ state: z.enum(["held", "free"]), beat: z.string(), owner: Owner });
export type LeaseContent = z.infer<typeof LeaseContent>;

/** `unknown`: on another machine or in another container, where nobody can look. */
export type Life = "this process" | "alive" | "dead" | "unknown";

export async function thisProcess(): Promise<Owner> {
  const [machine, boot, space, started] = await Promise.all([
    read("/etc/machine-id"),
    read("/proc/sys/kernel/random/boot_id"),
    readlink("/proc/self/ns/pid").catch(() => hostname()),
    startOf(process.pid),
  ]);
  return { machine, boot, space, pid: process.pid, started };
}

export async function lifeOf(owner: Owner, us: Owner): Promise<Life> {
  const isHere = owner.boot === us.boot && owner.space === us.space && owner.machine === us.machine;
  if (!isHere) {
    const wasRestarted =
      owner.machine !== "" && owner.machine === us.machine && owner.boot !== "" && us.boot !== "" && owner.boot !== us.boot;
    return wasRestarted ? "dead" : "unknown";
  }
  if (owner.pid === us.pid && owner.started === us.started) return "this process";
  return isAlive(owner.pid) && (await startOf(owner.pid)) === owner.started ? "alive" : "dead";
}

/** On Linux the start time is known to the kernel; elsewhere the pid alone must do. One that has ended, and only stands in the table, has none. */
async function startOf(pid: number): Promise<string> {
  const stat = await read(`/proc/${pid}/stat`);
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" ? "" : (rest[18] ?? "");
}

async function read(path: string): Promise<string> {
  // Because not every system has these files: then it is less that is known.
  return (await readFile(path, "utf8").catch(() => "")).trim();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
