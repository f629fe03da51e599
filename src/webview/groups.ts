import type { ActionDisplay } from "../protocol/display.ts";
import type { ActionRow, Row } from "../protocol/view.ts";

/** What the log draws as one row: an event, or a run of finished looks. */
export type LogItem = { readonly type: "row"; readonly id: string; readonly row: Row } | ReadGroup;

export interface ReadGroup {
  readonly type: "reads";
  readonly id: string;
  readonly rows: readonly ActionRow[];
}

/** `rows` with each run of two or more finished read-only actions as one item. */
export function groupRows(rows: readonly Row[], displayOf: (row: ActionRow) => ActionDisplay): LogItem[] {
  const items: LogItem[] = [];
  let run: ActionRow[] = [];
  const close = (): void => {
    const [first, second] = run;
    if (first !== undefined)
      items.push(second === undefined ? { type: "row", id: first.id, row: first } : { type: "reads", id: first.id, rows: run });
    run = [];
  };
  for (const row of rows) {
    if (row.type === "action" && isFinishedRead(row, displayOf)) {
      run.push(row);
      continue;
    }
    close();
    items.push({ type: "row", id: row.id, row });
  }
  close();
  return items;
}

/** "Read 3 files"; a file that was read in parts counts once. */
export function groupTitle({ rows }: ReadGroup): string {
  const paths = new Set(rows.map(({ event }) => (event.action?.kind === "FileEditorAction" ? event.action.path : event.id)));
  return paths.size === 1 ? "Read 1 file" : `Read ${paths.size} files`;
}

function isFinishedRead(row: ActionRow, displayOf: (row: ActionRow) => ActionDisplay): boolean {
  if (row.event.action?.kind === "ThinkAction") return false;
  const display = displayOf(row);
  return display.isReadOnly && display.status === "done";
}
