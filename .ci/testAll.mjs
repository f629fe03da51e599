// `npm test`: builds, runs every suite, and ends with one line: "N passed, N failed" (", N skipped" when there are any).
// `npm test -- unit vscode` runs only these. Each suite's output is in artefacts/logs/<suite>.log.
import path from "node:path";
import { provideEngine } from "./docker.mjs";
import { atSignal, eachAtMost, runJob } from "./job.mjs";
import { isThere, suites } from "./suites.mjs";

const logs = path.resolve(import.meta.dirname, "..", "artefacts", "logs");
const deadlineMs = 30 * 60_000;
const tailLines = 60;
const isCi = process.env.CI === "true";
const total = { passed: 0, failed: 0, skipped: 0 };

const names = process.argv.slice(2);
const chosen = choose(names);
// It takes a while, so it begins before anything else.
const providing = chosen.some(({ needsEngine }) => needsEngine) ? provideEngine() : undefined;
// A failure is told by the suites that need it.
providing?.catch(() => {});
const endEngine = async () => (await providing?.catch(() => undefined))?.end();
atSignal(endEngine);
const isBuilt = chosen.length > 0 && (await run({ name: "build", command: "node", args: ["esbuild.mjs"] }));
await eachAtMost(2, chosen, async (suite) => {
  if (!isThere(suite)) report(suite, { counts: { failed: 1 }, sentence: `There are no tests in ${suite.folder}: write the first one.` });
  else if (suite.needsBuild && !isBuilt) report(suite, { counts: { failed: 1 }, sentence: "Not run, because the build failed." });
  else if (suite.needsEngine) await runWithEngine(suite);
  else await run(suite);
});
await endEngine();
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/** Suites that were asked for by name must be there, and in CI the required ones; others are left out while they have no tests. */
function choose(wanted) {
  const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name || suite.group === name));
  if (unknown.length > 0) {
    const known = [...new Set(suites.flatMap((suite) => [suite.group ?? [], suite.name].flat()))];
    report({ name: unknown.join(", ") }, { counts: { failed: 1 }, sentence: `There is no such suite. There are: ${known.join(", ")}.` });
    return [];
  }
  if (wanted.length > 0) return suites.filter((suite) => wanted.includes(suite.name) || wanted.includes(suite.group));
  return suites.filter((suite) => isThere(suite) || (isCi && suite.isRequired));
}

async function runWithEngine(suite) {
  try {
    const { env } = await providing;
    await run({ ...suite, env: { ...suite.env, ...env } });
  } catch (error) {
    report(suite, { counts: { failed: 1 }, sentence: error.message });
  }
}

/** Whether all of it passed. */
async function run(suite) {
  const result = await runJob(suite, { logPath: path.join(logs, `${suite.name}.log`), deadlineMs });
  const counts = suite.folder === undefined ? countOne(result) : countTests(result);
  const sentence = counts.failed > 0 ? tail(result.output) : notes(result.output);
  report(suite, { counts, seconds: result.seconds, sentence });
  return counts.failed === 0;
}

function countOne({ code }) {
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Mocha ends with "12 passing (3s)", "1 pending" and "2 failing"; what a test printed before that does not count. */
function countTests({ code, output }) {
  const last = [...output.matchAll(/^\s*(\d+) passing \([^()\n]*\)\s*$/gm)].at(-1);
  const summary = last === undefined ? "" : output.slice(last.index);
  const numberOf = (word) => Number(new RegExp(`^\\s*(\\d+) ${word}\\b`, "m").exec(summary)?.[1] ?? 0);
  const [passed, failed, pending] = [numberOf("passing"), numberOf("failing"), numberOf("pending")];
  const ranNothing = passed + failed === 0 && (pending === 0 || isCi);
  const isCrash = failed === 0 && (code !== 0 || ranNothing);
  return { passed, failed: isCrash ? 1 : failed, skipped: pending };
}

function report(suite, { counts, seconds, sentence }) {
  for (const [what, count] of Object.entries(counts)) total[what] += count;
  const { passed = 0, failed = 0, skipped = 0 } = counts;
  const numbers = [`${passed} passed`, failed > 0 ? `${failed} failed` : [], skipped > 0 ? `${skipped} skipped` : []].flat().join(", ");
  const time = seconds === undefined ? "" : `${seconds.toFixed(1)} s`;
  console.log(`${failed === 0 ? "✓" : "✗"} ${suite.name.padEnd(12)} ${numbers.padEnd(28)} ${time}`.trimEnd());
  if (sentence !== undefined) console.log(sentence.replace(/^/gm, "    "));
}

/** The first sentence in which tests that were skipped have said why, and which tests did not pass in their first try. */
function notes(output) {
  const skipped = /^ *(.* These tests are skipped\.)$/m.exec(output)?.[1];
  const triedAgain = [...output.matchAll(/^ *(↻ .*)$/gm)].map((match) => match[1]);
  const lines = [...(skipped === undefined ? [] : [skipped]), ...triedAgain];
  return lines.length === 0 ? undefined : lines.join("\n");
}

function tail(output) {
  return output.trimEnd().split("\n").slice(-tailLines).join("\n");
}
