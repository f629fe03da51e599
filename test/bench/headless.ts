import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** After it has given back what its start has left. */
const settleMs = 2_000;

/** sandbox-server on a port: how long it takes to its first answer, and what it holds when nobody asks. */
export async function measureHeadless(dist: string, workspace: string, starts: number) {
  const startMs: number[] = [];
  const idleMb: number[] = [];
  for (let round = -1; round < starts; round++) {
    const measured = await startOnce(dist, workspace);
    if (round < 0) continue;
    startMs.push(measured.startMs);
    idleMb.push(measured.idleMb);
  }
  return { startMs, idleMb };
}

async function startOnce(dist: string, workspace: string) {
  const before = performance.now();
  const args = [path.join(dist, "sandbox-server.js"), "--port", "0", "--workspace", workspace, "--log-level", "error"];
  const child = spawn(process.execPath, args, { env: { ...process.env, SESSION_API_KEY: "bench" }, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { port } = JSON.parse(line) as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}/api/runtime/info`, { headers: { "x-session-api-key": "bench" } });
  await answer.text();
  const startMs = performance.now() - before;
  await delay(settleMs);
  const idleMb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1000;
  child.kill("SIGTERM");
  await once(child, "close");
  return { startMs, idleMb };
}
