// The Docker engine of the tests, images that are unlike each other, and what is left there afterwards.
import { deepEqual } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import Docker from "dockerode";
import { pack } from "tar-stream";

export interface TestEngine {
  readonly docker: Docker;
}

/**
 * For a `describe`: its tests are skipped where no engine answers, but not in CI; and when the last one is over, nothing of a sandbox that
 * this process made may be left on the engine.
 */
export function useEngine(): TestEngine {
  const docker = new Docker();
  let atStart: readonly string[] = [];
  before(async function () {
    const problem = await problemOf(docker);
    if (problem !== undefined && process.env["CI"] === "true") throw new Error(problem);
    if (problem !== undefined) {
      console.log(`    ${problem} These tests are skipped.`);
      this.skip();
    }
    atStart = await engineTraces(docker);
  });
  after(async () => {
    if ((await problemOf(docker)) === undefined) deepEqual(await settledDifference(docker, atStart), []);
  });
  return { docker };
}

/** Where the tests' engine listens on this machine. */
export function engineSocket(): string {
  return (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").replace("unix://", "");
}

async function problemOf(docker: Docker): Promise<string | undefined> {
  try {
    const late = delay(10_000, "no answer in 10 seconds", { ref: false }).then((problem) => Promise.reject(new Error(problem)));
    await Promise.race([docker.ping(), late]);
    return undefined;
  } catch (error) {
    return `No Docker engine answers (${String(error)}).`;
  }
}

/**
 * What is on the engine, one line for each. On an engine of our own that is everything; on one that others use too, only what this process
 * made, which its label says. The volumes that sandboxes of one version share have no conversation, and stay.
 */
export async function engineTraces(docker: Docker): Promise<string[]> {
  const isOurs = process.env["OPENHANDS_TEST_ENGINE"] === "own";
  const label = isOurs ? [] : ["app=openhands-vscode", `owner=${process.pid}`];
  const filters = { label };
  const [containers, { Volumes: volumes }, networks] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters }),
    docker.listNetworks({ filters }),
  ]);
  const isShared = (labels: Record<string, string> | null): boolean => labels?.["app"] !== undefined && labels["session"] === undefined;
  return [
    ...containers.map(({ Id, Image, State }) => `container ${Id.slice(0, 12)} of ${Image}, ${State}`),
    ...(volumes ?? []).filter(({ Labels }) => !isShared(Labels)).map(({ Name }) => `volume ${Name}`),
    ...networks.map(({ Name }) => `network ${Name}`),
  ];
}

/** Containers go a moment after they have ended. */
async function settledDifference(docker: Docker, atStart: readonly string[]): Promise<string[]> {
  const until = performance.now() + 10_000;
  for (;;) {
    const left = (await engineTraces(docker)).filter((trace) => !atStart.includes(trace));
    if (left.length === 0 || performance.now() > until) return left;
    await delay(50);
  }
}

const debian = process.env["OPENHANDS_TEST_IMAGE"] ?? "debian:bookworm-slim";

/** Dockerfiles on top of Debian. */
const recipes = {
  debian: "",
  noBash: "RUN rm -f /bin/bash /bin/rbash /usr/bin/bash /usr/bin/rbash",
  nonRoot: "RUN useradd --uid 4321 --create-home worker\nUSER worker\nWORKDIR /home/worker",
  entrypoint: 'ENTRYPOINT ["/bin/false", "an entrypoint of its own"]\nCMD ["nothing"]\nENV FROM_IMAGE=yes',
} as const;

export type TestImage = keyof typeof recipes | "empty";

const nodeName = "oh-test-node:1";

/** Debian with the Node that runs this, and an npm that can only `npm test`. Made when it is not there; returns its name. */
export async function nodeImage(docker: Docker): Promise<string> {
  if ((await docker.listImages({ filters: { reference: [nodeName] } })).length > 0) return nodeName;
  const context = pack();
  context.entry({ name: "Dockerfile" }, `FROM ${debian}\nCOPY node npm /usr/local/bin/\n`);
  context.entry({ name: "npm", mode: 0o755 }, '#!/bin/sh\n[ "$1" = test ] && exec node --test\n');
  context.entry({ name: "node", mode: 0o755 }, await readFile(process.execPath));
  context.finalize();
  await toEnd(docker, await docker.buildImage(Readable.from(context), { t: nodeName, forcerm: true }));
  return nodeName;
}

/** The image's name; made when it is not there. They stay: to make them again takes seconds, and they are named so that a person knows them. */
export async function testImage(docker: Docker, image: TestImage): Promise<string> {
  if (image === "debian") return debian;
  const name = `oh-test-${image.toLowerCase()}:1`;
  const present = await docker.listImages({ filters: { reference: [name] } });
  if (present.length > 0) return name;
  if (image === "empty") await importImage(docker, name, tarOf({}));
  else await buildImage(docker, name, `FROM ${debian}\n${recipes[image]}\n`);
  return name;
}

/** An image made of these files, and nothing else. */
export async function importImage(docker: Docker, name: string, tar: NodeJS.ReadableStream): Promise<void> {
  const [repo, tag] = name.split(":");
  await toEnd(docker, await docker.importImage(tar, { repo, tag }));
}

export async function buildImage(docker: Docker, name: string, dockerfile: string): Promise<void> {
  await toEnd(docker, await docker.buildImage(tarOf({ Dockerfile: dockerfile }), { t: name, forcerm: true }));
}

export function tarOf(files: Readonly<Record<string, string | Buffer>>): NodeJS.ReadableStream {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return Readable.from(tar);
}

/** The engine answers 200 first and says later what went wrong. */
async function toEnd(docker: Docker, stream: NodeJS.ReadableStream): Promise<void> {
  const lines = await new Promise<{ error?: string }[]>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, output) => (error === null ? resolve(output) : reject(error)));
  });
  const failed = lines.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.error);
}
