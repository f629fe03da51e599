import type { ChatSession } from "../protocol/chat.ts";
import { type ActionDisplay, displayAction, type Folders } from "../protocol/display.ts";
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

/** Where the conversation acts, or a new one would. */
export function foldersOf({ state }: View, session: ChatSession | undefined): Folders {
  return state.folders ?? state.working_dir ?? session?.folders ?? "";
}
