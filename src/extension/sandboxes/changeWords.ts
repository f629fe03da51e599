import type { FileChange } from "../../protocol/sandbox.ts";
import { shownName } from "../../protocol/shownName.ts";

/** How a change is marked, as VS Code marks those of a repository. */
interface Mark {
  readonly letter: string;
  /** Id of a colour of the theme. */
  readonly color: string;
  readonly words: string;
}

const marks: Readonly<Record<FileChange["kind"] | "conflicts", Mark>> = {
  created: { letter: "A", color: "gitDecoration.addedResourceForeground", words: "Created" },
  changed: { letter: "M", color: "gitDecoration.modifiedResourceForeground", words: "Changed" },
  deleted: { letter: "D", color: "gitDecoration.deletedResourceForeground", words: "Deleted" },
  renamed: { letter: "R", color: "gitDecoration.renamedResourceForeground", words: "Renamed" },
  conflicts: { letter: "!", color: "gitDecoration.conflictingResourceForeground", words: "Conflict" },
};

export function markOf({ kind, standing }: Pick<FileChange, "kind" | "standing">): Mark {
  return marks[standing === "conflicts" ? "conflicts" : kind];
}

/** How it meets the person's own file, in a few words; empty when there is nothing to say. */
function standingWords({ standing, kind, isProtected, isBinary }: FileChange): string {
  const words: Readonly<Record<FileChange["standing"], string>> = {
    clean: "",
    merges: "you changed it too · merges",
    conflicts: kind === "deleted" ? "conflict · you changed it" : "conflict · you changed it too",
    same: "same as yours",
    refused: "cannot be applied",
  };
  return [words[standing], isProtected ? "protected" : "", isBinary ? "binary" : ""].filter((part) => part !== "").join(" · ");
}

/** What stands behind the name: its folder, and what is to be known. */
export function descriptionOf(change: FileChange): string {
  const from = change.from === undefined ? "" : `from ${shownName(change.from)}`;
  return [folderOf(change.path), from, standingWords(change)].filter((part) => part !== "").join(" · ");
}

const sentences: Readonly<Record<FileChange["standing"], string>> = {
  clean: "Your file is as it was when it was copied.",
  merges: "You have changed it too, at other places. Applying puts both together.",
  conflicts: "You have changed it too, at the same places. It is not applied by itself: resolve it by hand.",
  same: "Your file is the same already.",
  refused: "It cannot be applied.",
};

/** All that is known of it, a line for each. */
export function tooltipOf(change: FileChange): string {
  const { path, from, standing, refusal, isProtected, isBinary, type } = change;
  return [
    from === undefined ? shownName(path) : `${shownName(from)} → ${shownName(path)}`,
    `${markOf({ kind: change.kind, standing: "clean" }).words} in the sandbox${type === "symlink" ? " (a link)" : ""}. ${sentences[standing]}`,
    ...(refusal === undefined ? [] : [shownName(refusal)]),
    ...(isProtected ? ["Protected: other programs run or obey this file. It is applied only by itself, never with all."] : []),
    ...(isBinary ? ["It is not text, or too large, so there is no diff."] : []),
  ].join("\n");
}

/** What a screen reader says of the row. */
export function spokenOf(change: FileChange): string {
  const words = standingWords(change).replaceAll(" · ", ", ");
  return [nameOf(change.path), markOf({ ...change, standing: "clean" }).words, words, folderOf(change.path)]
    .filter((part) => part !== "")
    .join(", ");
}

/** What the menus of the row go by, in one string. */
export function contextOf({ kind, standing, isBinary }: FileChange): string {
  const isOnHost = kind === "changed" || kind === "deleted" || standing === "same" || standing === "conflicts";
  return [
    "change",
    ...(isBinary ? [] : ["text"]),
    ...(standing === "clean" || standing === "merges" ? ["canApply"] : []),
    ...(standing === "conflicts" && !isBinary && kind !== "deleted" ? ["conflicts"] : []),
    ...(isOnHost ? ["onHost"] : []),
    ...(kind === "deleted" || isBinary ? [] : ["inSandbox"]),
  ].join(" ");
}

/** As a person reads it. */
export const nameOf = (path: string): string => shownName(path.slice(path.lastIndexOf("/") + 1));

const folderOf = (path: string): string => shownName(path.slice(0, Math.max(0, path.lastIndexOf("/"))));

/** How many files, in words. */
export const countWords = (count: number): string => (count === 1 ? "1 file" : `${count} files`);
