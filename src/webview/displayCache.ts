import { type ActionDisplay, displayAction } from "../protocol/display.ts";
import type { ActionRow } from "../protocol/view.ts";

/** A row never changes, so its words are made once. */
export function displayCache(workingDir: string): (row: ActionRow) => ActionDisplay {
  const known = new WeakMap<ActionRow, ActionDisplay>();
  return (row) => {
    const display = known.get(row) ?? displayAction(row, workingDir);
    known.set(row, display);
    return display;
  };
}
