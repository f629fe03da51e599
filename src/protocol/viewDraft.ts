import type { Event } from "./events.ts";
import type { ActionRow, Row, View } from "./view.ts";

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export const nothingStreaming: View["streaming"] = { text: "", reasoning: "" };

/**
 * A view that is being made from another one, so that many events cost one copy of the rows. The view it began with stays as it is; what it
 * becomes is given away once, by `done`.
 */
export class ViewDraft {
  readonly view: Mutable<View>;
  /** The same as in the view, once they are a copy of our own. */
  #rows: Row[] | undefined;

  constructor(view: View) {
    this.view = { ...view };
  }

  done(): View {
    return this.view;
  }

  add(...rows: readonly (Row | undefined)[]): void {
    for (const row of rows) if (row !== undefined) this.#own().push(row);
  }

  /** The last action that fits; false when none does. */
  changeAction(fits: (row: ActionRow) => boolean, change: (row: ActionRow) => ActionRow): boolean {
    return this.changeRow(
      (row) => row.type === "action" && fits(row),
      (row) => (row.type === "action" ? change(row) : row),
    );
  }

  /** The last row that fits, and most that are looked for are near the end; false when none does. */
  changeRow(fits: (row: Row) => boolean, change: (row: Row) => Row): boolean {
    const index = this.view.rows.findLastIndex(fits);
    const row = this.view.rows[index];
    if (row === undefined) return false;
    this.#own()[index] = change(row);
    return true;
  }

  /** The events say now what the stream said before. */
  settle(): void {
    delete this.view.waiting;
    this.view.streaming = nothingStreaming;
  }

  /** What is true of the runtime now; empty: nothing is to be said. */
  say(what: "phase" | "lost", text: string): void {
    if (text === "") delete this.view[what];
    else this.view[what] = text;
  }

  /** An event that says more of a row that is not loaded. */
  addOrphan(event: Event): void {
    const { firstSeq, orphans } = this.view;
    if (firstSeq > 0 && !orphans.includes(event)) this.view.orphans = [...orphans, event];
  }

  #own(): Row[] {
    if (this.#rows === undefined) {
      this.#rows = [...this.view.rows];
      this.view.rows = this.#rows;
    }
    return this.#rows;
  }
}
