import type { JSX } from "preact";
import { displaySeconds } from "../protocol/display.ts";
import type { ActionRow, Row } from "../protocol/view.ts";
import { Collapsible } from "./collapsible.tsx";
import { Icon } from "./icon.tsx";
import { MarkdownText } from "./markdownText.tsx";
import { Pictures } from "./picturesRow.tsx";

type RowOf<Type extends Row["type"]> = Extract<Row, { type: Type }>;

const headingLength = 80;

/** The person's words: the landmarks of the log. */
export function UserRow({ row, isQueued }: { readonly row: RowOf<"user">; readonly isQueued: boolean }): JSX.Element {
  const words = messageWords(row);
  return (
    <article class="row user" aria-label={`You: ${words}`} data-event={row.id} tabIndex={-1}>
      <h2 class="unseen">You: {words.slice(0, headingLength)}</h2>
      <div class="user-block">
        {row.text !== "" && <div class="user-text">{row.text}</div>}
        {row.images.length > 0 && <Pictures name={row.id} urls={row.images} />}
        {isQueued && <div class="quiet">Queued. The agent reads it at its next step.</div>}
      </div>
    </article>
  );
}

/** The text of a message, or what it is made of when it has none. */
export function messageWords({ text, images }: Pick<RowOf<"user">, "text" | "images">): string {
  return text !== "" ? text : images.length === 1 ? "1 picture" : `${images.length} pictures`;
}

export function AgentRow({ row }: { readonly row: RowOf<"agent"> }): JSX.Element {
  return (
    <article class="row agent" aria-label={`Agent: ${row.text}`} data-event={row.id} tabIndex={-1}>
      <h3 class="unseen">Agent</h3>
      {row.reasoning !== "" && (
        <Reasoning name={`${row.id}-reasoning`} text={row.reasoning} isOpen={false} line={thoughtLine(row.reasoningMs)} />
      )}
      {row.text !== "" && <MarkdownText text={row.text} />}
      {row.isCutOff && <div class="quiet">The answer was cut off here.</div>}
    </article>
  );
}

/** "Thought for 8 s". */
function thoughtLine(ms: number | undefined): string {
  return ms === undefined || ms < 1000 ? "Thought" : `Thought for ${displaySeconds(Math.round(ms / 1000))}`;
}

/** The reply while it grows. It is announced when it is an event. */
export function StreamingRow({ text, reasoning }: { readonly text: string; readonly reasoning: string }): JSX.Element {
  return (
    <article class="row agent streaming" aria-label="The agent is writing" aria-live="off">
      {reasoning !== "" && (
        <Reasoning name="streaming-reasoning" text={reasoning} isOpen={false} line={text === "" ? "Thinking" : "Thought"} />
      )}
      {text !== "" && <MarkdownText text={text} isGrowing />}
    </article>
  );
}

/** A tool call that only says something: drawn as a quiet line that opens. */
export function ThinkRow({ row, thought }: { readonly row: ActionRow; readonly thought: string }): JSX.Element {
  return (
    <article class="row think" aria-label={`Thought: ${thought}`} data-event={row.id} tabIndex={-1}>
      <Reasoning name={`${row.id}-thought`} text={thought} isOpen={false} line="Thought" />
    </article>
  );
}

/** The agent's last word about the task. That the run has finished is in the status line. */
export function FinishRow({ row, message }: { readonly row: ActionRow; readonly message: string }): JSX.Element {
  return (
    <article class="row agent finish" aria-label={`Finished: ${message}`} data-event={row.id} tabIndex={-1}>
      <h3 class="unseen">Finished</h3>
      <MarkdownText text={message} />
    </article>
  );
}

interface ReasoningProps {
  readonly name: string;
  readonly text: string;
  readonly isOpen: boolean;
  readonly line: string;
}

function Reasoning({ name, text, isOpen, line }: ReasoningProps): JSX.Element {
  const label = (
    <>
      <Icon name="thinking" />
      <span class="line-text">{line}</span>
    </>
  );
  return <Collapsible name={name} class="reasoning" line={label} isOpen={isOpen} body={() => <div class="reasoning-text">{text}</div>} />;
}
