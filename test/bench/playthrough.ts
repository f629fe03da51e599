import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { MockModel } from "./mockProcess.ts";
import { listenForNoise } from "./noise.ts";
import { runTree } from "./processTree.ts";
import { filesOf } from "./script.ts";
import { median, quantile } from "./statistics.ts";

/** A program that plays the script: the floor, or ours. */
export interface Player {
  readonly name: string;
  readonly argv: readonly string[];
  /** Whether every step must stand in a durable log afterwards. */
  readonly keepsLog: boolean;
}

/** One play of the script by one player. */
export interface Playthrough {
  readonly startMs: number;
  /** From the end of an answer to the beginning of the next request, in order. */
  readonly stepsMs: readonly number[];
  readonly stepP50Ms: number;
  readonly stepP95Ms: number;
  readonly endMs: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakRssMb: number;
  readonly sentMb: number;
  /** What other processes used meanwhile. */
  readonly othersCores: number;
  readonly problems: readonly string[];
}

export interface Stage {
  /** Where homes and workspaces are. */
  readonly root: string;
  readonly model: MockModel;
  /** Until then a disturbed play is repeated. */
  readonly patientUntil: number;
}

/** Above it a play is thought to have been disturbed. */
const quietCores = 0.3;
const mostAttempts = 3;

export const prompt = "Carry out the scripted steps one by one with your tools, then say that you are done.";

/** The quietest of a few attempts: the first one, when nothing else goes on. */
export async function play(player: Player, steps: number, stage: Stage): Promise<Playthrough> {
  let best = await playOnce(player, steps, stage);
  for (let attempt = 1; attempt < mostAttempts && best.othersCores > quietCores && performance.now() < stage.patientUntil; attempt++) {
    const next = await playOnce(player, steps, stage);
    const problems = [...best.problems, ...next.problems];
    best = { ...(next.othersCores < best.othersCores ? next : best), problems };
  }
  return best;
}

/** Home and temporary folder stay between plays, as on a machine in use; the workspace is a new one each time. */
async function playOnce(player: Player, steps: number, { root, model }: Stage): Promise<Playthrough> {
  const home = path.join(root, player.name);
  const workspace = path.join(home, "workspace");
  const persistence = path.join(home, "openhands");
  const logs = path.join(persistence, "conversation-logs");
  await rm(workspace, { recursive: true, force: true });
  await rm(logs, { recursive: true, force: true });
  await mkdir(path.join(home, "tmp"), { recursive: true });
  await mkdir(workspace);
  await writeFile(path.join(workspace, "README.md"), "# A workspace for the bench\n");
  await model.begin(steps, workspace);
  const env = {
    ...{
      PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: home,
      TMPDIR: path.join(home, "tmp"),
      LANG: "C.UTF-8",
      TERM: "dumb",
    },
    ...{ LLM_BASE_URL: model.baseUrl, LLM_API_KEY: "mock", LLM_MODEL: "mock", OH_PERSISTENCE_DIR: persistence },
  };
  const outputFile = path.join(home, "output.txt");
  const noise = listenForNoise([model.pid]);
  const cost = await runTree({ argv: player.argv, env, cwd: workspace, outputFile });
  const { othersCores } = noise();
  const { requests, problems, isOver } = await model.report();
  const stepsMs = requests.slice(1).map(({ arrivedAt }, index) => arrivedAt - (requests[index]?.answeredAt ?? Number.NaN));
  const wrong = [
    ...problems,
    ...(cost.exitCode === 0 ? [] : [`ended with ${cost.exitCode}: ${(await readFile(outputFile, "utf8")).slice(-500)}`]),
    ...(isOver && requests.length === steps + 1 ? [] : [`made ${requests.length} requests instead of ${steps + 1}`]),
    ...(await wrongFiles(steps, workspace)),
    ...(player.keepsLog ? await wrongLog(steps, logs) : []),
  ];
  return {
    startMs: (requests[0]?.arrivedAt ?? Number.NaN) - cost.startedAt,
    stepsMs,
    stepP50Ms: median(stepsMs),
    stepP95Ms: quantile(stepsMs, 0.95),
    endMs: cost.endedAt - (requests.at(-1)?.answeredAt ?? Number.NaN),
    wallS: (cost.endedAt - cost.startedAt) / 1000,
    cpuS: cost.cpuMs / 1000,
    peakRssMb: cost.peakRssMb,
    sentMb: requests.reduce((total, { sizeBytes }) => total + sizeBytes, 0) / 1e6,
    othersCores,
    problems: wrong.map((problem) => `${player.name}, ${steps} steps: ${problem}`),
  };
}

async function wrongFiles(steps: number, workspace: string): Promise<string[]> {
  const checked = [...filesOf(steps, workspace)].map(async ([file, text]) => {
    const found = await readFile(file, "utf8").catch(() => undefined);
    return found === text ? [] : [`${path.relative(workspace, file)} is missing or wrong`];
  });
  return (await Promise.all(checked)).flat();
}

/** Each step and the finish must have a result in the one log that was written. */
async function wrongLog(steps: number, logs: string): Promise<string[]> {
  const names = await readdir(logs, { recursive: true }).catch(() => []);
  const texts = await Promise.all(
    names.filter((name) => name.endsWith("events.jsonl")).map((name) => readFile(path.join(logs, name), "utf8")),
  );
  const results = texts
    .join("")
    .split("\n")
    .filter((line) => line.includes('"kind":"ObservationEvent"')).length;
  return results === steps + 1 ? [] : [`${results} results are in the log instead of ${steps + 1}`];
}
