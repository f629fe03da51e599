// `npm run test:vscode`: runs test/vscode inside a real extension host; `-- editorFiles terminal` runs only these of its files.
//
// In the desktop VS Code that VSCODE_EXECUTABLE names, or else in VS Code's server from npm with a window in Chromium.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import * as z from "zod";
import { root } from "./checkout.ts";
import { startVscodeServer } from "./vscodeServer.ts";
import { openWindow } from "./vscodeWindow.ts";

const Counts = z.object({ passed: z.number(), failed: z.number(), skipped: z.number() });
const bundle = path.join(root, ".build", "vscode-tests");
const deadlineMs = 25 * 60_000;
const names = process.argv.slice(2);
const wanted = names.length > 0 ? names : ["**/*"];

await bundleTests();
const temporary = await mkdtemp(path.join(tmpdir(), "openhands-tests-"));
try {
  process.exitCode = await runAndReport();
} finally {
  await rm(temporary, { recursive: true, force: true });
}

/** An extension host need not run TypeScript, nor ES modules; mocha stays outside, because its tests find it globally. */
async function bundleTests(): Promise<void> {
  await rm(bundle, { recursive: true, force: true });
  await build({
    entryPoints: [path.join(root, "test/vscode/run.ts"), ...wanted.map((name) => path.join(root, `test/vscode/${name}.test.ts`))],
    outdir: bundle,
    outbase: path.join(root, "test/vscode"),
    outExtension: { ".js": ".cjs" },
    entryNames: "[name]",
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    sourcemap: "inline",
    external: ["vscode", "mocha", "node-pty"],
    logLevel: "warning",
  });
}

async function runAndReport(): Promise<number> {
  const report = path.join(temporary, "report.txt");
  const folder = path.join(temporary, "workspace");
  // Because the shells of the tests read start-up files, and a person's own may be slow, or be broken off in the middle of what they change.
  const home = path.join(temporary, "home");
  await Promise.all([mkdir(folder), mkdir(home)]);
  const env = { OPENHANDS_TEST_REPORT: report, HOME: home };
  const executable = process.env["VSCODE_EXECUTABLE"];
  const trouble = executable === undefined ? await runInServer(folder, env) : await runOnDesktop(executable, folder, env);
  const lines = existsSync(report) ? (await readFile(report, "utf8")).trimEnd().split("\n") : [];
  const counts = countsIn(lines.pop());
  if (counts === undefined) return fail(`The tests did not come to their end.\n${[...lines, trouble].join("\n")}`);
  const likeMocha = `  ${counts.passed} passing (${Math.round(performance.now() / 1000)}s)\n  ${counts.failed} failing\n  ${counts.skipped} pending`;
  console.log(`${lines.join("\n")}\n\n${likeMocha}\n`);
  console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

/** What is known when the tests do not report: how VS Code ended and what it said last. */
async function runInServer(folder: string, env: Record<string, string>): Promise<string> {
  await using server = await startVscodeServer({ env });
  await using window = await openWindow({ server, folder, extensionPath: root, testsPath: path.join(bundle, "run.cjs") });
  const log: string[] = [];
  window.onLog = (line) => log.push(line);
  const code = await Promise.race([window.exitCode, setTimeout(deadlineMs, "none in time", { ref: false })]);
  return [`Exit code: ${code}`, ...window.consoleErrors, ...log.slice(-20), server.output.slice(-1000)].join("\n");
}

async function runOnDesktop(executable: string, folder: string, env: Record<string, string>): Promise<string> {
  try {
    const code = await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: root,
      extensionTestsPath: path.join(bundle, "run.cjs"),
      extensionTestsEnv: env,
      launchArgs: [folder, "--disable-workspace-trust", "--disable-extensions", `--user-data-dir=${path.join(temporary, "user")}`],
    });
    return `Exit code: ${code}`;
  } catch (error) {
    // Because a failed test is reported here as an error, the report decides.
    return String(error);
  }
}

function countsIn(line: string | undefined): z.infer<typeof Counts> | undefined {
  if (line === undefined || !line.startsWith("{")) return undefined;
  return Counts.parse(JSON.parse(line));
}

function fail(sentence: string): number {
  console.error(sentence);
  console.log("0 passed, 1 failed");
  return 1;
}
