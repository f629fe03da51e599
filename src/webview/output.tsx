import type { JSX } from "preact";
import { useKept } from "./kept.ts";
import { plainTerminal } from "./plainTerminal.ts";
import { Visible } from "./visible.tsx";

const shownLines = 12;

/** The last lines of an output, or the first ones of a file, and all of them on request. Live output shows only its tail. */
export function Output({
  name,
  text,
  label,
  isLive = false,
  isFile = false,
}: {
  /** Unique in the log. */
  readonly name: string;
  readonly text: string;
  readonly label: string;
  readonly isLive?: boolean;
  /** Its lines are not wrapped. */
  readonly isFile?: boolean;
}): JSX.Element {
  const [isWhole = false, showWhole] = useKept(`${name}-whole`);
  const lines = plainTerminal(text)
    .replace(/^\s*\n|\s+$/g, "")
    .split("\n");
  const hidden = lines.length - shownLines;
  const part = isFile ? lines.slice(0, shownLines) : lines.slice(-shownLines);
  const shown = isWhole && !isLive ? lines : part;
  return (
    <div class={isFile ? "output file" : "output"} aria-live="off">
      {hidden > 0 && !isLive && (
        <button type="button" class="text-button" aria-expanded={isWhole} onClick={() => showWhole(!isWhole)}>
          {isWhole ? `Show the ${isFile ? "first" : "last"} ${shownLines} lines` : `Show all ${lines.length} lines`}
        </button>
      )}
      <pre tabIndex={0} aria-label={label}>
        <Visible text={shown.join("\n")} />
      </pre>
    </div>
  );
}
