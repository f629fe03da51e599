import { posix } from "node:path";
import { GlobAction, GrepAction } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import { isSecret } from "../protocol/protectedPaths.ts";
import type { FoundFile, SearchGap } from "../protocol/runtime.ts";
import { EditError } from "./edits.ts";
import { checkPath } from "./filePath.ts";
import { pathRisk } from "./pathRisk.ts";
import { isAnswer, type ToolContext } from "./tool.ts";
import { toolOf } from "./toolOf.ts";

const mostCharacters = 30_000;

export const globTool = toolOf<GlobAction>({
  name: "glob",
  kind: "GlobAction",
  description: `Finds files by name; better than find or ls. To search in files, use grep.
- *.ts is for names at any depth, src/**/*.ts for paths below \`path\`. {a,b}, ? and [a-z] work, too.
- At most 100 files, the newest first. What git ignores, .git and node_modules are left out.`,
  action: GlobAction,
  parameters: { path: "Absolute directory; without it, the workspace." },
  isReadOnly: true,
  risk: (action, context) => pathRisk(placeOf(action, context).path, "read", context),
  run: async (action, context) => {
    const place = placeOf(action, context);
    const { text, paths, ...rest } = await looked(place.path, context, async () => {
      const { files, gaps } = await context.runtime.search.glob(place, context.signal);
      const all = files.map(({ path }) => path);
      const found = all.length === 0 ? `No file below ${place.path} fits ${place.pattern}.` : all.join("\n");
      return { text: bounded(found) + gapNotes(gaps), paths: all, truncated: gaps.length > 0 };
    });
    const about = { pattern: action.pattern, search_path: place.path };
    return { kind: "GlobObservation", content: [textContent(text)], ...about, files: paths, ...rest };
  },
});

export const grepTool = toolOf<GrepAction>({
  name: "grep",
  kind: "GrepAction",
  description: `Searches in files for a regular expression, in any case; better than the grep command. To find files by name, use glob.
- Shows the first five matching lines of each file; at most 100 files, the newest first.
- \`include\` is a glob for names of files (*.ts).
- Left out: what git ignores, hidden directories, node_modules, binary files, likely secrets.`,
  action: GrepAction,
  parameters: { path: "Absolute directory; without it, the workspace." },
  isReadOnly: true,
  risk: (action, context) => pathRisk(action.path ?? context.runtime.info.workingDir, "read", context),
  run: async ({ pattern, path: given, include }, context) => {
    const path = given ?? context.runtime.info.workingDir;
    const { text, paths, ...rest } = await looked(path, context, async () => {
      const request = { pattern, path: posix.normalize(path), ...(include == null ? {} : { include }) };
      const { files, gaps } = await context.runtime.search.grep(request, context.signal);
      const shown = files.filter((file) => !isSecret(file.path));
      const found = shown.length === 0 ? `No line in a file below ${path} matches ${pattern}.` : shown.map(linesText).join("\n");
      const notes = secretNote(files.length - shown.length) + gapNotes(gaps);
      return { text: bounded(found) + notes, paths: shown.map((file) => file.path), truncated: gaps.length > 0 };
    });
    const about = { pattern, search_path: path, ...(include == null ? {} : { include_pattern: include }) };
    return { kind: "GrepObservation", content: [textContent(text)], ...about, matches: paths, ...rest };
  },
});

interface Found {
  readonly text: string;
  readonly paths: string[];
  readonly truncated: boolean;
}

/** What `look` has found at `path`, or why nothing could be. */
async function looked(path: string, context: ToolContext, look: () => Promise<Found>): Promise<Found & { readonly is_error: boolean }> {
  try {
    await checkPath(path, context);
    return { ...(await look()), is_error: false };
  } catch (error) {
    if (!(error instanceof EditError) && !isAnswer(error)) throw error;
    return { text: error.message, paths: [], truncated: false, is_error: true };
  }
}

/** An absolute pattern says itself where to look: up to its first part that is no plain name. */
function placeOf(
  { pattern, path }: GlobAction,
  { runtime }: Pick<ToolContext, "runtime">,
): { readonly pattern: string; readonly path: string } {
  const folder = posix.normalize(path ?? runtime.info.workingDir);
  if (!posix.isAbsolute(pattern)) {
    // Names before the first wildcard may lead up and out, so that they are part of the path that is judged.
    const [first = "", ...rest] = pattern.split("/");
    return first === ".." && rest.length > 0
      ? placeOf({ kind: "GlobAction", pattern: rest.join("/"), path: posix.dirname(folder) }, { runtime })
      : { pattern, path: folder };
  }
  const parts = pattern.split("/");
  const magic = parts.findIndex((part) => /[*?[{]/.test(part));
  const end = magic === -1 ? parts.length - 1 : magic;
  return { pattern: `./${parts.slice(end).join("/")}`, path: posix.normalize(parts.slice(0, end).join("/") || "/") };
}

function linesText({ path, lines }: FoundFile): string {
  return [path, ...lines.map(({ number, text }) => `${String(number).padStart(6)}\t${text}`)].join("\n");
}

function bounded(text: string): string {
  if (text.length <= mostCharacters) return text;
  const end = text.lastIndexOf("\n", mostCharacters);
  return `${text.slice(0, end)}\n[… more is left out; search in fewer files]`;
}

const gapWords: Readonly<Record<SearchGap, string>> = {
  more: "There are more files than these, which were changed last. Narrow the search.",
  time: "The time was up before all was searched. Search in a smaller directory.",
  size: "There are too many files to look at all. Search in a smaller directory.",
  unreadable: "Some files or directories could not be read.",
};

function gapNotes(gaps: readonly SearchGap[]): string {
  return gaps.map((gap) => `\n[${gapWords[gap]}]`).join("");
}

function secretNote(count: number): string {
  if (count === 0) return "";
  return `\n[${count} ${count === 1 ? "file that matches is" : "files that match are"} not shown: ${count === 1 ? "it" : "they"} may hold secrets.]`;
}
