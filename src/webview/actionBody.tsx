import type { JSX } from "preact";
import type { TaskItem, TaskStatus } from "../protocol/actions.ts";
import { resultText } from "../protocol/display.ts";
import { isShort } from "../protocol/shortText.ts";
import type { ActionRow } from "../protocol/view.ts";
import { visibleText } from "../protocol/visibleText.ts";
import type { Phase } from "./actionRow.tsx";
import { BodyButton } from "./bodyButton.tsx";
import { useChat, useIsElsewhere } from "./context.ts";
import { EditBody } from "./editBody.tsx";
import { Icon } from "./icon.tsx";
import { Output } from "./output.tsx";
import { Proposal } from "./proposal.tsx";
import { TerminalBody } from "./terminalBody.tsx";
import { Visible } from "./visible.tsx";

export function hasBody(row: ActionRow, phase: Phase): boolean {
  if (phase === "running") return row.event.action?.kind === "TerminalAction";
  return phase === "ended" ? resultText(row.result) !== "" || row.event.action != null : row.event.action != null;
}

/** What an action did, or said, or would do. */
export function ActionBody({ row, phase }: { readonly row: ActionRow; readonly phase: Phase }): JSX.Element | null {
  const { action } = row.event;
  const { result } = row;
  if (result === undefined) {
    if (phase !== "running") return <Proposal event={row.event} />;
    return action?.kind === "TerminalAction" ? <TerminalBody row={row} command={action.command} isRunning /> : null;
  }
  if (result.kind === "UserRejectObservation") return <Rejection reason={result.rejection_reason} event={row.event} />;
  if (result.kind === "AgentErrorEvent") return <Output name={row.id} text={result.error} label="Error" />;
  if (action?.kind === "TerminalAction") return <TerminalBody row={row} command={action.command} />;
  const { observation } = result;
  if (observation.kind === "FileEditorObservation" && observation.new_content != null && !observation.is_error) {
    if (observation.command !== "view") return <EditBody row={row} observation={observation} />;
  }
  if (observation.kind === "TaskTrackerObservation" && !observation.is_error) return <Tasks tasks={observation.task_list} />;
  const isFile = action?.kind === "FileEditorAction" && !observation.is_error;
  return <Result row={row} path={isFile ? action.path : undefined} />;
}

/** The text of a result, and the file that it is of. */
function Result({ row, path }: { readonly row: ActionRow; readonly path: string | undefined }): JSX.Element {
  const chat = useChat();
  const text = resultText(row.result);
  const { action } = row.event;
  const isHere = !useIsElsewhere();
  const isSearch = action?.kind === "GrepAction" || action?.kind === "GlobAction";
  const first = action?.kind === "FileEditorAction" ? action.view_range?.[0] : undefined;
  const line = first !== undefined && first > 1 ? { line: first } : {};
  return (
    <>
      <Output name={row.id} text={text} label="Result" isFile={isSearch || path !== undefined} />
      <div class="body-buttons">
        {isShort(text) && (
          <BodyButton label="Open Whole Result" onClick={() => chat.post({ type: "result.open", actionId: row.event.id })} />
        )}
        {path !== undefined && isHere && <BodyButton label="Open File" onClick={() => chat.post({ type: "file.open", path, ...line })} />}
      </div>
    </>
  );
}

const taskWords: Record<TaskStatus, string> = { todo: "to do", in_progress: "in progress", done: "done" };
const taskIcons: Record<TaskStatus, string> = { todo: "circle-large", in_progress: "sync", done: "pass" };

function Tasks({ tasks }: { readonly tasks: readonly TaskItem[] }): JSX.Element {
  return (
    <ol class="tasks">
      {tasks.map(({ title, notes, status = "todo" }) => (
        <li class={status} aria-label={`${visibleText(title)}, ${taskWords[status]}`}>
          <Icon name={taskIcons[status]} /> <Visible text={title} />
          {notes && (
            <p class="quiet">
              <Visible text={notes} />
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}

function Rejection({ reason, event }: { readonly reason: string; readonly event: ActionRow["event"] }): JSX.Element {
  return (
    <>
      {reason !== "" && <p class="quiet">Reason: {reason}</p>}
      <Proposal event={event} />
    </>
  );
}
