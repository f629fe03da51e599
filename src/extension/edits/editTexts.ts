import { textOf } from "../../protocol/content.ts";
import type { ActionEvent, Event, ObservationEvent } from "../../protocol/events.ts";
import { changeMadeBy, type FileChange } from "../../protocol/progress.ts";
import type { ActionResult } from "../../protocol/view.ts";
import { textAfter } from "../../tools/fileEditor.ts";

/** An action of the log, and what came of it, if anything has. */
export interface Acted {
  readonly action: ActionEvent;
  readonly result?: ActionResult;
}

/** The edit that was done; undefined when the action was none, or has failed. */
export function doneEdit({ result }: Acted): FileChange | undefined {
  if (result?.kind !== "ObservationEvent" || result.observation.kind !== "FileEditorObservation") return undefined;
  return changeMadeBy(result.observation);
}

/** The file that an edit is about, done or not. */
export function editedPath({ action }: Acted): string | undefined {
  return action.action?.kind === "FileEditorAction" && action.action.command !== "view" ? action.action.path : undefined;
}

/** What an edit that waits would make of a file with this text (null: no file); throws a sentence when it could not be done. */
export function proposedText({ action: { action } }: Acted, now: string | null): string {
  if (action?.kind !== "FileEditorAction" || action.command === "view") throw new Error("This action edits no file.");
  if (action.command === "undo_edit") throw new Error("What an undo makes of the file is known when it is done.");
  if (now === null && action.command !== "create") throw new Error(`There is no file ${action.path} to edit.`);
  return textAfter(action, now ?? "");
}

/** Where a command's whole output was kept, when it was too long for its result; the file lives as long as the runtime. */
export function wholeOutputPath({ result }: Acted): string | undefined {
  if (result?.kind !== "ObservationEvent" || result.observation.kind !== "TerminalObservation") return undefined;
  const { full_output_save_dir: folder, content } = result.observation;
  const text = textOf(content);
  const at = folder ? text.lastIndexOf(`${folder}/`) : -1;
  return at < 0 ? undefined : /^\S+?\.txt/.exec(text.slice(at))?.[0];
}

/** Whether `event` says what came of `action`. */
export function isResultOf(action: ActionEvent, event: Event): event is ObservationEvent | Exclude<ActionResult, ObservationEvent> {
  if (event.kind === "ObservationEvent" || event.kind === "UserRejectObservation") return event.action_id === action.id;
  return event.kind === "AgentErrorEvent" && event.tool_call_id === action.tool_call_id;
}
