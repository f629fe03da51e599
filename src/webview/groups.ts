import type { ActionDisplay } from "../protocol/display.ts";
import type { ActionRow, AgentRow, Row } from "../protocol/view.ts";

/** What the log draws as one row: an event, or a run of finished looks. */
export type LogItem = { readonly type: "row"; readonly id: string; readonly row: Row } | ReadGroup;

export interface ReadGroup {
  readonly type: "reads";
  readonly id: string;
  readonly rows: readonly (ActionRow | AgentRow)[];
}

/** `rows` with each run of two or more finished read-only actions as one item, and with what was only thought between them. */
export function groupRows(rows: readonly Row[], displayOf: (row: ActionRow) => ActionDisplay): LogItem[] {
  const items: LogItem[] = [];
  let run: (ActionRow | AgentRow)[] = [];
  const close = (): void => {
    // What was thought last belongs to what comes next.
    const last = run.findLastIndex(({ type }) => type === "action");
    const [group, rest] = [run.slice(0, last + 1), run.slice(last + 1)];
    const [first] = group;
    const isRun = group.filter(({ type }) => type === "action").length > 1;
    if (first !== undefined && isRun) items.push({ type: "reads", id: first.id, rows: group });
    for (const row of isRun ? rest : run) items.push({ type: "row", id: row.id, row });
    run = [];
  };
  for (const row of rows) {
    if (isThought(row) || (row.type === "action" && isFinishedRead(row, displayOf))) {
      run.push(row);
      continue;
    }
    close();
    items.push({ type: "row", id: row.id, row });
  }
  close();
  return items;
}

/** "Read 3 files, searched 2 times"; a file that was read in parts counts once. */
export function groupTitle({ rows }: ReadGroup): string {
  const actions = rows.flatMap((row) => (row.type === "action" ? [row.event.action] : []));
  const files = new Set(actions.flatMap((action) => (action?.kind === "FileEditorAction" ? [action.path] : []))).size;
  const thoughts = actions.filter((action) => action?.kind === "ThinkAction").length;
  const searches = actions.filter((action) => action?.kind !== "FileEditorAction" && action?.kind !== "ThinkAction").length;
  const parts = [
    files === 0 ? "" : `read ${files} ${files === 1 ? "file" : "files"}`,
    searches === 0 ? "" : `searched ${times(searches)}`,
    thoughts === 0 ? "" : `thought ${times(thoughts)}`,
  ];
  const title = parts.filter((part) => part !== "").join(", ");
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** The model's reasoning before a call, with nothing said. */
function isThought(row: Row): row is AgentRow {
  return row.type === "agent" && row.text.trim() === "" && row.isCutOff !== true;
}

function isFinishedRead(row: ActionRow, displayOf: (row: ActionRow) => ActionDisplay): boolean {
  const display = displayOf(row);
  return display.isReadOnly && display.status === "done";
}
