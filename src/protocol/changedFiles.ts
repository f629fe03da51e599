import type { ChangedFile } from "./chat.ts";
import { diffCounts, lineDiff } from "./lineDiff.ts";
import type { FileChange } from "./progress.ts";

/** What a change has come to, in lines. It compares the whole file: keep the answer, a change never becomes another one. */
export function changedFile({ path, before, after }: FileChange): ChangedFile {
  return { path, status: before === null ? "created" : "changed", ...diffCounts(lineDiff(before ?? "", after)) };
}

/** All of them, in their order. What `known` has, by change, is not counted again, and it gets what is new. */
export function changedFiles(changes: readonly FileChange[], known: WeakMap<FileChange, ChangedFile> = new WeakMap()): ChangedFile[] {
  return changes.map((change) => {
    const file = known.get(change) ?? changedFile(change);
    known.set(change, file);
    return file;
  });
}
