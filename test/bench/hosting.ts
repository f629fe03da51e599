import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { measureStarts } from "./headless.ts";
import { measureRest } from "./hostingRest.ts";
import type { Part } from "./row.ts";
import { spread } from "./statistics.ts";

const starts = 9;

/** sandbox-server on a port: its start and its memory, idle and with many conversations, and how long its answers take then. */
export async function measureHosting(dist: string, artefacts: string): Promise<Part> {
  await mkdir(artefacts, { recursive: true });
  const folder = await mkdtemp(path.join(artefacts, "openhands-bench-"));
  try {
    const { ours, floor } = await measureStarts(dist, folder, starts);
    const { rows, problems } = await measureRest(dist, folder);
    return {
      title: `sandbox-server on a port (${starts} starts; then conversations that work and others that rest)`,
      rows: [
        {
          name: "start to the first answer of `/health` (floor: a bare server)",
          unit: "ms",
          ours: spread(ours.healthMs),
          floor: spread(floor.healthMs),
          target: { atMost: 150 },
        },
        { name: "the same, time on a processor", unit: "ms", ours: spread(ours.healthCpuMs), floor: spread(floor.healthCpuMs) },
        { name: "start to `/ready`", unit: "ms", ours: spread(ours.readyMs) },
        { name: "memory when idle", unit: "MB", ours: spread(ours.idleMb), floor: spread(floor.idleMb), target: { atMost: 80 } },
        ...rows,
      ],
      notes: [],
      problems,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
