import type { ChatSession } from "../protocol/chat.ts";
import { type ActionDisplay, displayAction, type Folders, relativePath } from "../protocol/display.ts";
import { shownFolders, shownPath } from "../protocol/sandbox.ts";
import type { ActionRow, View } from "../protocol/view.ts";

/** A row never changes, so its words are made once. */
export function displayCache(folders: Folders): (row: ActionRow) => ActionDisplay {
  const known = new WeakMap<ActionRow, ActionDisplay>();
  return (row) => {
    const display = known.get(row) ?? displayAction(row, folders);
    known.set(row, display);
    return display;
  };
}

type Shown = Pick<View, "state">;

/** Where the conversation acts, as the agent sees it, or where a new one would. */
export function foldersOf({ state }: Shown, session: ChatSession | undefined): readonly string[] {
  return state.working_dir === undefined ? (session?.folders ?? [""]) : shownFolders(state);
}

/** A file of the person's, as it is written to the agent. */
export function placeOf(path: string, { state }: Shown, session: ChatSession | undefined): string {
  return relativePath(shownPath(path, state), foldersOf({ state }, session));
}
