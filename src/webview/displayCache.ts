import { type ActionDisplay, displayAction, type Folders } from "../protocol/display.ts";
import type { ActionRow } from "../protocol/view.ts";

/** A row never changes, so its words are made once. */
export function displayCache(folders: Folders): (row: ActionRow) => ActionDisplay {
  const known = new WeakMap<ActionRow, ActionDisplay>();
  return (row) => {
    const display = known.get(row) ?? displayAction(row, folders);
    known.set(row, display);
    return display;
  };
}
