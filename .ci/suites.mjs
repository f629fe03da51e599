// The suites of `npm test`, in the order in which they start.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { checks } from "./checks.mjs";

const root = path.resolve(import.meta.dirname, "..");

/**
 * One of these at a time, because they start many processes and two cores are few: side by side they would be slower, and
 * what a terminal does between two keys would depend on what else runs. The small ones run beside them.
 */
const heavy = "heavy";

/** See test/support/codeServer.ts. */
const oldest = { VSCODE_VERSION: "oldest" };

/**
 * `folder` holds the tests of a suite that mocha counts; a suite without one is a single check.
 * One that `needsEngine` is given a Docker engine in CI. Suites in the same `lane` never run side by side. Without an `isRequired` suite, CI fails.
 */
export const suites = [
  { name: "unit", folder: "test/unit", isRequired: true, command: "c8", args: ["mocha", ...patience(), ...onlyInCi("--forbid-only")] },
  { ...mochaSuite("contract", 60_000), isRequired: true, lane: heavy },
  { ...mochaSuite("shells", 60_000), isRequired: true, lane: heavy },
  { ...mochaSuite("process", 120_000), isRequired: true, needsBuild: true, lane: heavy },
  { ...mochaSuite("protocol", 120_000), isRequired: true, needsBuild: true, lane: heavy },
  ...checks.map((check) => ({ ...check, group: "check", isRequired: true })),
  { name: "size", command: "size-limit", args: [], isRequired: true, needsBuild: true },
  {
    name: "vscode",
    folder: "test/vscode",
    isRequired: true,
    needsBuild: true,
    lane: heavy,
    command: "npm",
    args: ["run", "-s", "test:vscode"],
  },
  // What depends on VS Code most, in the oldest version that package.json allows: editors, files open in them, and the terminal's picture. The
  // shell behind it does not, and is tested in the newest.
  {
    name: "vscode-oldest",
    folder: "test/vscode",
    isRequired: true,
    needsBuild: true,
    lane: heavy,
    env: oldest,
    command: "npm",
    args: ["run", "-s", "test:vscode", "--", "activation", "editorFiles", "openInEditors", "terminal"],
  },
  { ...mochaSuite("webview", 120_000), isRequired: true, needsBuild: true, lane: heavy },
  { ...mochaSuite("e2e", 240_000), isRequired: true, needsBuild: true, needsEngine: true, lane: heavy },
  { ...mochaSuite("e2e", 240_000, "demo"), name: "e2e-oldest", isRequired: true, needsBuild: true, lane: heavy, env: oldest },
  { ...mochaSuite("golden", 60_000), needsBuild: true },
  { ...mochaSuite("examples", 60_000), needsBuild: true },
  { ...mochaSuite("integration", 240_000), isRequired: true, needsBuild: true, needsEngine: true, lane: heavy },
];

/** Whether the suite has anything to run. */
export function isThere(suite) {
  if (suite.folder === undefined) return true;
  const folder = path.join(root, suite.folder);
  return existsSync(folder) && readdirSync(folder, { recursive: true }).some((file) => /\.test\.[cm]?[jt]s$/.test(file));
}

/** The unit tests' configuration is not for these. The contract watches for leaks itself, for each runtime and shell, and each window of VS Code does. */
function mochaSuite(name, timeoutMs, files = "**/*") {
  const folder = `test/${name}`;
  const leaks = ["contract", "shells", "e2e"].includes(name) ? [] : ["--require", "test/support/noLeaks.ts"];
  const args = [
    "--no-config",
    ...leaks,
    "--require",
    "test/support/triedAgain.ts",
    "--timeout",
    String(timeoutMs),
    ...patience(),
    ...onlyInCi("--forbid-only"),
    `${folder}/${files}.test.ts`,
  ];
  return { name, folder, command: "mocha", args };
}

/** A shared machine can stand still for a while; a test that fails three times is wrong, and one that passes later is told. */
function patience() {
  return onlyInCi("--retries", "2");
}

function onlyInCi(...flags) {
  return process.env.CI === "true" ? flags : [];
}
