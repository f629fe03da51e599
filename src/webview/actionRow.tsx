import type { JSX } from "preact";
import { type ActionDisplay, displayDuration, instant } from "../protocol/display.ts";
import type { ActionRow as Row } from "../protocol/view.ts";
import { visibleText } from "../protocol/visibleText.ts";
import { ActionBody, hasBody } from "./actionBody.tsx";
import { elapsed } from "./clock.ts";
import { Collapsible } from "./collapsible.tsx";
import { useSurroundings } from "./context.ts";
import { Icon } from "./icon.tsx";
import { Visible } from "./visible.tsx";

/** Where an action stands, as the status of the conversation tells it. */
export type Phase = "running" | "next" | "waiting" | "ended" | "unknown";

/** One line: what, on what, what came of it; the evidence opens below. */
export function ActionRow({ row, phase }: { readonly row: Row; readonly phase: Phase }): JSX.Element {
  const { chat } = useSurroundings();
  const display = chat.displayOf(row);
  const { status } = display;
  const line = (
    <>
      <Icon name={display.icon} />
      <span class="line-text">
        {verbOf(display, phase)} {display.target !== "" && <Target text={display.target} />}
      </span>
      {row.event.granted && <Granted />}
      <Outcome display={display} phase={phase} />
      <Duration row={row} phase={phase} />
    </>
  );
  const isOpen = phase === "running" || status === "failed" || status === "rejected";
  return (
    <article
      class={`row action ${status}`}
      aria-label={nameOf(row, display, phase)}
      data-event={row.id}
      data-status={phase === "ended" ? status : phase}
    >
      {hasBody(row, phase) ? (
        <Collapsible name={row.id} line={line} isOpen={isOpen} body={() => <ActionBody row={row} phase={phase} />} />
      ) : (
        <div class="line">
          <span class="chevron-space" />
          {line}
        </div>
      )}
      {phase === "running" && <div class="progress" />}
    </article>
  );
}

function Target({ text }: { readonly text: string }): JSX.Element {
  const [first = "", ...others] = text.split("\n");
  return (
    <code title={visibleText(text)}>
      <Visible text={first} />
      {others.length > 0 && " …"}
    </code>
  );
}

/** Nobody was asked this time. */
function Granted(): JSX.Element {
  return (
    <span class="granted" title="Ran without asking, because you have allowed exactly this earlier in this conversation">
      allowed earlier
    </span>
  );
}

function Outcome({ display, phase }: { readonly display: ActionDisplay; readonly phase: Phase }): JSX.Element | null {
  const text = outcomeOf(display, phase);
  if (text === "") return null;
  const [added, removed] = /^\+\d+ −\d+$/.test(text) ? text.split(" ") : [];
  if (added === undefined) return <span class={`outcome ${display.status}`}>{text}</span>;
  return (
    <span class="outcome">
      <span class="added">{added}</span> <span class="removed">{removed}</span>
    </span>
  );
}

function Duration({ row, phase }: { readonly row: Row; readonly phase: Phase }): JSX.Element | null {
  if (phase === "running") return <Elapsed since={row.startedAt} />;
  if (row.result === undefined || row.result.kind === "UserRejectObservation") return null;
  const took = displayDuration(row.startedAt, row.result.timestamp);
  return took === instant ? null : <span class="duration">{took}</span>;
}

function Elapsed({ since }: { readonly since: string }): JSX.Element {
  const { now } = useSurroundings();
  return (
    <span class="duration" aria-hidden="true">
      {elapsed(since, now.value)}
    </span>
  );
}

function verbOf(display: ActionDisplay, phase: Phase): string {
  return phase === "running" || (phase === "ended" && display.status !== "rejected") ? display.verb : display.plan;
}

function outcomeOf(display: ActionDisplay, phase: Phase): string {
  if (phase === "next") return "next";
  if (phase === "waiting") return "waiting for you";
  if (phase === "unknown") return "outcome unknown";
  return display.outcome === "" && display.status === "failed" ? "failed" : display.outcome;
}

function nameOf(row: Row, display: ActionDisplay, phase: Phase): string {
  const took = row.result === undefined || display.status === "rejected" ? "" : displayDuration(row.startedAt, row.result.timestamp);
  const sentence = `${verbOf(display, phase)} ${visibleText(display.target)}`.trim();
  const granted = row.event.granted ? "allowed earlier" : "";
  return [sentence, granted, outcomeOf(display, phase), took].filter((part) => part !== "" && part !== instant).join(", ");
}
