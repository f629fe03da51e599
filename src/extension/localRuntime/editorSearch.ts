import { posix, relative, sep } from "node:path";
import * as vscode from "vscode";
import type { FoundFile, GrepRequest, SearchResult } from "../../protocol/runtime.ts";
import { mostFiles } from "../../runtime/machine/searchEngine.ts";
import { globMatcher } from "../../runtime/machine/searchGlob.ts";
import { lineFinder } from "../../runtime/machine/searchLines.ts";
import { RuntimeError, type Search } from "../../runtime/runtime.ts";
import type { Place } from "./place.ts";

/**
 * A search of `disk` that finds in a file with unsaved changes what the person has typed, as reading the file does, and not what is on the
 * disk. These files come first, and are searched even where git ignores them.
 */
export function editorSearch(disk: Search, place: Place): Search {
  return {
    glob: (request, signal) => disk.glob(request, signal),
    grep: async (request, signal) => {
      const result = await disk.grep(request, signal);
      const unsaved = unsavedBelow(request, place);
      return unsaved.size === 0 ? result : withUnsaved(result, unsaved, request.pattern);
    },
  };
}

/** The texts of those files that the search is about, by their paths. */
function unsavedBelow({ path: folder, include }: GrepRequest, place: Place): ReadonlyMap<string, string> {
  const isWanted = include === undefined ? () => true : globMatcher(include, { braces: "groups" });
  const texts = new Map<string, string>();
  for (const document of vscode.workspace.textDocuments) {
    const file = document.isDirty && !document.isUntitled ? place.pathOf(document.uri) : undefined;
    if (file === undefined || !isWanted(posix.basename(file))) continue;
    const folders = relative(folder, file).split(sep).slice(0, -1);
    const isOutside = folders.some((name) => name.startsWith(".") || name === "node_modules");
    if (!isOutside) texts.set(file, document.getText());
  }
  return texts;
}

function withUnsaved({ files, gaps }: SearchResult, unsaved: ReadonlyMap<string, string>, pattern: string): SearchResult {
  const onDisk = files.filter(({ path }) => !unsaved.has(path));
  try {
    const find = lineFinder(pattern);
    const found: FoundFile[] = [...unsaved].map(([path, text]) => ({ path, lines: find(Buffer.from(text)) }));
    const all = [...found.filter(({ lines }) => lines.length > 0), ...onDisk];
    return { files: all.slice(0, mostFiles), gaps: all.length > mostFiles ? [...new Set([...gaps, "more" as const])] : gaps };
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    // Because ripgrep knows patterns that JavaScript does not: then these files are left out, and that is told.
    return { files: onDisk, gaps: [...new Set([...gaps, "unreadable" as const])] };
  }
}
