import { randomUUID } from "node:crypto";
import { readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder, whenMissing } from "../../conversation/disk.ts";

/**
 * One value in a file that only its owner may read. Whoever reads finds it whole, as it was before a write or after it.
 *
 * Within a process, writes and updates of one JsonFile happen one after the other.
 */
export class JsonFile {
  readonly path: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** Undefined when there is no file. Rejects with a SyntaxError when it holds no JSON. */
  async read(): Promise<unknown> {
    const text = await readFile(this.path, "utf8").catch(whenMissing);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Another text whenever the file may have changed; empty when there is none. */
  async version(): Promise<string> {
    const found = await stat(this.path, { bigint: true }).catch(whenMissing);
    return found === undefined ? "" : `${found.ino} ${found.mtimeNs} ${found.size}`;
  }

  write(value: unknown): Promise<void> {
    return this.update(() => value);
  }

  /** Writes what `change` makes of what is there; when it throws or gives undefined, nothing is written. */
  update(change: (before: unknown) => unknown): Promise<void> {
    const updated = this.#last.then(async () => {
      const after = await change(await this.read());
      if (after !== undefined) await this.#replace(after);
    });
    this.#last = updated.catch(() => undefined);
    return updated;
  }

  /** Also the folder that it is in, when nothing else is there. */
  async remove(): Promise<void> {
    await this.#last;
    await rm(this.path, { force: true });
    await rmdir(dirname(this.path)).catch(() => undefined);
  }

  async #replace(value: unknown): Promise<void> {
    const draft = `${this.path}.${randomUUID()}.new`;
    try {
      await makeFolder(dirname(this.path));
      await writeFile(draft, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600, flush: true });
      await rename(draft, this.path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }
}
