import { type Consequence, consequenceOf, mayBeGranted } from "../protocol/consequences.ts";
import { displayAction, type Folders } from "../protocol/display.ts";
import type { ActionEvent } from "../protocol/events.ts";
import type { ConfirmationPolicy } from "../protocol/state.ts";
import { visibleText } from "../protocol/visibleText.ts";

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

/** Whether the answer can hold for the next time as well: only where commands are asked about, and only of these it is known that they are the same. */
export function mayBeRemembered(actions: readonly ActionEvent[], policy: ConfirmationPolicy | undefined): boolean {
  return policy?.kind === "ConfirmRisky" && actions.every(({ action }) => mayBeGranted(action));
}

function terminalTitle(isInput: boolean): string {
  return isInput ? "Type this into the terminal?" : "Run this command?";
}
