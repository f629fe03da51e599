import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plainTerminal } from "./plainTerminal.ts";
import { Visible } from "./visible.tsx";

const shownLines = 12;

/** The last lines of an output, and all of them on request. Live output shows only its tail. */
export function Output({
  text,
  label,
  isLive = false,
}: {
  readonly text: string;
  readonly label: string;
  readonly isLive?: boolean;
}): JSX.Element {
  const [isWhole, showWhole] = useState(false);
  const lines = plainTerminal(text)
    .replace(/^\s*\n|\s+$/g, "")
    .split("\n");
  const hidden = lines.length - shownLines;
  const shown = isWhole && !isLive ? lines : lines.slice(-shownLines);
  return (
    <div class="output" aria-live="off">
      {hidden > 0 && !isLive && (
        <button type="button" class="text-button" aria-expanded={isWhole} onClick={() => showWhole(!isWhole)}>
          {isWhole ? `Show the last ${shownLines} lines` : `Show all ${lines.length} lines`}
        </button>
      )}
      <pre tabIndex={0} aria-label={label}>
        <Visible text={shown.join("\n")} />
      </pre>
    </div>
  );
}
