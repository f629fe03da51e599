// `npm run check`: format, lint, types, dead code and unit tests, in seconds. `npm run check -- --fix` puts right what it can first.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checks, fixes } from "./checks.mjs";
import { eachAtMost, runJob } from "./job.mjs";

const deadlineMs = 300_000;
const start = performance.now();
const logs = mkdtempSync(path.join(tmpdir(), "openhands-check-"));
const failed = [];

if (process.argv.includes("--fix")) for (const fix of fixes) await run(fix);
// What a fix leaves over is told by the check itself.
failed.length = 0;
const unit = { name: "unit", command: "mocha", args: ["--reporter", "dot"] };
await eachAtMost(2, [unit, ...checks], run);
rmSync(logs, { recursive: true });

const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(failed.length === 0 ? `All is well (${seconds} s).` : `Failed: ${failed.join(", ")} (${seconds} s).`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function run(job) {
  const result = await runJob(job, { logPath: path.join(logs, `${job.name}.log`), deadlineMs });
  const isFix = fixes.includes(job);
  if (result.code !== 0) failed.push(job.name);
  console.log(`${result.code === 0 || isFix ? "✓" : "✗"} ${job.name.padEnd(10)} ${result.seconds.toFixed(1)} s`);
  if (result.code !== 0 && !isFix) console.log(`${result.output.trim()}\n`);
}
