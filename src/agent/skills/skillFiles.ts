import path from "node:path/posix";
import { type FileKind } from "../../protocol/runtime.ts";
import { type Files, RuntimeError } from "../../runtime/runtime.ts";

/** As much of a runtime's files as skills are read with. */
export type ReadableFiles = Pick<Files, "stat" | "list" | "read" | "realPath">;

/** Of one file; more is for the agent to read itself, in parts. */
export const mostSkillBytes = 64 * 1024;

/**
 * Reads the files of skills from one place. Where `within` says folders, a file whose links lead out of all of them is not read: a link in a workspace
 * must not put what is elsewhere on the machine before a model.
 */
export class SkillFiles {
  readonly #files: ReadableFiles;
  readonly #within: readonly string[] | undefined;
  readonly #signal: AbortSignal;
  readonly problems: string[] = [];

  constructor(files: ReadableFiles, { within, signal }: { readonly within?: readonly string[]; readonly signal: AbortSignal }) {
    this.#files = files;
    this.#within = within;
    this.#signal = signal;
  }

  /** What is in a folder, by name; empty where there is none. */
  async list(folder: string): Promise<readonly { readonly name: string; readonly kind: FileKind }[]> {
    return (await this.#tried(folder, () => this.#files.list(folder, this.#signal))) ?? [];
  }

  async isThere(file: string): Promise<boolean> {
    return (await this.#tried(file, () => this.#files.stat(file, this.#signal))) !== undefined;
  }

  /** Every link followed; two names of one file are so found to be one. */
  realPath(file: string): Promise<string | undefined> {
    return this.#tried(file, () => this.#files.realPath(file, this.#signal));
  }

  /** The text; undefined where it is none that may be read, and then `problems` says why. */
  async read(file: string): Promise<string | undefined> {
    return this.#tried(file, async () => {
      if (this.#within !== undefined && !(await this.#isWithin(file, this.#within))) {
        this.problems.push(`${file} was not read: it is a link to somewhere outside of the workspace.`);
        return undefined;
      }
      const { bytes } = await this.#files.read(file, { maxBytes: mostSkillBytes, signal: this.#signal });
      return new TextDecoder().decode(bytes);
    });
  }

  async #isWithin(file: string, folders: readonly string[]): Promise<boolean> {
    const real = await this.#files.realPath(file, this.#signal);
    for (const folder of folders) if (isBelow(real, await this.#files.realPath(folder, this.#signal))) return true;
    return false;
  }

  /** What is not there, or is nothing that can be read, is no skill; only an abort flies. */
  async #tried<Result>(file: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!(error instanceof RuntimeError)) throw error;
      if (error.code === "too-large")
        this.problems.push(`${file} was not read: it has more than ${mostSkillBytes / 1024} kB. Look into it when you need it.`);
      else if (!absent.has(error.code)) this.problems.push(`${file} was not read: ${error.message}`);
      return undefined;
    }
  }
}

const absent: ReadonlySet<string> = new Set(["not-found", "not-directory", "is-directory", "not-a-file"]);

/** Paths of either system. */
export function isBelow(file: string, folder: string): boolean {
  return relativeTo(folder, file) !== undefined;
}

/** The way from `folder` to `file`, with slashes; empty for itself, undefined where it is not below. */
export function relativeTo(folder: string, file: string): string | undefined {
  const from = slashes(folder).replace(/\/+$/, "");
  const to = path.normalize(slashes(file));
  if (to === from) return "";
  return to.startsWith(`${from}/`) ? to.slice(from.length + 1) : undefined;
}

/** As Windows writes them, too. */
function slashes(file: string): string {
  return /^[A-Za-z]:[\\/]/.test(file) ? file.replaceAll("\\", "/") : file;
}

export function inside(folder: string, ...names: readonly string[]): string {
  return path.join(slashes(folder), ...names);
}

export function parentOf(folder: string): string | undefined {
  const parent = path.dirname(slashes(folder));
  return parent === slashes(folder) || /^[A-Za-z]:$/.test(parent) ? undefined : parent;
}
