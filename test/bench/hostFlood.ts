// The extension host's side of the part `host`: VS Code calls `run`, and what was measured is written to a file.
import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { workspace } from "vscode";
import { openLocalRuntime } from "../../src/extension/localRuntime/localRuntime.ts";
import type { Log } from "../../src/protocol/log.ts";
import type { HostDelays } from "./host.ts";

const log: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const { signal } = new AbortController();
const resolutionMs = 5;

/** The delay of the event loop while a command prints 50 MB into a terminal that is shown, beside that of a silent one of the same length. */
export async function run(): Promise<void> {
  const workingDir = workspace.workspaceFolders?.[0]?.uri.fsPath ?? "/";
  await using runtime = await openLocalRuntime({ workingDir, folders: [workingDir], log, reveal: (terminal) => terminal.show(true) });
  const command = async (text: string): Promise<{ readonly p99Ms: number; readonly seconds: number; readonly exitCode: number }> => {
    const delays = monitorEventLoopDelay({ resolution: resolutionMs });
    const since = performance.now();
    delays.enable();
    const { outcome } = await runtime.terminal.run({ type: "command", command: text, noChangeTimeoutMs: 60_000 }, { signal });
    delays.disable();
    const p99Ms = delays.percentile(99) / 1e6 - resolutionMs;
    return { p99Ms, seconds: (performance.now() - since) / 1000, exitCode: outcome.type === "completed" ? outcome.exitCode : -1 };
  };
  await command("true");
  const flood = await command("yes 'a line of the flood, as long as lines usually are' | head -c 50000000");
  const silence = await command(`sleep ${Math.max(1, flood.seconds).toFixed(1)}`);
  const delays: HostDelays = { flood, silence };
  writeFileSync(process.env["OPENHANDS_TEST_REPORT"] ?? "", JSON.stringify(delays));
}
