import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { BashEvent, type BashSearch, type Page } from "../../../protocol/agentServer/base.ts";
import { isNothingThere } from "../fileStats.ts";
import { makeFolders } from "../makeFolders.ts";

export interface BashEventLogOptions {
  readonly folder: string;
  /** Older events are dropped; undefined: only what is too much. */
  readonly retentionMs: number | undefined;
}

/** What is known of an event without reading it. */
interface Entry {
  /** Its file's name, which is also what a page begins with. */
  readonly name: string;
  readonly id: string;
  readonly kind: BashEvent["kind"];
  /** Of an output. */
  readonly commandId: string | undefined;
  readonly order: number;
  readonly timeMs: number;
  readonly sizeBytes: number;
}

const mostEvents = 10_000;
const mostBytes = 512 * 1024 * 1024;

/** `<milliseconds>-<number>-<kind>-<id>-<command id>-<order>.json`: names sort as the events came. */
const fileName = /^(\d{15})-\d{8}-(BashCommand|BashOutput)-([\da-f]{32})-([\da-f]{32})-(\d{6})\.json$/;

/** The events of single commands: one file for each, and what a search needs in memory. The oldest go when there are too many. */
export class BashEventLog {
  readonly #options: BashEventLogOptions;
  readonly #entries: Entry[];
  #count = 0;
  #sizeBytes = 0;
  /** One after the other, so that the files are in the order of the events. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: BashEventLogOptions, entries: Entry[]) {
    this.#options = options;
    this.#entries = entries;
    for (const { sizeBytes } of entries) this.#sizeBytes += sizeBytes;
  }

  /** With what an earlier server has left in the folder. */
  static async open(options: BashEventLogOptions): Promise<BashEventLog> {
    await makeFolders(options.folder, 0o700);
    const names = (await readdir(options.folder)).filter((name) => fileName.test(name)).sort();
    const entries = await Promise.all(names.map((name) => entryOf(options.folder, name)));
    return new BashEventLog(
      options,
      entries.filter((entry) => entry !== undefined),
    );
  }

  append(event: BashEvent): Promise<void> {
    const appended = this.#last.then(() => this.#write(event));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  async search(wanted: BashSearch): Promise<Page<BashEvent>> {
    await this.#drop();
    const found = this.#entries.filter((entry) => fits(entry, wanted));
    if (wanted.sort_order === "TIMESTAMP_DESC") found.reverse();
    const start = Math.max(
      0,
      found.findIndex(({ name }) => name === wanted.page_id),
    );
    const items = await Promise.all(found.slice(start, start + wanted.limit).map((entry) => this.#read(entry)));
    return { items: items.filter((item) => item !== undefined), next_page_id: found[start + wanted.limit]?.name ?? null };
  }

  async get(id: string): Promise<BashEvent | undefined> {
    await this.#drop();
    const entry = this.#entries.find((known) => known.id === id);
    return entry && this.#read(entry);
  }

  /** How many there were. */
  async clear(): Promise<number> {
    await this.#last;
    return this.#remove(this.#entries.length);
  }

  async #write(event: BashEvent): Promise<void> {
    const timeMs = Date.parse(event.timestamp);
    const order = event.kind === "BashOutput" ? event.order : 0;
    const commandId = event.kind === "BashOutput" ? event.command_id : event.id;
    const stamp = [String(timeMs).padStart(15, "0"), String(this.#count++).padStart(8, "0")];
    const name = `${[...stamp, event.kind, event.id, commandId, String(order).padStart(6, "0")].join("-")}.json`;
    const bytes = Buffer.from(JSON.stringify(event));
    await writeFile(path.join(this.#options.folder, name), bytes, { mode: 0o600, flag: "wx" });
    const of = event.kind === "BashOutput" ? event.command_id : undefined;
    this.#entries.push({ name, id: event.id, kind: event.kind, commandId: of, order, timeMs, sizeBytes: bytes.length });
    this.#sizeBytes += bytes.length;
    await this.#drop();
  }

  /** Drops what is too old, and the oldest while there is too much. */
  async #drop(): Promise<void> {
    const oldest = this.#options.retentionMs === undefined ? 0 : Date.now() - this.#options.retentionMs;
    let excess = this.#sizeBytes - mostBytes;
    let count = 0;
    for (const { timeMs, sizeBytes } of this.#entries) {
      if (timeMs >= oldest && excess <= 0 && this.#entries.length - count <= mostEvents) break;
      excess -= sizeBytes;
      count++;
    }
    if (count > 0) await this.#remove(count);
  }

  async #remove(count: number): Promise<number> {
    const gone = this.#entries.splice(0, count);
    for (const { sizeBytes } of gone) this.#sizeBytes -= sizeBytes;
    await Promise.all(gone.map(({ name }) => rm(path.join(this.#options.folder, name), { force: true })));
    return gone.length;
  }

  /** Undefined for what somebody has removed or damaged. */
  async #read({ name }: Entry): Promise<BashEvent | undefined> {
    try {
      return BashEvent.safeParse(JSON.parse(await readFile(path.join(this.#options.folder, name), "utf8"))).data;
    } catch (error) {
      if (isNothingThere(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

async function entryOf(folder: string, name: string): Promise<Entry | undefined> {
  const [, timeMs, kind, id = "", commandId, order] = fileName.exec(name) ?? [];
  if (kind !== "BashCommand" && kind !== "BashOutput") return undefined;
  const { size: sizeBytes } = await stat(path.join(folder, name));
  const of = kind === "BashOutput" ? commandId : undefined;
  return { name, id, kind, commandId: of, order: Number(order), timeMs: Number(timeMs), sizeBytes };
}

function fits({ kind, commandId, order, timeMs }: Entry, wanted: BashSearch): boolean {
  if (wanted.kind__eq !== undefined && kind !== wanted.kind__eq) return false;
  if (wanted.command_id__eq !== undefined && commandId !== wanted.command_id__eq) return false;
  if (wanted.timestamp__gte !== undefined && timeMs < wanted.timestamp__gte) return false;
  if (wanted.timestamp__lt !== undefined && timeMs >= wanted.timestamp__lt) return false;
  return wanted.order__gt === undefined || (kind === "BashOutput" && order > wanted.order__gt);
}
