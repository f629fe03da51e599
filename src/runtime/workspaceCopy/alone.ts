import { type FileHandle, link, open, rename, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../../protocol/thrown.ts";
import { isNothingThere } from "../machine/fileStats.ts";
import { RuntimeError } from "../runtime.ts";

/** In milliseconds. */
interface AloneTimes {
  /** So long another one is waited for. */
  readonly patience: number;
  /** One that shows no sign of life for so long was killed. */
  readonly silence: number;
  readonly beat: number;
}

const usual: AloneTimes = { patience: 10_000, silence: 5_000, beat: 1_000 };
const pollMs = 25;
const name = "reviewing.lock";

/**
 * Does `work` while nobody else, of whichever process, does any for the same folder. Rejects with a RuntimeError, and does nothing, when another one
 * takes long.
 */
export async function alone<T>(
  folder: string,
  work: () => Promise<T>,
  { signal, times = usual }: { readonly signal: AbortSignal; readonly times?: AloneTimes },
): Promise<T> {
  const file = path.join(folder, name);
  const handle = await take(file, { signal, times });
  const beat = setInterval(() => void touch(handle), times.beat);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await leave(file, handle);
  }
}

async function take(file: string, { signal, times }: { readonly signal: AbortSignal; readonly times: AloneTimes }): Promise<FileHandle> {
  const giveUpAt = performance.now() + times.patience;
  let seen = { stamp: "", at: 0 };
  for (;;) {
    signal.throwIfAborted();
    const handle = await make(file);
    if (handle !== undefined) return handle;
    if (performance.now() > giveUpAt)
      throw new RuntimeError(
        "failed",
        "Another window or command is just applying or discarding changes of this sandbox. Nothing was done here; look at the changes again when it is ready.",
      );
    const stamp = await stampOf(file);
    if (stamp !== seen.stamp) seen = { stamp, at: performance.now() };
    if (stamp !== "" && performance.now() - seen.at > times.silence) await takeAway(file, stamp);
    else await sleep(pollMs, undefined, { signal });
  }
}

/** Undefined when there is one already. */
async function make(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "wx", 0o600);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined;
    if (isNothingThere(error)) throw new RuntimeError("not-found", "This sandbox has been deleted.", { cause: error });
    throw error;
  }
}

/** Changes with each sign of life; empty when it has gone. Not by the clock, which may be set. */
async function stampOf(file: string): Promise<string> {
  try {
    const { ino, mtimeNs } = await stat(file, { bigint: true });
    return `${ino} ${mtimeNs}`;
  } catch (error) {
    if (isNothingThere(error)) return "";
    throw error;
  }
}

/** Renaming is atomic, so only one of those who wait takes it; what turns out to be a newer one is put back. */
async function takeAway(file: string, stamp: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
    if ((await stampOf(aside)) !== stamp) await link(aside, file).catch(() => undefined);
    await unlink(aside);
  } catch (error) {
    if (!isNothingThere(error)) throw error;
  }
}

async function touch(handle: FileHandle): Promise<void> {
  const now = new Date();
  // Because it may be closed by now.
  await handle.utimes(now, now).catch(() => undefined);
}

/** One that was taken away while this process slept is another's. */
async function leave(file: string, handle: FileHandle): Promise<void> {
  const { ino } = await handle.stat({ bigint: true });
  const isOurs = (await stampOf(file)).startsWith(`${ino} `);
  await handle.close();
  if (isOurs) await unlink(file);
}
