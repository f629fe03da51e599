import { readFileSync } from "node:fs";

interface Place {
  readonly counts: string;
  readonly limit: string;
}

/** The container's own control group: version 2 of them, and version 1. */
const places: readonly Place[] = [
  { counts: "/sys/fs/cgroup/memory.events", limit: "/sys/fs/cgroup/memory.max" },
  { counts: "/sys/fs/cgroup/memory/memory.oom_control", limit: "/sys/fs/cgroup/memory/memory.limit_in_bytes" },
];

/** Gives a sentence when something was killed since the last call because the container's memory was used up. Nothing where no limit is to be seen. */
export function memoryKills(): () => string | undefined {
  const found = places.map((place) => ({ ...place, count: countIn(place.counts) })).find(({ count }) => count !== undefined);
  if (found === undefined) return () => undefined;
  let known = found.count ?? 0;
  return () => {
    const count = countIn(found.counts) ?? known;
    const isMore = count > known;
    known = count;
    if (!isMore) return undefined;
    const megabytes = Math.round(Number(textOf(found.limit)) / 1024 / 1024);
    return `A process was killed, because the sandbox's memory limit of ${megabytes} MB was reached.`;
  };
}

function countIn(file: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(textOf(file) ?? "")?.[1];
  return count === undefined ? undefined : Number(count);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    // Because most machines have only one of these files, and some have none.
    return undefined;
  }
}
