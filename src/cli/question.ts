import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { FileEditorAction } from "../protocol/actions.ts";
import type { CommandOf } from "../protocol/commands.ts";
import { consequenceOf, mayBeRemembered } from "../protocol/consequences.ts";
import { displayAction, type Folders } from "../protocol/display.ts";
import type { ActionEvent } from "../protocol/events.ts";
import { lineDiff } from "../protocol/lineDiff.ts";
import { whyAsked } from "../protocol/riskReasons.ts";
import type { ConfirmationPolicy } from "../protocol/state.ts";
import { visibleText } from "../protocol/visibleText.ts";
import { diffLines } from "./rowText.ts";
import { isTerminal, safe } from "./terminalText.ts";

export type Answer = Pick<CommandOf<"confirmation.respond">, "accept" | "reason" | "remember">;

/** What is asked, and where. */
export interface Question {
  readonly actions: readonly ActionEvent[];
  readonly policy: ConfirmationPolicy | undefined;
  readonly folders: Folders;
}

/** Asks the person whether these actions may be done, which it shows whole, and why it asks. Undefined when it was stopped meanwhile. */
export async function askPerson({ actions, policy, folders }: Question, stop: AbortSignal): Promise<Answer | undefined> {
  for (const action of actions) process.stderr.write(`\n${proposal(action, folders)}`);
  process.stderr.write(`  ${whyAsked(actions, policy)}\n`);
  await forgetTyped();
  const canRemember = mayBeRemembered(actions, policy);
  const choices = canRemember ? "[o]nce, [a]lways exactly this, [n]o" : "[y]es, [n]o";
  const reply = (await readLine(`Allow? ${choices}, or a reason for the agent: `, stop)).trim();
  if (stop.aborted) return undefined;
  if (canRemember && /^a(lways)?$/i.test(reply)) return { accept: true, remember: true };
  if (/^(?:y(es)?|o(nce)?)$/i.test(reply)) return { accept: true };
  return { accept: false, ...(/^n?o?$/i.test(reply) ? {} : { reason: reply }) };
}

/** What cannot be seen, or turns a text around, is written out: the person says yes to what they read. */
function proposal(event: ActionEvent, folders: Folders): string {
  const { plan, target } = displayAction({ event }, folders);
  const { action } = event;
  const body = action?.kind === "FileEditorAction" ? changeLines(action) : action?.kind === "(other)" ? [event.tool_call.arguments] : [];
  const lines = `${plan} ${target.trim()}`.split("\n");
  const length = lines.length > 20 ? `  (${lines.length} lines)\n` : "";
  const told = [...lines, ...body.map((line) => `  ${line}`)].map((line) => `  ${visibleText(line)}\n`).join("");
  return told + length + consequenceLine(event);
}

/** What stands out in a command, in words. */
function consequenceLine({ action }: ActionEvent): string {
  const { text = "" } = action?.kind === "TerminalAction" && !action.is_input ? (consequenceOf(action.command) ?? {}) : {};
  return text === "" ? "" : `  ${visibleText(text)}\n`;
}

function changeLines(action: FileEditorAction): string[] {
  switch (action.command) {
    case "create":
      return diffLines(lineDiff("", action.file_text ?? ""));
    case "str_replace":
      return diffLines(lineDiff(action.old_str ?? "", action.new_str ?? ""));
    case "insert":
      return diffLines(lineDiff("", action.new_str ?? ""));
    case "view":
    case "undo_edit":
      return [];
  }
}

const controlC = "\x03";
const lookMs = 50;

/** What was typed before the question stood there is no answer to it. */
async function forgetTyped(): Promise<void> {
  const { stdin } = process;
  const forget = (typed: Buffer): void => void (typed.includes(controlC) && process.emit("SIGINT"));
  // A line that is not ended yet is given away in this mode, too.
  stdin.setRawMode(true);
  stdin.on("data", forget);
  await sleep(lookMs);
  stdin.off("data", forget);
  stdin.pause();
  stdin.setRawMode(false);
}

async function readLine(prompt: string, stop: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Because while a line is edited, Ctrl-C is a key like any other.
  lines.on("SIGINT", () => process.emit("SIGINT"));
  // Because the end of the input answers nothing: without this the question would stand for ever.
  const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
  try {
    return await Promise.race([lines.question(prompt, { signal: stop }), ended]);
  } catch {
    // Stopped while it asked: nobody said yes.
    return "";
  } finally {
    lines.close();
  }
}

/** Asks with yes or no; false where nobody can be asked, and when it was stopped. */
export async function isSure(question: string, stop: AbortSignal): Promise<boolean> {
  if (!isTerminal(process.stdin) || !isTerminal(process.stderr)) return false;
  return /^y(?:es)?$/i.test((await readLine(`${safe(question)} [y]es, [n]o: `, stop)).trim());
}
