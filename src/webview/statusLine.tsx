import type { JSX } from "preact";
import type { ChatSession } from "../protocol/chat.ts";
import { displayDuration } from "../protocol/display.ts";
import { Button, IconButton } from "./button.tsx";
import { elapsed } from "./clock.ts";
import { useChat, useSurroundings } from "./context.ts";
import { Icon } from "./icon.tsx";
import { canContinue, type Status, statusOf } from "./status.ts";
import { Visible } from "./visible.tsx";

/** What goes on, for how long, what it has cost, and what the person can do about it. */
export function StatusLine({ session }: { readonly session: ChatSession }): JSX.Element {
  const chat = useChat();
  const view = chat.view.value;
  const status = chat.isStarting.value ? starting : statusOf(view, session, chat.displayOf);
  const isPausing = chat.isPausing.value;
  const isRunning = view.state.execution_status === "running";
  const canStop = isRunning || view.state.execution_status === "waiting_for_confirmation";
  return (
    <div class={`status ${status.kind}`} role="group" aria-label="Status">
      {status.kind === "busy" && <div class="progress" />}
      <span class="status-words" data-part="status">
        {status.icon !== "" && <Icon name={status.icon} />}
        <span class="status-text">
          {isPausing ? "Pausing after this step" : status.text}
          {!isPausing && status.target !== undefined && status.target !== "" && <Target text={status.target} />}
        </span>
        <Time status={status} />
      </span>
      {isRunning && !isPausing && (
        <IconButton icon="debug-pause" label="Pause" title="Pause after this step" onClick={() => chat.run("run.pause")} />
      )}
      {canStop && (
        <IconButton icon="stop-circle" label="Stop" title="Stop now; the changes are kept" onClick={() => chat.run("run.interrupt")} />
      )}
      {canContinue(view) && <Button label="Continue" onClick={() => chat.run("run.start")} />}
    </div>
  );
}

const starting: Status = { kind: "busy", icon: "", text: "Starting…" };

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

function Time({ status }: { readonly status: Status }): JSX.Element | null {
  const { now } = useSurroundings();
  if (status.took !== undefined) return <span class="status-time"> · {displayDuration(status.took.from, status.took.to)}</span>;
  if (status.since === undefined) return null;
  return <span class="status-time"> · {elapsed(status.since, now.value)}</span>;
}
