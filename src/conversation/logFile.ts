import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../protocol/thrown.ts";

/**
 * The names of a conversation's log: `events.jsonl`, and `events-<generation>.jsonl` once an owner has written it anew. The highest counts.
 *
 * A name of its own for each owner, because one that was taken over may be stopped right before it renames: so it can never put an old
 * log in the place of a newer one.
 */
export const firstLog = "events.jsonl";

/** Where the owner of this generation puts a log that it writes anew. */
export function freshLogIn(folder: string, generation: number): string {
  return join(folder, `events-${generation}.jsonl`);
}

/** The log in `folder` that counts; it need not be there. Rejects with ENOENT when there is no folder. */
export async function logIn(folder: string): Promise<string> {
  const generation = Math.max(...(await logsIn(folder)), 0);
  return generation === 0 ? join(folder, firstLog) : freshLogIn(folder, generation);
}

/** What `work` does with the log that counts; done again when that was cleared away meanwhile, because another owner has written it anew. */
export async function withLog<T>(folder: string, work: (path: string) => Promise<T>): Promise<T> {
  const path = await logIn(folder);
  try {
    return await work(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || (await logIn(folder)) === path) throw error;
    return withLog(folder, work);
  }
}

export async function hasLog(folder: string): Promise<boolean> {
  return (await logsIn(folder)).length > 0;
}

/** Removes the logs that do not count any more. */
export async function removeOldLogs(folder: string): Promise<void> {
  const logs = (await logsIn(folder)).toSorted((a, b) => a - b).slice(0, -1);
  await Promise.all(
    logs.map((generation) => rm(generation === 0 ? join(folder, firstLog) : freshLogIn(folder, generation), { force: true })),
  );
}

async function logsIn(folder: string): Promise<number[]> {
  const names = (await readdir(folder)).filter((name) => /^events(-\d+)?\.jsonl$/.test(name));
  return names.map((name) => Number(/\d+/.exec(name)?.[0] ?? 0));
}
