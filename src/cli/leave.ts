import type { ProcessRow } from "../runtime/machine/processes.ts";
import { exitCodes } from "./usage.ts";

/** How long a run, and what it started, may take to end by itself. */
const orderlyEndMs = 8_000;
/** Because some programs pass on what we have heard ourselves, and impatient people press twice. */
const sameSignalMs = 250;

/**
 * Aborts at Ctrl-C, and when the terminal is closed or somebody asks this process to end. A second Ctrl-C leaves at once, and so does
 * a first one whose end does not come: all that was started here is killed then.
 */
export function stopWhenLeft(say: (sentence: string) => void): AbortSignal {
  const controller = new AbortController();
  let stoppedAt = Infinity;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - stoppedAt > sameSignalMs) void leave();
      if (controller.signal.aborted) return;
      stoppedAt = now;
      setTimeout(() => void leave(), orderlyEndMs).unref();
      if (signal === "SIGINT") say("Stopping. Press Ctrl-C again to leave at once.");
      controller.abort();
    });
  }
  return controller.signal;
}

async function leave(): Promise<void> {
  const sessions = new Set<string>();
  try {
    const { listProcesses } = await import("../runtime/machine/processes.ts");
    const { signalProcess } = await import("../runtime/machine/shellProcess.ts");
    // More than once, because what is about to be killed may have started something meanwhile.
    for (let round = 0; round < 3; round++) {
      for (const { pid } of ownProcesses(await listProcesses(), sessions)) signalProcess(pid, "SIGKILL");
    }
  } finally {
    process.exit(exitCodes.interrupted);
  }
}

/** All that descends from this process, and what shares one of their `sessions`, to which it adds, because an orphan has lost its parent. */
function ownProcesses(rows: readonly ProcessRow[], sessions: Set<string>): ProcessRow[] {
  const own = rows.find(({ pid }) => pid === process.pid);
  const found = new Set([process.pid]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent, session } of rows) {
      if (!found.has(parent) && !sessions.has(session)) continue;
      found.add(pid);
      if (session !== own?.session) sessions.add(session);
    }
  }
  return rows.filter(({ pid }) => pid !== process.pid && found.has(pid));
}
