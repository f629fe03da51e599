import { createHash } from "node:crypto";
import type { TextFile } from "./textFile.ts";

/** One edit that can be taken back. */
interface Change {
  /** Undefined: there was no file. */
  readonly before: TextFile | undefined;
  /** Of the text that the edit left. */
  readonly after: string;
}

const depth = 10;
/** Of all texts together; the oldest edits are forgotten first. */
const mostCharacters = 64_000_000;

/** What `undo_edit` can take back, by path: the last ten edits of each file. It ends with the conversation's process. */
export class UndoHistory {
  /** Oldest first, of all files. */
  readonly #changes: (Change & { readonly path: string })[] = [];

  remember(path: string, before: TextFile | undefined, after: string): void {
    this.#changes.push({ path, before, after: digest(after) });
    const own = this.#changes.filter((change) => change.path === path);
    if (own.length > depth)
      this.#changes.splice(
        this.#changes.findIndex((change) => change.path === path),
        1,
      );
    let characters = this.#changes.reduce((sum, change) => sum + (change.before?.text.length ?? 0), 0);
    while (characters > mostCharacters && this.#changes.length > 1) characters -= this.#changes.shift()?.before?.text.length ?? 0;
  }

  /** The last edit of the file, and whether `text` is what it left. */
  last(path: string, text: string): { readonly before: TextFile | undefined; readonly isUntouched: boolean } | undefined {
    const change = this.#changes.findLast((one) => one.path === path);
    return change && { before: change.before, isUntouched: change.after === digest(text) };
  }

  has(path: string): boolean {
    return this.#changes.some((change) => change.path === path);
  }

  dropLast(path: string): void {
    const at = this.#changes.findLastIndex((change) => change.path === path);
    if (at !== -1) this.#changes.splice(at, 1);
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
