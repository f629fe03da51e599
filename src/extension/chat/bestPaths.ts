import path from "node:path";

const mostShown = 50;

/**
 * The paths that have all letters of `query` in their order, best first: those with the query as one piece in the file's name, then in its path
 * below `folders`, then scattered; of equals the shorter one.
 */
export function bestPaths(paths: readonly string[], query: string, folders: readonly string[]): string[] {
  const wanted = query.trim().toLowerCase().replaceAll("\\", "/");
  const ranked = paths.flatMap((file) => {
    const shown = below(file, folders);
    const rank = rankOf(shown.toLowerCase(), wanted);
    return rank === undefined ? [] : [{ file, shown, rank }];
  });
  ranked.sort((a, b) => a.rank - b.rank || a.shown.length - b.shown.length || (a.shown < b.shown ? -1 : 1));
  return ranked.slice(0, mostShown).map(({ file }) => file);
}

function below(file: string, folders: readonly string[]): string {
  const folder = folders.find((candidate) => file.startsWith(candidate + path.sep));
  return (folder === undefined ? file : path.relative(folder, file)).replaceAll(path.sep, "/");
}

/** Undefined: it does not fit. */
function rankOf(shown: string, wanted: string): number | undefined {
  const name = shown.slice(shown.lastIndexOf("/") + 1);
  if (name.startsWith(wanted)) return 0;
  if (name.includes(wanted)) return 1;
  if (shown.includes(wanted)) return 2;
  return hasInOrder(shown, wanted) ? 3 : undefined;
}

function hasInOrder(text: string, letters: string): boolean {
  let from = 0;
  for (const letter of letters) {
    const at = text.indexOf(letter, from);
    if (at < 0) return false;
    from = at + letter.length;
  }
  return true;
}
