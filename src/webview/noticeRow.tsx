import type { JSX } from "preact";
import type { Row } from "../protocol/view.ts";
import { Button } from "./button.tsx";
import { Collapsible } from "./collapsible.tsx";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Visible } from "./visible.tsx";

type Notice = Extract<Row, { type: "notice" }>;

const icons = { stop: "circle-slash", pause: "debug-pause", stuck: "warning", condensed: "fold" } as const;

interface NoticeProps {
  readonly row: Notice;
  /** Nothing has happened since. */
  readonly isLatest: boolean;
}

/** What became of the run, or of the conversation's memory, in a quiet line; what is stuck can go on or stay where it is. */
export function NoticeRow({ row, isLatest }: NoticeProps): JSX.Element {
  const chat = useChat();
  if (row.reason === "condensed" && row.summary !== undefined) return <Condensed row={row} summary={row.summary} />;
  const isStuck = row.reason === "stuck" && isLatest && chat.view.value.state.execution_status === "stuck";
  return (
    <article class="row notice" aria-label={row.text} data-event={row.id} tabIndex={-1}>
      <Icon name={icons[row.reason]} />
      <div>
        <Visible text={row.text} />
        {isStuck && (
          <div class="buttons">
            <Button kind="primary" label="Continue" onClick={() => chat.run("run.start")} />
          </div>
        )}
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
    <article class="row condensed" aria-label={row.text} data-event={row.id}>
      <Collapsible name={row.id} class="reasoning" line={line} isOpen={false} body={body} />
    </article>
  );
}
