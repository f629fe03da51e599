import { watch } from "node:fs";
import { lstat } from "node:fs/promises";
import { fileError } from "./fileErrors.ts";

/** What has changed since the last time: `names` in the folder that is watched (of a file its own), and whether there are `more` than these. */
export interface FileChanges {
  readonly names: readonly string[];
  readonly more: boolean;
}

const mostNames = 100;
/** Many changes at once are told together. */
const gatherMs = 50;

/** Tells what changes at a path and, of a folder, right below it, until the signal is aborted. Rejects with RuntimeError when it cannot be watched. */
export async function* watchFiles(path: string, signal: AbortSignal): AsyncGenerator<FileChanges, undefined> {
  const names = new Set<string>();
  let more = false;
  let failure: Error | undefined;
  let wake = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => wake.resolve(), { once: true });
  try {
    await lstat(path);
    using watcher = closing(watch(path, { persistent: false }));
    watcher.on("error", (error: Error) => {
      failure = error;
      wake.resolve();
    });
    watcher.on("change", (_type, name) => {
      if (names.size < mostNames) names.add(String(name ?? ""));
      else more = true;
      wake.resolve();
    });
    while (!signal.aborted) {
      await wake.promise;
      if (failure !== undefined) throw failure;
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
      if (names.size === 0) continue;
      const changes = { names: [...names], more };
      names.clear();
      more = false;
      wake = Promise.withResolvers<void>();
      yield changes;
    }
  } catch (error) {
    throw fileError(error, path, signal);
  }
  return undefined;
}

function closing<T extends { close(): void }>(watcher: T): T & Disposable {
  return Object.assign(watcher, { [Symbol.dispose]: () => watcher.close() });
}
