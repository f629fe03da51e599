import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { link, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../protocol/thrown.ts";
import { inUse, lost } from "./conversationError.ts";
import { whenMissing } from "./disk.ts";
import { LeaseContent, lifeOf, thisProcess } from "./leaseOwner.ts";

/** How long an owner that nobody can look at may be silent, how often one is heard of, and how often it looks whether it still is one. */
export interface LeaseTimes {
  readonly silenceMs: number;
  readonly beatMs: number;
  readonly watchMs: number;
}

export const defaultTimes: LeaseTimes = { silenceMs: 45_000, beatMs: 10_000, watchMs: 2_000 };

/** A window that is reloaded waits so long for the old one to end. */
export const reloadMs = 8_000;
const pollMs = 100;

/**
 * The right to write to one conversation; disposing gives it back.
 *
 * It is the file `lease-<generation>.json` in the conversation's folder, and who has made the one with the highest generation is the owner.
 * A file that is there cannot be made again, so two cannot have one generation, and the highest is removed by nobody: generations only
 * rise. Taking over is making the next one, in one atomic act; from then on `isHeld` is false for the owner before, and a log that asks
 * *after* it has synced acknowledges nothing that the new owner does not read.
 */
export class Lease implements AsyncDisposable {
  readonly generation: number;
  /** Whether the owner before it may still have the log's file open, and a write under way. */
  readonly mayHaveWriter: boolean;
  readonly #folder: string;
  readonly #content: LeaseContent;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #lastBeat = performance.now();
  #beats = 0;

  constructor(folder: string, generation: number, { content, mayHaveWriter, times }: LeaseTerms) {
    this.#folder = folder;
    this.generation = generation;
    this.#content = content;
    this.mayHaveWriter = mayHaveWriter;
    this.#timer = setInterval(() => void this.#look(times), times.watchMs).unref();
  }

  /** Aborts with the sentence for the person, a moment after the lease was lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * One look at the folder, which shows every file that is there all the while. Not only the next generation counts: who was overtaken while it made
   * that one has taken it back.
   */
  isHeld(): boolean {
    const generations = namesIn(this.#folder).flatMap(generationOf);
    return generations.includes(this.generation) && Math.max(...generations) === this.generation;
  }

  /** The log is in this owner's hands alone: what was left of the owners before goes. */
  async settle(): Promise<void> {
    const below = (await generationsIn(this.#folder)).filter((generation) => generation < this.generation);
    await Promise.all(below.map((generation) => rm(fileOf(this.#folder, generation), { force: true })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (!this.#lost.signal.aborted && this.isHeld()) await this.#write({ ...this.#content, state: "free", beat: beatText(this.#beats) });
  }

  async #look({ beatMs }: LeaseTimes): Promise<void> {
    try {
      if (!this.isHeld()) return this.#isLost();
      if (performance.now() - this.#lastBeat < beatMs) return;
      this.#lastBeat = performance.now();
      await this.#write({ ...this.#content, beat: beatText(++this.#beats) });
    } catch {
      // A disk that cannot be looked at now is looked at again; an append says what is wrong with it.
    }
  }

  #isLost(): void {
    clearInterval(this.#timer);
    this.#lost.abort(lost());
  }

  /** In place and always as long as before, so that it works on a full disk, and makes no file where ours was removed. */
  async #write(content: LeaseContent): Promise<void> {
    await writeFile(fileOf(this.#folder, this.generation), JSON.stringify(content), { flag: "r+" }).catch(whenMissing);
  }
}

interface LeaseTerms {
  readonly content: LeaseContent;
  readonly mayHaveWriter: boolean;
  readonly times: LeaseTimes;
}

/** What there is to know of a conversation's owner. */
export interface Holder {
  readonly generation: number;
  readonly isFree: boolean;
  /** Whether it is this very process: of two hosts in one, the later one goes on, because the other may have been left without being closed. */
  readonly isOurs: boolean;
  readonly mayHaveWriter: boolean;
}

/** Looks at a lease again and again; only so an owner on another machine, whose clock may be any, is seen to be silent. */
export class LeaseWatch {
  readonly #folder: string;
  readonly #times: LeaseTimes;
  #heard = { what: "", at: performance.now() };

  constructor(folder: string, times: LeaseTimes = defaultTimes) {
    this.#folder = folder;
    this.#times = times;
  }

  async look(): Promise<Holder> {
    const generations = await generationsIn(this.#folder);
    const generation = Math.max(0, ...generations);
    if (generation === 0) return { generation, isFree: true, isOurs: false, mayHaveWriter: false };
    const text = await readFile(fileOf(this.#folder, generation), "utf8").catch(whenMissing);
    if (text !== this.#heard.what) this.#heard = { what: text ?? "", at: performance.now() };
    const isSilent = performance.now() - this.#heard.at > this.#times.silenceMs;
    const content = contentOf(text);
    const wasUnsettled = generations.length > 1;
    if (content?.state === "free") return { generation, isFree: true, isOurs: false, mayHaveWriter: wasUnsettled };
    const life = content ? await lifeOf(content.owner, await thisProcess()) : "unknown";
    const isFree = life === "dead" || (life === "unknown" && isSilent);
    return { generation, isFree, isOurs: life === "this process", mayHaveWriter: life !== "dead" || wasUnsettled };
  }
}

/** Waits at most `patienceMs` for another owner to end; a `watch` may know already for how long it was silent. Rejects with `in-use`. */
export async function takeLease(
  folder: string,
  patienceMs = reloadMs,
  times: LeaseTimes = defaultTimes,
  watch = new LeaseWatch(folder, times),
): Promise<Lease> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const holder = await watch.look();
    const lease = holder.isFree || holder.isOurs ? await claim(folder, holder, times) : undefined;
    if (lease) return lease;
    if (performance.now() > deadline) throw inUse();
    await sleep(pollMs);
  }
}

/** Takes the lease whoever has it: that owner's next append is refused. */
export async function takeOverLease(folder: string, times: LeaseTimes = defaultTimes): Promise<Lease> {
  const watch = new LeaseWatch(folder, times);
  for (;;) {
    const lease = await claim(folder, await watch.look(), times);
    if (lease) return lease;
  }
}

/** Linking is atomic and brings the content along, so nobody ever sees an empty lease. Undefined when somebody was quicker. */
async function claim(folder: string, { generation, mayHaveWriter }: Holder, times: LeaseTimes): Promise<Lease | undefined> {
  const content: LeaseContent = { state: "held", beat: beatText(0), owner: await thisProcess() };
  const own = fileOf(folder, generation + 1);
  const draft = join(folder, `lease.${randomUUID()}`);
  try {
    await writeFile(draft, JSON.stringify(content), { mode: 0o600 });
    if (!(await isFirst(draft, own))) return undefined;
  } finally {
    await rm(draft, { force: true });
  }
  // Because who was slow may have made a generation that others had long left behind.
  if (Math.max(...(await generationsIn(folder))) > generation + 1) {
    await rm(own, { force: true });
    return undefined;
  }
  return new Lease(folder, generation + 1, { content, mayHaveWriter, times });
}

async function isFirst(draft: string, own: string): Promise<boolean> {
  try {
    await link(draft, own);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function generationsIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap(generationOf);
}

function generationOf(name: string): number[] {
  return /^lease-(\d+)\.json$/.exec(name)?.slice(1).map(Number) ?? [];
}

const fileOf = (folder: string, generation: number): string => join(folder, `lease-${generation}.json`);
const beatText = (beats: number): string => String(beats).padStart(10, "0");

/** Synchronous, because it is asked after each write. None when the folder has gone. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

function contentOf(text: string | undefined): LeaseContent | undefined {
  try {
    return LeaseContent.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    // Written by something else, or by half: its owner counts as one that nobody can look at.
    return undefined;
  }
}
