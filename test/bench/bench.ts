// Measures what everything but the model costs, each number beside its floor and its target: see README.md.
//
//   npm run bench              all parts
//   npm run bench -- loop      one part, or several: loop, append, open, terminal, sandbox, hosting, sockets, docker, host, bundles, chatView, face

import path from "node:path";
import { measureAppend } from "./append.ts";
import { measureBundles } from "./bundles.ts";
import { measureChatView } from "./chatView.ts";
import { measureDocker } from "./docker.ts";
import { measureFace } from "./face.ts";
import { measureHost } from "./host.ts";
import { measureHosting } from "./hosting.ts";
import { measureLoop } from "./loop.ts";
import { listenForNoise } from "./noise.ts";
import { measureOpen } from "./open.ts";
import { readMachine, writeReport } from "./report.ts";
import type { Part } from "./row.ts";
import { measureSandbox } from "./sandbox.ts";
import { measureSockets } from "./sockets.ts";
import { measureTerminalPart } from "./terminalPart.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const dist = path.join(root, "dist");
const artefacts = path.join(root, "artefacts");

const parts: Readonly<Record<string, () => Promise<Part>>> = {
  loop: () => measureLoop(dist),
  append: () => measureAppend(artefacts),
  open: () => measureOpen(artefacts),
  terminal: measureTerminalPart,
  sandbox: () => measureSandbox(dist),
  hosting: () => measureHosting(dist, artefacts),
  sockets: () => measureSockets(artefacts),
  docker: () => measureDocker(dist),
  host: () => measureHost(root),
  bundles: () => measureBundles(root),
  chatView: measureChatView,
  face: measureFace,
};

process.exitCode = await main(process.argv.slice(2));

async function main(asked: readonly string[]): Promise<number> {
  const unknown = asked.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length > 0) {
    console.error(`There is no part "${unknown.join(", ")}". The parts are: ${Object.keys(parts).join(", ")}.`);
    return 2;
  }
  const machine = readMachine(root);
  const noise = listenForNoise();
  const measured: Part[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    console.error(`measuring: ${name}`);
    measured.push(await measure());
  }
  console.log(await writeReport({ machine, noise: noise(), parts: measured }, artefacts));
  return measured.some(({ problems }) => problems.length > 0) ? 1 : 0;
}
