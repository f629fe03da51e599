import type { ChangedFile } from "./chat.ts";
import { diffCounts, lineDiff } from "./lineDiff.ts";
import type { FileChange } from "./progress.ts";

/** What a change has come to, in lines. It compares the whole file: keep the answer, a change never becomes another one. */
export function changedFile({ path, before, after }: FileChange): ChangedFile {
  return { path, status: before === null ? "created" : "changed", ...diffCounts(lineDiff(before ?? "", after)) };
}
