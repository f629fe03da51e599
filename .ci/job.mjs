// One command with an end: its output goes to a file, and when its time is up its whole process group is ended.
import { spawn } from "node:child_process";
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const graceMs = 5_000;
const isWindows = process.platform === "win32";
/** The process groups that run now; only these are ever ended. */
const running = new Set();
/** What else has to end when a signal ends this process. */
const endings = new Set();

/** `end` is called when a signal ends this process, after the jobs have ended. */
export function atSignal(end) {
  endings.add(end);
}

/**
 * Runs `job.command` with `job.args` from the root of the project, the project's own tools first on the path.
 * Resolves, whatever happens, to its exit code (undefined when it did not start or was ended), its seconds and its output.
 */
export async function runJob(job, { logPath, deadlineMs }) {
  const start = performance.now();
  mkdirSync(path.dirname(logPath), { recursive: true });
  const log = openSync(logPath, "w");
  const child = spawn(job.command, job.args, {
    cwd: root,
    // Because a process that outlives the job would hold a pipe open, the job writes to the file itself.
    stdio: ["ignore", log, log],
    env: { ...process.env, ...job.env, PATH: path.join(root, "node_modules", ".bin") + path.delimiter + process.env.PATH },
    detached: !isWindows,
    shell: isWindows,
  });
  closeSync(log);
  running.add(child);
  const { code, problem } = await ended(child, deadlineMs);
  // What a job leaves behind ends with it.
  await endGroup(child);
  running.delete(child);
  if (problem !== undefined) appendFileSync(logPath, `\n${problem}\n`);
  return { code, output: readFileSync(logPath, "utf8"), seconds: (performance.now() - start) / 1000 };
}

/** Does `work` on each item, at most `limit` at a time, in order; `lane`s that are equal never run side by side. */
export async function eachAtMost(limit, items, work) {
  const waiting = [...items];
  const busy = new Set();
  const worker = async () => {
    for (let next = takeNext(waiting, busy); next !== undefined; next = takeNext(waiting, busy)) {
      busy.add(next.lane);
      await work(next);
      busy.delete(next.lane);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** A worker that finds only busy lanes leaves; the one that keeps the lane busy takes the rest. */
function takeNext(waiting, busy) {
  const index = waiting.findIndex((item) => item.lane === undefined || !busy.has(item.lane));
  return index < 0 ? undefined : waiting.splice(index, 1)[0];
}

function ended(child, deadlineMs) {
  return new Promise((resolve) => {
    let problem;
    const deadline = setTimeout(() => {
      problem = `Ended after ${deadlineMs / 1000} seconds: it did not finish in time.`;
      void endGroup(child);
    }, deadlineMs);
    child.once("error", (error) => finish(undefined, `"${child.spawnargs.join(" ")}" did not start: ${error.message}`));
    child.once("exit", (code, signal) =>
      finish(problem ? undefined : (code ?? undefined), problem ?? (signal ? `Ended by ${signal}.` : undefined)),
    );
    function finish(code, sentence) {
      clearTimeout(deadline);
      resolve({ code, problem: sentence });
    }
  });
}

/** Asks the whole group to end, and after a while no longer asks. */
async function endGroup(child) {
  const giveUpAt = performance.now() + graceMs;
  for (let isThere = signalGroup(child, "SIGTERM"); isThere; isThere = signalGroup(child, 0)) {
    if (performance.now() > giveUpAt) return void signalGroup(child, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether the group still has a process; signal 0 only asks. */
function signalGroup(child, signal) {
  if (child.pid === undefined) return false;
  if (isWindows) {
    if (signal !== 0) spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"]).once("error", () => {});
    return false;
  }
  try {
    return process.kill(-child.pid, signal);
  } catch {
    // Because a group without processes is what we want.
    return false;
  }
}

for (const [signal, exitCode] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
]) {
  process.once(signal, async () => {
    await Promise.all([...running].map(endGroup));
    await Promise.allSettled([...endings].map((end) => end()));
    process.exit(exitCode);
  });
}
