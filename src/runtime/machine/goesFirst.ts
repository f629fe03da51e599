import { writeFileSync } from "node:fs";
import type { SpawnShell } from "./shellProcess.ts";

/** Shells that end before this process does, with all that they start, when the memory of the container is used up. Of use on Linux only. */
export function goesFirst(spawn: SpawnShell): SpawnShell {
  return (options, listener) => {
    const shell = spawn(options, listener);
    try {
      // What it starts inherits it, and nothing without rights can take it back.
      writeFileSync(`/proc/${shell.pid}/oom_score_adj`, "1000");
    } catch {
      // Because a shell that has ended already, or a system that does not know of this, is no reason to have no shell.
    }
    return shell;
  };
}
