import { displayAction } from "../protocol/display.ts";
import { shownFolders } from "../protocol/sandbox.ts";
import type { View } from "../protocol/view.ts";
import { isTerminal, oneLine, shortened } from "./terminalText.ts";

/** The last line of a terminal, which says what goes on now. It has to be cleared before anything else is printed. */
export interface StatusLine {
  /** Says what goes on in `view`. */
  show(view: View): void;
  clear(): void;
}

/** Shown on a terminal that can erase a line; nothing anywhere else. */
export function statusLine(stream: NodeJS.WritableStream, term: string | undefined): StatusLine {
  if (!isTerminal(stream) || term === "dumb") return { show: () => undefined, clear: () => undefined };
  let shown = "";
  const set = (text: string): void => {
    const columns = "columns" in stream && typeof stream.columns === "number" ? stream.columns : 80;
    const line = shortened(text, columns - 1);
    if (line !== shown) stream.write(`\r\x1b[2K${line}`);
    shown = line;
  };
  return { show: (view) => set(statusText(view)), clear: () => set("") };
}

/** "… Running npm test", "… Thinking"; empty when nothing runs. */
function statusText({ state, rows, streaming, phase }: View): string {
  if (phase !== undefined) return `… ${phase}`;
  if (state.execution_status !== "running") return "";
  const row = rows.findLast((one) => one.type === "action" && one.id === state.pending[0]?.id);
  if (row?.type !== "action") return streaming.text === "" ? "… Thinking" : "… Writing";
  const { verb, target } = displayAction(row, shownFolders(state));
  return `… ${verb} ${oneLine(target)}`.trimEnd();
}
