import type { JSX } from "preact";
import type { TaskItem, TaskStatus } from "../protocol/actions.ts";
import { resultText } from "../protocol/display.ts";
import type { ActionRow } from "../protocol/view.ts";
import { visibleText } from "../protocol/visibleText.ts";
import type { Phase } from "./actionRow.tsx";
import { useChat } from "./context.ts";
import { Diff } from "./diff.tsx";
import { Icon } from "./icon.tsx";
import { Output } from "./output.tsx";
import { Proposal } from "./proposal.tsx";
import { Visible } from "./visible.tsx";

const longCommand = 48;

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
    return action?.kind === "TerminalAction" ? <Terminal command={action.command} text={row.liveOutput} isLive /> : null;
  }
  if (result.kind === "UserRejectObservation") return <Rejection reason={result.rejection_reason} event={row.event} />;
  if (result.kind === "AgentErrorEvent") return <Output text={result.error} label="Error" />;
  if (action?.kind === "TerminalAction") return <Terminal command={action.command} text={resultText(result)} />;
  const { observation } = result;
  if (
    observation.kind === "FileEditorObservation" &&
    observation.new_content != null &&
    !observation.is_error &&
    observation.command !== "view"
  ) {
    return <Edit path={observation.path ?? ""} before={observation.old_content ?? ""} after={observation.new_content} />;
  }
  if (observation.kind === "TaskTrackerObservation" && !observation.is_error) return <Tasks tasks={observation.task_list} />;
  if (action?.kind === "FileEditorAction" && !observation.is_error) return <FileText path={action.path} text={resultText(result)} />;
  const isSearch = observation.kind === "GrepObservation" || observation.kind === "GlobObservation";
  return <Output text={resultText(result)} label="Result" isFile={isSearch} />;
}

interface TerminalProps {
  readonly command: string;
  readonly text: string;
  readonly isLive?: boolean;
}

function Terminal({ command, text, isLive = false }: TerminalProps): JSX.Element {
  const chat = useChat();
  const isLong = command.length > longCommand || command.includes("\n");
  return (
    <>
      {isLong && (
        <pre class="command">
          <Visible text={command} />
        </pre>
      )}
      {text.trim() !== "" && <Output text={text} label="Output" isLive={isLive} />}
      {text.trim() === "" && !isLive && <p class="quiet">No output.</p>}
      {isLive && (
        <button type="button" class="text-button" onClick={() => chat.post({ type: "terminal.show" })}>
          Show Terminal
        </button>
      )}
    </>
  );
}

function Edit({ path, before, after }: { readonly path: string; readonly before: string; readonly after: string }): JSX.Element {
  return (
    <>
      <Diff before={before} after={after} offset={0} />
      <OpenFile path={path} />
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

function FileText({ path, text }: { readonly path: string; readonly text: string }): JSX.Element {
  return (
    <>
      <Output text={text} label="Result" isFile />
      <OpenFile path={path} />
    </>
  );
}

function OpenFile({ path }: { readonly path: string }): JSX.Element | null {
  const chat = useChat();
  if (path === "") return null;
  return (
    <button type="button" class="text-button" onClick={() => chat.post({ type: "file.open", path })}>
      Open File
    </button>
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
