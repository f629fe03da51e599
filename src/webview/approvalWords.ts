import { type Consequence, consequenceOf } from "../protocol/consequences.ts";
import { displayAction, type Folders } from "../protocol/display.ts";
import type { ActionEvent } from "../protocol/events.ts";
import { visibleText } from "../protocol/visibleText.ts";

export { mayBeRemembered } from "../protocol/consequences.ts";

/** The question in a few words: "Run this command?", "Edit src/date.ts?", "Allow 3 actions?". */
export function approvalTitle(actions: readonly ActionEvent[], folders: Folders): string {
  const [event] = actions;
  if (event === undefined || actions.length > 1) return `Allow ${actions.length} actions?`;
  const { plan, target } = displayAction({ event }, folders);
  return event.action?.kind === "TerminalAction" ? terminalTitle(event.action.is_input ?? false) : `${plan} ${visibleText(target)}?`;
}

/** What a command does that stands out, in words; undefined when nothing does, or when it is no command. */
export function consequenceOfAction({ action }: ActionEvent): Consequence | undefined {
  return action?.kind === "TerminalAction" && action.is_input !== true ? consequenceOf(action.command) : undefined;
}

function terminalTitle(isInput: boolean): string {
  return isInput ? "Type this into the terminal?" : "Run this command?";
}
