import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type * as z from "zod";
import { whenMissing } from "../../conversation/disk.ts";
import { Refusal } from "../answers.ts";
import { readable, sealed, unsealed } from "../secrets/atRest.ts";
import type { Cipher } from "../secrets/cipher.ts";
import { FolderLock } from "./folderLock.ts";
import { JsonFile } from "./jsonFile.ts";

const mostBytes = 5_000_000;

/** The small files of a server's data folder, with their secrets encrypted. Changes are made in `exclusively` only. */
export class KeptFiles {
  readonly folder: string;
  readonly #cipher: Cipher;
  readonly #lock: FolderLock;

  constructor(folder: string, cipher: Cipher) {
    this.folder = folder;
    this.#cipher = cipher;
    this.#lock = new FolderLock(folder);
  }

  /** What `change` gives; nobody else changes a file meanwhile, in this process or another. Not to be nested. */
  exclusively<Result>(change: () => Promise<Result>): Promise<Result> {
    return this.#lock.hold(change);
  }

  /** Undefined where there is no such file. Secrets that cannot be decrypted are left out. Rejects as `readForChange` does. */
  async read<Shape extends z.ZodType>(name: string, shape: Shape): Promise<z.output<Shape> | undefined> {
    const value = await this.#unsealed(name);
    return value === undefined ? undefined : this.#parsed(name, readable(value), shape);
  }

  /**
   * As `read`, but with the tokens of secrets that cannot be decrypted: what is written again loses none. Rejects with a Refusal (409) when the file
   * cannot be understood; it stays as it is.
   */
  async readForChange<Shape extends z.ZodType>(name: string, shape: Shape): Promise<z.output<Shape> | undefined> {
    const value = await this.#unsealed(name);
    return value === undefined ? undefined : this.#parsed(name, value, shape);
  }

  async write(name: string, value: unknown): Promise<void> {
    const kept = sealed(value, this.#cipher);
    if (JSON.stringify(kept).length > mostBytes)
      throw new Refusal(413, `That is more than the server keeps: ${name} would have over ${mostBytes} bytes. Nothing was changed.`);
    await new JsonFile(join(this.folder, name)).write(kept);
  }

  /** False where there was none. */
  async remove(name: string): Promise<boolean> {
    const isThere = await rm(join(this.folder, name)).then(() => true, whenMissing);
    return isThere ?? false;
  }

  /** The names of the JSON files in a folder, without their ending, sorted. */
  async names(folder: string): Promise<readonly string[]> {
    const found = (await readdir(join(this.folder, folder)).catch(whenMissing)) ?? [];
    return found
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.slice(0, -".json".length))
      .toSorted();
  }

  async #unsealed(name: string): Promise<unknown> {
    try {
      const value = await new JsonFile(join(this.folder, name)).read();
      return value === undefined ? undefined : unsealed(value, this.#cipher);
    } catch (error) {
      if (error instanceof SyntaxError) throw notUnderstood(name);
      throw error;
    }
  }

  #parsed<Shape extends z.ZodType>(name: string, value: unknown, shape: Shape): z.output<Shape> {
    const { success, data } = shape.safeParse(value);
    if (!success) throw notUnderstood(name);
    return data;
  }
}

function notUnderstood(name: string): Refusal {
  return new Refusal(
    409,
    `The file ${name} in the server's data folder cannot be understood: it is damaged, or of a newer version. It was left as it is; repair it, or move it away to begin anew.`,
  );
}
