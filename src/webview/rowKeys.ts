import { rowsOf, topRow } from "./place.ts";

/** Up and Down go from row to row while the log has the keyboard. */
export function handleRowKey(event: KeyboardEvent, frame: HTMLElement): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || scrollsItself(event.target)) return;
  const rows = rowsOf(frame).filter((row) => row.dataset["event"] !== undefined);
  const focused = document.activeElement?.closest<HTMLElement>("[data-event]") ?? undefined;
  const from = focused === undefined ? -1 : rows.indexOf(focused);
  const next = from === -1 ? topRow(frame)?.row : rows[from + step];
  if (next === undefined) return;
  event.preventDefault();
  const target = next.querySelector<HTMLElement>(":scope > button.line") ?? next;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest" });
}

/** Code and output take these keys for themselves, and so does a field. */
function scrollsItself(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("pre, .diff-lines, .table-frame, textarea, input, select") !== null;
}
