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

/** "Read 3 files, searched 2 times"; a file that was read in parts counts once. */
export function groupTitle({ rows }: ReadGroup): string {
  const paths = new Set(rows.flatMap(({ event }) => (event.action?.kind === "FileEditorAction" ? [event.action.path] : [])));
  const searches = rows.filter(({ event }) => event.action?.kind !== "FileEditorAction").length;
  const read = paths.size === 0 ? [] : [`read ${paths.size} ${paths.size === 1 ? "file" : "files"}`];
  const searched = searches === 0 ? [] : [`searched ${searches === 1 ? "once" : `${searches} times`}`];
  const title = [...read, ...searched].join(", ");
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function isFinishedRead(row: ActionRow, displayOf: (row: ActionRow) => ActionDisplay): boolean {
  if (row.event.action?.kind === "ThinkAction") return false;
  const display = displayOf(row);
  return display.isReadOnly && display.status === "done";
}
