import type { Condensation, HookExecutionEvent } from "./events.ts";

/** What a notice in the log says. */
export const condensedText =
  "The older part of the conversation was summarized, because it had become too long for the model. Nothing is lost here.";

export const wentBackText =
  "The conversation was set back to an earlier point. What stands above is kept, but from here on the model reads it only up to there.";

export function interruptText(steps: number): string {
  return `Stopped by you after ${steps === 1 ? "1 step" : `${steps} steps`}. The changes are kept.`;
}

/** What a notice says of an event; `summary` is what stands behind it. */
export interface NoticeText {
  readonly text: string;
  readonly summary?: string;
  readonly isTrouble?: true;
}

export function condensationNotice({ summary }: Condensation): NoticeText {
  return { text: condensedText, ...(summary ? { summary } : {}) };
}

/** A hook is a command that a client has sent; what it wrote stands behind the notice. */
export function hookNotice(event: HookExecutionEvent): NoticeText {
  const { hook_event_type: type, hook_command, tool_name, success, blocked, exit_code, reason, error } = event;
  const said = [event.stdout, event.stderr].map((text) => text.trim()).filter((text) => text !== "");
  const summary = [`$ ${hook_command}`, ...said].join("\n");
  const hook = `The hook ${type}${tool_name ? ` of ${tool_name}` : ""}`;
  if (blocked)
    return { text: `${hook} said no: ${shortened(reason || event.stderr.trim() || "it gave no reason")}`, summary, isTrouble: true };
  if (success) return { text: `${hook} ran`, summary };
  return { text: `${hook} failed: ${shortened(error || `exit code ${exit_code}`)}`, summary, isTrouble: true };
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
