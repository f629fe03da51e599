import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder, whenMissing } from "../../conversation/disk.ts";
import { LeaseContent, lifeOf, thisProcess } from "../../conversation/leaseOwner.ts";
import { codeOf } from "../../protocol/thrown.ts";
import { Refusal } from "../answers.ts";

/** For how long somebody waits for a lock, and a lock may be held by an owner that nobody can look at. A change takes milliseconds. */
export interface LockTimes {
  readonly patienceMs: number;
  readonly silenceMs: number;
}

const defaultTimes: LockTimes = { patienceMs: 15_000, silenceMs: 10_000 };
const pollMs = 5;

/**
 * Lets one at a time change the files of a folder, whichever process it is in.
 *
 * It is the file `.lock`, made in one step with its owner in it, and removed afterwards. One whose owner has died is taken away by who waits.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #times: LockTimes;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, times: LockTimes = defaultTimes) {
    this.#folder = folder;
    this.#times = times;
  }

  /** What `work` gives, with the lock held while it runs; not to be nested. Rejects with a Refusal (503) when somebody else holds it for long. */
  hold<Result>(work: () => Promise<Result>): Promise<Result> {
    const held = this.#last.then(() => this.#hold(work));
    this.#last = held.catch(() => undefined);
    return held;
  }

  async #hold<Result>(work: () => Promise<Result>): Promise<Result> {
    await makeFolder(this.#folder);
    await this.#take();
    try {
      return await work();
    } finally {
      await rm(this.#file, { force: true });
    }
  }

  get #file(): string {
    return join(this.#folder, ".lock");
  }

  async #take(): Promise<void> {
    const content: LeaseContent = { state: "held", beat: randomUUID(), owner: await thisProcess() };
    const draft = join(this.#folder, `.lock.${content.beat}`);
    const deadline = performance.now() + this.#times.patienceMs;
    let seen = { text: "", at: 0 };
    await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
    try {
      while (!(await isMade(draft, this.#file))) {
        if (performance.now() > deadline)
          throw new Refusal(503, "Another program is changing what this server keeps. Nothing was changed; try again.");
        const text = (await readFile(this.#file, "utf8").catch(whenMissing)) ?? "";
        if (text !== seen.text) seen = { text, at: performance.now() };
        const isSilent = performance.now() - seen.at > this.#times.silenceMs;
        if (text !== "" && (await isLeft(text, isSilent))) await this.#takeAway(text);
        else await sleep(pollMs);
      }
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Renaming is atomic, so only one of those who wait takes it; what turns out to be a newer lock is put back. */
  async #takeAway(text: string): Promise<void> {
    const aside = join(this.#folder, `.lock.${randomUUID()}`);
    try {
      await rename(this.#file, aside);
      if ((await readFile(aside, "utf8")) !== text) await isMade(aside, this.#file);
    } catch (error) {
      whenMissing(error);
    } finally {
      await rm(aside, { force: true });
    }
  }
}

/** False when there is one already. Linking brings the content along, so nobody ever sees an empty lock. */
async function isMade(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function isLeft(text: string, isSilent: boolean): Promise<boolean> {
  const owner = ownerIn(text);
  const life = owner ? await lifeOf(owner, await thisProcess()) : "unknown";
  return life === "dead" || (life === "unknown" && isSilent);
}

function ownerIn(text: string): LeaseContent["owner"] | undefined {
  try {
    return LeaseContent.safeParse(JSON.parse(text)).data?.owner;
  } catch {
    // Made by something else: it counts as one whose owner nobody can look at.
    return undefined;
  }
}
