import type { JSX } from "preact";
import { displayDuration, instant } from "../protocol/display.ts";
import type { View } from "../protocol/view.ts";
import { Button, IconButton } from "./button.tsx";
import { elapsed } from "./clock.ts";
import { useChat, useSurroundings } from "./context.ts";
import { useSecondsLeft } from "./countdown.ts";
import { Icon } from "./icon.tsx";
import { canContinue, canStop, isWritable, type Status, statusOf } from "./status.ts";
import { Visible } from "./visible.tsx";

/** What goes on and for how long, and the buttons that pause it and let it go on; what stops it is beside the composer. Nothing when nothing goes on. */
export function StatusLine(): JSX.Element | null {
  const chat = useChat();
  const view = chat.view.value;
  const status = chat.starting.value !== undefined ? starting : statusOf(view, chat.displayOf);
  if (status === undefined) return null;
  const isPausing = chat.isPausing.value;
  return (
    <div class={`status ${status.kind} ${view.phase === undefined ? "" : "phase"}`} role="group" aria-label="Status">
      {status.kind === "busy" && <div class="progress" />}
      <span class="status-words" data-part="status">
        {status.icon !== "" && <Icon name={status.icon} />}
        <span class="status-text">
          {isPausing ? "Pausing after this step" : status.text}
          {!isPausing && status.target !== undefined && status.target !== "" && <Target text={status.target} />}
        </span>
        <NextTry waiting={view.waiting} />
        <Time status={status} />
        <Queued count={view.state.progress.queued.length} />
      </span>
      <Controls view={view} isPausing={isPausing} />
    </div>
  );
}

const starting: Status = { kind: "busy", icon: "", text: "Starting…" };

function Controls({ view, isPausing }: { readonly view: View; readonly isPausing: boolean }): JSX.Element | null {
  const chat = useChat();
  if (view.phase !== undefined && canStop(view)) return <Button label="Cancel" onClick={() => chat.run("run.interrupt")} />;
  if (canContinue(view)) return <Button label="Continue" onClick={() => chat.run("run.start")} />;
  if (isPausing || !isWritable(view) || view.state.execution_status !== "running") return null;
  return <IconButton icon="debug-pause" label="Pause" title="Pause after this step" onClick={() => chat.run("run.pause")} />;
}

function Target({ text }: { readonly text: string }): JSX.Element {
  return (
    <>
      {" "}
      <code>
        <Visible text={text.split("\n")[0] ?? ""} />
      </code>
    </>
  );
}

function NextTry({ waiting }: { readonly waiting: View["waiting"] }): JSX.Element | null {
  const seconds = useSecondsLeft(waiting);
  return waiting !== undefined && seconds > 0 ? <span class="status-time next-try"> · next try in {seconds} s</span> : null;
}

function Time({ status }: { readonly status: Status }): JSX.Element | null {
  const { now } = useSurroundings();
  if (status.took !== undefined) {
    const took = displayDuration(status.took.from, status.took.to);
    return took === instant ? null : <span class="status-time"> · {took}</span>;
  }
  if (status.since === undefined || status.since === "") return null;
  return <span class="status-time"> · {elapsed(status.since, now.value)}</span>;
}

function Queued({ count }: { readonly count: number }): JSX.Element | null {
  if (count === 0) return null;
  const title = `${count === 1 ? "1 message waits" : `${count} messages wait`} for the agent; it reads them at its next step`;
  return (
    <span class="status-time" title={title}>
      {" "}
      · {count} queued
    </span>
  );
}
