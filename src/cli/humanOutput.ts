import { stripVTControlCharacters, styleText } from "node:util";
import { displayAction, displayDuration, resultText } from "../protocol/display.ts";
import { diffCounts, lineDiff, withContext } from "../protocol/lineDiff.ts";
import type { Notification } from "../protocol/notifications.ts";
import { type ActionRow, initialView, type Row, reduceView, type View } from "../protocol/view.ts";
import type { Output } from "./output.ts";

export interface HumanOptions {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Whether every step is shown, or only the answer. */
  readonly showsSteps: boolean;
  readonly hasColors: boolean;
}

type Style = "dim" | "green" | "red" | "bold" | "yellow";
const maxOutputLines = 12;

/** For people: one line per action, the output of what failed, and the answer. */
export function humanOutput({ stdout, stderr, showsSteps, hasColors }: HumanOptions): Output {
  const paint = (style: Style, text: string): string => (hasColors ? styleText(style, text, { validateStream: false }) : text);
  let view = initialView;
  let printed = 0;

  /** Rows are printed in order, each once, when nothing about it will change any more. */
  function show(notification: Notification): void {
    view = reduceView(view, notification);
    if (notification.type === "llm.waiting" && showsSteps) {
      stdout.write(paint("dim", `  ${notification.reason} Next try in ${Math.ceil(notification.retryInMs / 1000)} s.\n`));
    }
    for (let row = view.rows[printed]; row !== undefined && isComplete(row); row = view.rows[++printed]) print(row);
  }

  function print(row: Row): void {
    if (row.type === "error") stderr.write(paint("red", `${row.detail}\n`));
    if (!showsSteps) return;
    if (row.type === "agent" && row.text !== "") stdout.write(`\n${safe(row.text.trim())}\n`);
    if (row.type === "action" && row.event.action?.kind !== "FinishAction") stdout.write(actionLines(row, view, paint));
    if (row.type === "notice") stdout.write(paint("yellow", `${row.text}\n`));
  }

  return {
    show,
    say: (sentence) => stderr.write(`${sentence}\n`),
    end: () => {
      const answer = finalAnswer(view, showsSteps);
      if (answer !== "") stdout.write(showsSteps ? `\n${paint("bold", "Finished")}\n${safe(answer)}\n` : `${safe(answer)}\n`);
    },
  };
}

function isComplete(row: Row): boolean {
  return row.type !== "action" || row.result !== undefined;
}

function actionLines(row: ActionRow, view: View, paint: (style: Style, text: string) => string): string {
  const { verb, target, outcome, status } = displayAction(row, view.state.working_dir ?? "");
  const mark = status === "done" ? paint("green", "✓") : paint("red", "✗");
  const took = row.result ? displayDuration(row.startedAt, row.result.timestamp) : "";
  const tail = [outcome, row.event.action?.kind === "TerminalAction" ? took : ""].filter((part) => part !== "").join(" · ");
  const line = `${mark} ${verb} ${oneLine(target)}${tail === "" ? "" : paint("dim", ` · ${tail}`)}\n`;
  const body = status === "done" ? editLines(row) : lastLines(resultText(row.result));
  return line + body.map((text) => paint("dim", `    ${text}\n`)).join("");
}

function lastLines(text: string): string[] {
  const lines = safe(text).trimEnd().split("\n");
  const left = lines.length - maxOutputLines;
  return left > 1 ? [`… ${left} lines above`, ...lines.slice(-maxOutputLines)] : lines;
}

function editLines({ result }: ActionRow): string[] {
  const observation = result?.kind === "ObservationEvent" ? result.observation : undefined;
  if (observation?.kind !== "FileEditorObservation" || observation.old_content == null || observation.new_content == null) return [];
  const diff = lineDiff(observation.old_content, observation.new_content);
  const { added, removed } = diffCounts(diff);
  if (added + removed > maxOutputLines) return [];
  const signs = { same: " ", old: "-", new: "+" };
  return withContext(diff, 1).map((line) => (line ? `${signs[line.side]} ${safe(line.text)}` : "…"));
}

/** The message of the finish call, or the model's last words. */
function finalAnswer(view: View, isShownAlready: boolean): string {
  const last = view.rows.at(-1);
  if (last?.type === "action" && last.event.action?.kind === "FinishAction") return last.event.action.message;
  return last?.type === "agent" && !isShownAlready ? last.text : "";
}

/** Because text of a model or a program must not move the person's cursor or change their terminal. */
function safe(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, "");
}

function oneLine(text: string): string {
  const [first = "", ...rest] = safe(text).split("\n");
  return rest.length === 0 ? first : `${first} …`;
}
