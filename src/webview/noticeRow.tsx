import type { JSX } from "preact";
import type { Row } from "../protocol/view.ts";
import { Collapsible } from "./collapsible.tsx";
import { Icon } from "./icon.tsx";
import { Visible } from "./visible.tsx";

type Notice = Extract<Row, { type: "notice" }>;

const icons = { stop: "circle-slash", pause: "debug-pause", stuck: "warning", condensed: "fold", hook: "plug", back: "discard" } as const;

/** What became of the run, or of the conversation's memory, in a quiet line; what can be done about it is in the status line. */
export function NoticeRow({ row }: { readonly row: Notice }): JSX.Element {
  if (row.reason === "condensed" && row.summary !== undefined) return <Condensed row={row} summary={row.summary} />;
  if (row.reason === "hook") return <Hook row={row} />;
  return (
    <article class="row notice" aria-label={row.text} data-event={row.id} tabIndex={-1}>
      <Icon name={icons[row.reason]} />
      <div>
        <Visible text={row.text} />
      </div>
    </article>
  );
}

function Condensed({ row, summary }: { readonly row: Notice; readonly summary: string }): JSX.Element {
  const line = (
    <>
      <Icon name={icons.condensed} />
      <span class="line-text">Summarized the older part</span>
    </>
  );
  const body = (): JSX.Element => (
    <div class="reasoning-text">
      <p>{row.text}</p>
      <Visible text={summary} />
    </div>
  );
  return (
    <article class="row condensed" aria-label={row.text} data-event={row.id} tabIndex={-1}>
      <Collapsible name={row.id} class="reasoning" line={line} isOpen={false} body={body} />
    </article>
  );
}

/** A command that a client has sent, and what it wrote. */
function Hook({ row }: { readonly row: Notice }): JSX.Element {
  const line = (
    <>
      <Icon name={row.isTrouble ? "warning" : icons.hook} />
      <span class="line-text">
        <Visible text={row.text} />
      </span>
    </>
  );
  const body = (): JSX.Element => (
    <pre class="reasoning-text">
      <Visible text={row.summary ?? ""} />
    </pre>
  );
  return (
    <article class="row condensed" aria-label={row.text} data-event={row.id} tabIndex={-1}>
      <Collapsible name={row.id} class="reasoning" line={line} isOpen={row.isTrouble === true} body={body} />
    </article>
  );
}
