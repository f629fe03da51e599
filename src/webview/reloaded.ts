import { type Snapshot, type View, viewOf } from "../protocol/view.ts";

/** The view of a snapshot, with what is true beside the log: that is told only when it changes. */
export function reloaded({ readOnly, phase, lost }: View, snapshot: Snapshot): View {
  return { ...viewOf(snapshot), ...(readOnly ? { readOnly } : {}), ...(phase ? { phase } : {}), ...(lost ? { lost } : {}) };
}
