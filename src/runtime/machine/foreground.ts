import { readFileSync, readlinkSync } from "node:fs";
import { readProcess } from "./processes.ts";

/** What a person sees a shell do. Where the system does not tell (it does on Linux), both are null. */
export interface Foreground {
  /** The words of the program before its terminal, joined by spaces; null while the shell itself is. */
  readonly command: string | null;
  readonly workingDir: string | null;
}

export async function foregroundOf(shellPid: number): Promise<Foreground> {
  const shell = process.platform === "linux" ? await readProcess(shellPid) : undefined;
  if (shell === undefined) return { command: null, workingDir: null };
  const pid = shell.foregroundGroup > 0 ? shell.foregroundGroup : shellPid;
  const command = pid === shellPid ? null : read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim());
  return { command, workingDir: read(() => readlinkSync(`/proc/${shellPid}/cwd`)) };
}

function read(ask: () => string): string | null {
  try {
    return ask();
  } catch {
    // Because a process may end at any time, or be none of ours.
    return null;
  }
}
