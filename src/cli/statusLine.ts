import { displayAction } from "../protocol/display.ts";
import type { View } from "../protocol/view.ts";
import { isTerminal, oneLine, shortened } from "./terminalText.ts";

/** The last line of a terminal, which says what goes on now. It has to be cleared before anything else is printed. */
export interface StatusLine {
  set(text: string): void;
  clear(): void;
}

/** Shown on a terminal that can erase a line; nothing anywhere else. */
export function statusLine(stream: NodeJS.WritableStream, term: string | undefined): StatusLine {
  if (!isTerminal(stream) || term === "dumb") return { set: () => undefined, clear: () => undefined };
  let shown = "";
  const set = (text: string): void => {
    const columns = "columns" in stream && typeof stream.columns === "number" ? stream.columns : 80;
    const line = shortened(text, columns - 1);
    if (line !== shown) stream.write(`\r\x1b[2K${line}`);
    shown = line;
  };
  return { set, clear: () => set("") };
}

/** "… Running npm test", "… Thinking"; empty when nothing runs. */
export function statusText({ state, rows, streaming }: View): string {
  if (state.execution_status !== "running") return "";
  const row = rows.find((one) => one.type === "action" && one.id === state.pending[0]?.id);
  if (row?.type !== "action") return streaming.text === "" ? "… Thinking" : "… Writing";
  const { verb, target } = displayAction(row, state.working_dir ?? "");
  return `… ${verb} ${oneLine(target)}`.trimEnd();
}
