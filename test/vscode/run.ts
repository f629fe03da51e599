// The extension host's side of `npm run test:vscode`: VS Code calls `run`, and what comes of it is written to a file.
import { appendFileSync, readdirSync } from "node:fs";
import path from "node:path";
import type Mocha from "mocha";

/**
 * Runs the tests that lie beside this module. The file that OPENHANDS_TEST_REPORT names gets a line per test while they
 * run, and a line of JSON with the counts at the end. Rejects when a test failed, so that VS Code's exit code tells it too.
 */
export async function run(): Promise<void> {
  // Because the Node of the oldest VS Code gets the module wrong when it is required.
  const { default: Runs } = await import("mocha");
  const mocha = new Runs({ timeout: 90_000, retries: process.env["CI"] === "true" ? 2 : 0, color: false, reporter: "dot" });
  for (const name of readdirSync(__dirname).sort()) if (name.endsWith(".test.cjs")) mocha.addFile(path.join(__dirname, name));
  const failures = await new Promise<number>((resolve) => tell(mocha.run(resolve)));
  if (failures > 0) throw new Error(`${failures} failed`);
}

/** Mocha's own reporters print to the console, which the extension host sends to a log that only a window shows. */
function tell(runner: Mocha.Runner): void {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  runner.on("pass", (test) => {
    counts.passed++;
    report(`  ✓ ${test.fullTitle()} (${test.duration} ms)`);
  });
  runner.on("pending", (test) => {
    counts.skipped++;
    report(`  - ${test.fullTitle()}`);
  });
  runner.on("retry", (test, error: Error) => report(`↻ ${test.fullTitle()}: failed and is tried again: ${error.message}`));
  runner.on("fail", (test, error: Error) => {
    counts.failed++;
    report(`  ✗ ${test.fullTitle()}`);
    failures.push(`  ✗ ${test.fullTitle()}\n${error.stack ?? error.message}`);
  });
  // In the end and not where they happen, because it is the end of the output that is shown.
  runner.on("end", () => report([...failures, JSON.stringify(counts)].join("\n")));
}

function report(line: string): void {
  appendFileSync(process.env["OPENHANDS_TEST_REPORT"] ?? "", `${line}\n`);
}
