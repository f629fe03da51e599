import { type DiffLine, lineDiff, withContext } from "../protocol/lineDiff.ts";
import { linesOf } from "./numberedLines.ts";

/** Of all texts together; the ones that were seen first are forgotten first. */
const mostCharacters = 32_000_000;
const mostDiffLines = 60;
const longestLine = 300;

/**
 * What the model last saw of each file, by path: from its views and from its own edits.
 *
 * An edit that names its text is safe by itself: either exactly that text is still there, once, or nothing is changed. An edit that names a
 * line number is not, because lines move when somebody else edits. So only the latter needs that the lines up to it are as they were seen.
 */
export class SeenFiles {
  readonly #texts = new Map<string, string>();
  #characters = 0;

  see(path: string, text: string): void {
    this.forget(path);
    this.#texts.set(path, text);
    this.#characters += text.length;
    for (const [oldest] of this.#texts) {
      if (this.#characters <= mostCharacters) return;
      this.forget(oldest);
    }
  }

  forget(path: string): void {
    this.#characters -= this.#texts.get(path)?.length ?? 0;
    this.#texts.delete(path);
  }

  /** Whether `line` of `text` and the one after it are where the model believes them to be; true when it has not seen the file. */
  isSameUpTo(line: number, path: string, text: string): boolean {
    const seen = this.#texts.get(path);
    if (seen === undefined || seen === text) return true;
    const now = linesOf(text).slice(0, line + 1);
    const before = linesOf(seen).slice(0, line + 1);
    return now.length === before.length && now.every((one, index) => one === before[index]);
  }

  /** What is different from what the model saw, as the lines of a diff; undefined when nothing is. */
  changes(path: string, text: string): string | undefined {
    const seen = this.#texts.get(path);
    return seen === undefined ? undefined : differences(seen, text);
  }
}

/** The changed lines with two around them, at most sixty; undefined when nothing is different. */
export function differences(before: string, now: string): string | undefined {
  if (before === now) return undefined;
  const lines = withContext(lineDiff(before, now), 2).map(diffLine);
  if (lines.length === 0) return "(only line ends or the end of the file)";
  const cut = lines.length > mostDiffLines ? `\n[… ${lines.length - mostDiffLines} more lines]` : "";
  return lines.slice(0, mostDiffLines).join("\n") + cut;
}

const signs = { same: " ", old: "-", new: "+" };

function diffLine(line: DiffLine | undefined): string {
  if (line === undefined) return "…";
  const number = String(line.newNumber ?? line.oldNumber ?? "").padStart(6);
  return `${signs[line.side]}${number}\t${line.text.slice(0, longestLine).toWellFormed()}`;
}
