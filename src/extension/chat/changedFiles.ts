import { changedFile } from "../../protocol/changedFile.ts";
import type { ChangedFile } from "../../protocol/chat.ts";
import type { FileChange } from "../../protocol/progress.ts";
import type { Files } from "../../runtime/runtime.ts";
import { textNow } from "../edits/textNow.ts";

interface Counted {
  readonly change: FileChange;
  /** Undefined: it is again as it was before. */
  readonly file: ChangedFile | undefined;
}

/** What a conversation has changed, counted against the files as they are now; a file is counted again when it was edited again. */
export class ChangedFiles {
  #counted: ReadonlyMap<string, Counted> = new Map();

  async count(changes: readonly FileChange[], files: Pick<Files, "read">, signal: AbortSignal): Promise<ChangedFile[]> {
    const counted = new Map<string, Counted>();
    for (const change of changes) {
      const known = this.#counted.get(change.path);
      counted.set(change.path, known?.change === change ? known : await count(change, files, signal));
    }
    this.#counted = counted;
    return [...counted.values()].flatMap(({ file }) => file ?? []);
  }

  /** What is known of the file may not be true any more; false when nothing was. */
  forget(path: string): boolean {
    const isKnown = this.#counted.has(path);
    if (isKnown) this.#counted = new Map([...this.#counted].filter(([known]) => known !== path));
    return isKnown;
  }
}

async function count(change: FileChange, files: Pick<Files, "read">, signal: AbortSignal): Promise<Counted> {
  const { path, before } = change;
  const now = await textNow(files, path, signal);
  // What cannot be read as text, or is not at hand, is taken for what the agent made of it.
  const after = now.type === "text" ? now.text : now.type === "absent" ? null : change.after;
  if (after === before) return { change, file: undefined };
  return { change, file: changedFile({ path, before, after: after ?? "" }) };
}
