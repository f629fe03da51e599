import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { build } from "esbuild";
import * as z from "zod";
import { startVscodeServer } from "../support/vscodeServer.ts";
import { openWindow } from "../support/vscodeWindow.ts";
import type { Part, Row } from "./row.ts";

const Measured = z.object({ p99Ms: z.number(), seconds: z.number(), exitCode: z.number() });
const HostDelays = z.object({ flood: Measured, silence: Measured });
export type HostDelays = z.infer<typeof HostDelays>;

const deadlineMs = 120_000;

/** How long VS Code's extension host keeps others waiting while a command floods its terminal. */
export async function measureHost(root: string): Promise<Part> {
  const temporary = await mkdtemp(path.join(tmpdir(), "openhands-bench-host-"));
  try {
    const { flood, silence } = await measureIn(root, temporary);
    const one = (value: number): Row["ours"] => ({ median: value, least: value, most: value });
    const rows: Row[] = [
      {
        name: "event loop's delay, p99",
        unit: "ms",
        ours: one(flood.p99Ms),
        floor: one(silence.p99Ms),
        target: { atMost: 50 },
      },
      { name: "50 MB of output", unit: "s", ours: one(flood.seconds) },
    ];
    const problems = [flood, silence].some(({ exitCode }) => exitCode !== 0) ? ["A command in the extension host did not end well."] : [];
    return { title: "Extension host", rows, notes: ["Floor: a silent command of the same length in the same window."], problems };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function measureIn(root: string, temporary: string): Promise<HostDelays> {
  const [testsPath, report, folder] = ["flood.cjs", "report.json", "work"].map((name) => path.join(temporary, name));
  if (testsPath === undefined || report === undefined || folder === undefined) throw new Error("Three paths are needed.");
  await mkdir(folder);
  const external = ["vscode", "node-pty"];
  const entryPoints = [path.join(root, "test/bench/hostFlood.ts")];
  await build({ entryPoints, outfile: testsPath, bundle: true, platform: "node", target: "node22", format: "cjs", external });
  await using server = await startVscodeServer({ env: { OPENHANDS_TEST_REPORT: report } });
  await using window = await openWindow({ server, folder, extensionPath: root, testsPath });
  const code = await Promise.race([window.exitCode, setTimeout(deadlineMs, undefined, { ref: false })]);
  if (code !== 0) throw new Error(`The flood in the extension host ended with ${code}. ${server.output.slice(-500)}`);
  return HostDelays.parse(JSON.parse(await readFile(report, "utf8")));
}
