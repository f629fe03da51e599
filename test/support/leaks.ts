import { deepEqual } from "node:assert/strict";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface LeakWatch {
  /** Rejects with what is there now and was not there when the watch began. Ends the watch. */
  check(): Promise<void>;
}

interface Traces {
  /** Command lines of processes that were started since, also of those that have left their parent. */
  readonly processes: readonly string[];
  /** What lies in the folder for temporary files. */
  readonly temporary: readonly string[];
  /** Kinds of handles and requests that keep this process alive, one entry each. */
  readonly resources: readonly string[];
  /** What the file descriptors lead to. */
  readonly openFiles: readonly string[];
}

const variable = "OPENHANDS_LEAK_WATCH";
/** Handles close and processes vanish a moment after they were told to, on a busy machine some seconds. */
const patienceMs = 30_000;

/**
 * Proves that what happens from here to `check` leaves nothing behind. Processes are known by an environment variable,
 * which they inherit, and temporary files by a folder of their own: other programs on the machine do not matter.
 */
export async function watchLeaks(): Promise<LeakWatch> {
  const outerTemporary = process.env["TMPDIR"];
  const temporary = await mkdtemp(path.join(tmpdir(), "leak-watch-"));
  const mark = path.basename(temporary);
  process.env["TMPDIR"] = temporary;
  process.env[variable] = mark;
  const before = await readTraces(mark, temporary);
  return {
    async check() {
      const leaked = await settledDifference(before, () => readTraces(mark, temporary));
      delete process.env[variable];
      if (outerTemporary === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = outerTemporary;
      await rm(temporary, { recursive: true, force: true });
      deepEqual(leaked, nothing);
    },
  };
}

const nothing: Traces = { processes: [], temporary: [], resources: [], openFiles: [] };

async function settledDifference(before: Traces, read: () => Promise<Traces>): Promise<Traces> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const difference = subtract(await read(), before);
    const isClean = JSON.stringify(difference) === JSON.stringify(nothing);
    if (isClean || performance.now() > until) return difference;
    await delay(10);
  }
}

function subtract(now: Traces, before: Traces): Traces {
  return {
    processes: without(now.processes, before.processes),
    temporary: without(now.temporary, before.temporary),
    resources: without(now.resources, before.resources),
    openFiles: without(now.openFiles, before.openFiles),
  };
}

function without(all: readonly string[], some: readonly string[]): string[] {
  const rest = [...all];
  for (const one of some) if (rest.includes(one)) rest.splice(rest.indexOf(one), 1);
  return rest;
}

async function readTraces(mark: string, temporary: string): Promise<Traces> {
  const resources = process.getActiveResourcesInfo();
  return { processes: await processesWith(mark), temporary: await readdir(temporary), resources, openFiles: await openFiles() };
}

async function processesWith(mark: string): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const found = await Promise.all(
    pids.map(async (pid) =>
      (await readProc(pid, "environ")).includes(`${variable}=${mark}`) ? [(await readProc(pid, "cmdline")).replaceAll("\0", " ")] : [],
    ),
  );
  return found.flat();
}

async function readProc(pid: string, file: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // Because it may have ended, or belong to somebody else: then it is not ours.
    return "";
  }
}

async function openFiles(): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const links = await Promise.all((await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "gone")));
  // The one for reading this list is gone by now, and Node keeps one of /dev/null and, once a file was watched, one for all watches.
  // Numbers of pipes and sockets say nothing.
  return links.filter((link) => !["gone", "/dev/null", "anon_inode:inotify"].includes(link)).map((link) => link.replace(/\[\d+\]/, ""));
}
