import { displayAction, displayDuration, type Folders, resultText } from "../protocol/display.ts";
import { diffCounts, lineDiff, withContext } from "../protocol/lineDiff.ts";
import type { ActionRow, Row } from "../protocol/view.ts";
import { oneLine, type Paint, safe } from "./terminalText.ts";

export interface RowStyle {
  readonly paint: Paint;
  /** Everything: whole outputs, whole commands, and what the model thought. */
  readonly isVerbose: boolean;
  /** Paths below them are shortened. */
  readonly folders: Folders;
}

const maxOutputLines = 12;

/** A row as it stands on a terminal, with its newline; empty when there is nothing to show. */
export function rowText(row: Row, style: RowStyle): string {
  switch (row.type) {
    case "user":
      return block(`> ${row.text.trim()}`);
    case "agent":
      return reasoningText(row.reasoning, style) + (row.text.trim() === "" ? "" : block(row.text));
    case "action":
      return row.event.action?.kind === "FinishAction" ? finishText(row.event.action.message, style) : actionText(row, style);
    case "error":
      return style.paint("red", `${safe(row.detail)}\n`);
    case "notice":
      // A hook that has nothing to say is no news.
      return row.reason === "hook" && !row.isTrouble && !style.isVerbose ? "" : style.paint("yellow", `${safe(row.text)}\n`);
  }
}

function block(text: string): string {
  return `\n${safe(text.trim())}\n`;
}

function reasoningText(reasoning: string, { isVerbose, paint }: RowStyle): string {
  return isVerbose && reasoning.trim() !== "" ? paint("dim", block(reasoning)) : "";
}

function finishText(message: string, { paint }: RowStyle): string {
  return `\n${paint("bold", "Finished")}\n${safe(message.trim())}\n`;
}

/** One line for what was done, and below it the output of what failed, or a small edit. */
function actionText(row: ActionRow, style: RowStyle): string {
  const { paint, isVerbose } = style;
  const { verb, plan, target, outcome, status } = displayAction(row, style.folders);
  const mark = status === "done" ? paint("green", "✓") : status === "open" ? "…" : paint("red", "✗");
  const took = row.event.action?.kind === "TerminalAction" && row.result ? displayDuration(row.startedAt, row.result.timestamp) : "";
  const tail = [outcome, took, row.event.granted ? "allowed earlier" : ""].filter((part) => part !== "").join(" · ");
  const what = isVerbose ? safe(target.trim()).replaceAll("\n", "\n    ") : oneLine(target);
  const line = `${mark} ${status === "open" ? plan : verb} ${what}`.trimEnd() + (tail === "" ? "" : paint("dim", ` · ${tail}`));
  return [line, ...bodyOf(row, status === "done", isVerbose).map((text) => paint("dim", `    ${text}`)), ""].join("\n");
}

function bodyOf(row: ActionRow, isDone: boolean, isVerbose: boolean): string[] {
  const isCommand = row.event.action?.kind === "TerminalAction";
  if (isDone && !(isVerbose && isCommand)) return editLines(row, isVerbose ? Infinity : maxOutputLines);
  const text = safe(resultText(row.result)).trimEnd();
  if (text === "") return [];
  const lines = text.split("\n");
  const left = lines.length - maxOutputLines;
  return isVerbose || left <= 1 ? lines : [`… ${left} lines above`, ...lines.slice(-maxOutputLines)];
}

function editLines({ result }: ActionRow, most: number): string[] {
  const observation = result?.kind === "ObservationEvent" ? result.observation : undefined;
  if (observation?.kind !== "FileEditorObservation" || observation.old_content == null || observation.new_content == null) return [];
  const diff = lineDiff(observation.old_content, observation.new_content);
  const { added, removed } = diffCounts(diff);
  return added + removed > most ? [] : diffLines(diff).map(safe);
}

const signs = { same: " ", old: "-", new: "+" };

/** The changed lines with one line around them, each with its sign. */
export function diffLines(diff: ReturnType<typeof lineDiff>): string[] {
  return withContext(diff, 1).map((line) => (line ? `${signs[line.side]} ${line.text}` : "…"));
}
