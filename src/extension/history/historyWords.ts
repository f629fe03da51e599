import path from "node:path";
import type { ListedConversation } from "../../protocol/summary.ts";
import { age } from "../activity/age.ts";
import { titleOf } from "../activity/titles.ts";

/** A conversation of the list, as it is now. */
export interface HistoryEntry extends ListedConversation {
  /** How many actions wait for the person's answer. */
  readonly waiting: number;
  /** Its server cannot be reached. */
  readonly isAway?: boolean;
}

/** How a conversation stands, in one word of the list. */
export type Standing = "running" | "asking" | "elsewhere" | "away" | "finished" | "paused" | "failed" | "idle";

export function standingOf({ execution_status, isOpenElsewhere, isAway, waiting }: HistoryEntry): Standing {
  if (isAway) return "away";
  if (isOpenElsewhere) return "elsewhere";
  switch (execution_status) {
    case "running":
      return "running";
    case "waiting_for_confirmation":
      return waiting > 0 ? "asking" : "paused";
    case "finished":
      return "finished";
    case "paused":
      return "paused";
    case "error":
    case "stuck":
      return "failed";
    case "idle":
    case "deleting":
      return "idle";
  }
}

/** What stands behind the title: its age, and its folder where that is another one than those of the window. */
export function descriptionOf({ updated_at, working_dir }: HistoryEntry, isHere: boolean, now = Date.now()): string {
  const folder = working_dir === undefined || isHere ? [] : [path.basename(working_dir)];
  return [age(updated_at, now), ...folder].join(" · ");
}

const standingWords: Readonly<Record<Standing, string>> = {
  running: "Running",
  asking: "Needs your answer",
  elsewhere: "Another window works on it; here it can be read",
  away: "Its server cannot be reached",
  finished: "Finished",
  paused: "Paused",
  failed: "Stopped by an error",
  idle: "Not started",
};

/** All that is known of it, a line for each. */
export function tooltipOf(entry: HistoryEntry): string {
  const { model, accumulated_cost, created_at, working_dir } = entry;
  const cost = accumulated_cost === undefined ? undefined : accumulated_cost === null ? "not known" : `$${accumulated_cost.toFixed(2)}`;
  const created = Number.isNaN(Date.parse(created_at)) ? undefined : new Date(created_at).toLocaleString();
  const facts = [
    ["Model", model],
    ["Cost", cost],
    ["Created", created],
    ["Folder", working_dir],
  ].flatMap(([name, value]) => (value === undefined ? [] : `${name}: ${value}`));
  return [titleOf(entry), standingWords[standingOf(entry)], ...facts].join("\n");
}

/** What a screen reader says of the row. */
export function spokenOf(entry: HistoryEntry, now = Date.now()): string {
  return `${titleOf(entry)}, ${standingWords[standingOf(entry)]}, ${age(entry.updated_at, now)}`;
}
