import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { type DiffLine, lineDiff, withContext } from "../protocol/lineDiff.ts";
import { useKept } from "./kept.ts";
import { Visible } from "./visible.tsx";

const shownLines = 40;
const contextLines = 3;
const signs = { old: "−", new: "+", same: " " };
const spoken = { old: "removed ", new: "added ", same: "" };

interface DiffProps {
  /** Unique in the log. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** Lines before the first one; absent when nobody knows them: then no numbers are shown. */
  readonly offset?: number | undefined;
}

/** The changed lines with a little around them. */
export function Diff({ name, before, after, offset }: DiffProps): JSX.Element {
  const [isWhole = false, showWhole] = useKept(name);
  const lines = useMemo(() => withContext(lineDiff(before, after), contextLines), [before, after]);
  const shown = isWhole ? lines : lines.slice(0, shownLines);
  return (
    <div class="diff">
      <div class="diff-lines" tabIndex={0} role="group" aria-label="Changed lines">
        {shown.map((line) => (line === undefined ? <div class="diff-gap">⋯</div> : <Line line={line} offset={offset} />))}
      </div>
      {lines.length > shown.length && (
        <button type="button" class="text-button" onClick={() => showWhole(true)}>
          Show all {lines.length} lines
        </button>
      )}
    </div>
  );
}

function Line({ line, offset }: { readonly line: DiffLine; readonly offset: number | undefined }): JSX.Element {
  const number = line.newNumber ?? line.oldNumber ?? 0;
  return (
    <div class={`diff-line ${line.side}`}>
      {offset !== undefined && (
        <span class="diff-number" aria-hidden="true">
          {number + offset}
        </span>
      )}
      <span class="diff-sign" aria-hidden="true">
        {signs[line.side]}
      </span>
      <span class="diff-text">
        {line.side !== "same" && <span class="unseen">{spoken[line.side]}</span>}
        <Visible text={line.text} />
      </span>
    </div>
  );
}
