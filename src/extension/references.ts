import path from "node:path";

export interface Selected {
  readonly place: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly language: string;
  readonly text: string;
}

/** So much of a selection is quoted; of a longer one the place is enough, because the agent can read the file. */
const mostCharacters = 8_000;

/** A selection as text for the agent: where it is, and what it says. */
export function selectionText({ place, firstLine, lastLine, language, text }: Selected): string {
  const lines = firstLine === lastLine ? `${firstLine}` : `${firstLine}-${lastLine}`;
  if (text.length > mostCharacters) return `${place}:${lines}\n`;
  // A fence that the text does not have in it.
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `${place}:${lines}\n${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}\n`;
}

/** A path as it is written to the agent: below the folder that has it, with that folder's name where there are several. */
export function placeOf(file: string, folders: readonly string[]): string {
  const folder = folders.find((candidate) => file.startsWith(candidate + path.sep));
  if (folder === undefined) return file;
  const below = path.relative(folder, file).replaceAll(path.sep, "/");
  return folders.length > 1 ? `${path.basename(folder)}/${below}` : below;
}
