import type { FileEditorAction, FileEditorObservation, Observation, TaskItem, TerminalAction } from "./actions.ts";
import { textOf } from "./content.ts";
import type { ActionEvent } from "./events.ts";
import { diffCounts, lineDiff } from "./lineDiff.ts";
import type { ActionResult, ActionRow } from "./view.ts";

/** An action in words; every door draws from this and from no tool's name. */
export interface ActionDisplay {
  /** A codicon's name. */
  readonly icon: string;
  /** Present tense while it runs, past when done: "Running", "Ran". May be empty. */
  readonly verb: string;
  /** What it would do, for an action that has not run: "Run". May be empty. */
  readonly plan: string;
  /** What it acts on, shown in code font: a command, or a path relative to the workspace. */
  readonly target: string;
  /** What came of it: "exit code 1", "+3 −1". Empty when there is nothing to say. */
  readonly outcome: string;
  readonly status: ActionStatus;
  /** Whether it only looks; runs of these fold into one row. */
  readonly isReadOnly: boolean;
}

/** `stopped`: it was cut off with its run, by the person or at a limit. */
export type ActionStatus = "open" | "done" | "failed" | "stopped" | "rejected";

/** How the result of a call begins that was cut off with its run. */
export const cutOffWords = "Interrupted";

/** How `row` reads. `folders` are those of the workspace, one or several: paths below them are shortened. */
export function displayAction(row: Pick<ActionRow, "event" | "result">, folders: Folders): ActionDisplay {
  const status = statusOf(row.result);
  const words = wordsOf(row.event, folders);
  return {
    icon: words.icon,
    verb: verbOf(words, row),
    plan: words.plan,
    target: words.target,
    outcome: outcomeOf(row.result),
    status,
    isReadOnly: words.isReadOnly ?? false,
  };
}

/** A command that failed or was stopped did run; such an edit was not made. */
function verbOf(words: Words, { event, result }: Pick<ActionRow, "event" | "result">): string {
  switch (statusOf(result)) {
    case "done":
      return words.past;
    case "failed":
    case "stopped":
      return event.action?.kind === "FileEditorAction" ? words.plan : words.past;
    case "open":
    case "rejected":
      return words.present;
  }
}

/** The text of the result, as the model saw it; empty while there is none. */
export function resultText(result: ActionResult | undefined): string {
  switch (result?.kind) {
    case undefined:
      return "";
    case "ObservationEvent":
      return textOf(result.observation.content);
    case "UserRejectObservation":
      return result.rejection_reason;
    case "AgentErrorEvent":
      return result.error;
  }
}

/** "0.4 s", "12 s", "3 min 5 s", from two timestamps of the log. */
export function displayDuration(from: string, to: string): string {
  const ms = Math.max(0, Date.parse(to) - Date.parse(from));
  if (Number.isNaN(ms)) return "";
  // Rounded first, so that no minute has 60 seconds.
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  return displaySeconds(Math.round(ms / 1000));
}

/** What `displayDuration` gives for what is too short to be worth a word. */
export const instant = "0.0 s";

/** "4 s", "2 min 5 s", from whole seconds. */
export function displaySeconds(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** "$1.00", "$0.0421": cents, and two digits more for small sums. */
export function displayCost(costUsd: number): string {
  if (costUsd > 0 && costUsd < 0.0001) return "less than $0.0001";
  return `$${Math.max(0, costUsd)
    .toFixed(4)
    .replace(/0{1,2}$/, "")}`;
}

/** The folders of a workspace, absolute. */
export type Folders = string | readonly string[];

/** `path` below the only folder without it, below one of several as `folder/path`; any other path as it is. */
export function relativePath(path: string, folders: Folders): string {
  const all = typeof folders === "string" ? [folders] : folders;
  const around = all.filter((folder) => path === folder || path.startsWith(`${folder}/`));
  const [folder] = around.toSorted((a, b) => b.length - a.length);
  if (folder === undefined) return path;
  const below = path.slice(folder.length + 1);
  if (all.length === 1) return below || ".";
  return [folderName(folder, all), ...(below === "" ? [] : [below])].join("/");
}

/** The last name of `folder`, with as many names before it as tell it apart from the others. */
function folderName(folder: string, all: readonly string[]): string {
  const names = folder.split("/").filter((name) => name !== "");
  for (let count = 1; count <= names.length; count++) {
    const name = names.slice(-count).join("/");
    if (!all.some((other) => other !== folder && other.endsWith(`/${name}`))) return name;
  }
  return folder;
}

interface Words {
  readonly icon: string;
  readonly plan: string;
  readonly present: string;
  readonly past: string;
  readonly target: string;
  readonly isReadOnly?: boolean;
}

function wordsOf(event: ActionEvent, folders: Folders): Words {
  const { action } = event;
  switch (action?.kind) {
    case "TerminalAction":
      return terminalWords(action);
    case "FileEditorAction":
      return { ...fileWords[action.command], target: relativePath(action.path, folders) };
    case "GrepAction":
      return {
        icon: "search",
        plan: "Search for",
        present: "Searching for",
        past: "Searched for",
        target: action.pattern,
        isReadOnly: true,
      };
    case "GlobAction":
      return { icon: "files", plan: "Find files", present: "Finding files", past: "Found files", target: action.pattern, isReadOnly: true };
    case "TaskTrackerAction":
      return { ...taskWords[action.command ?? "view"], icon: "checklist", target: "" };
    case "InvokeSkillAction":
      return { icon: "book", plan: "Read the skill", present: "Reading the skill", past: "Read the skill", target: action.name };
    case "ThinkAction":
      return { icon: "lightbulb", plan: "Think", present: "Thinking", past: "Thought", target: "", isReadOnly: true };
    case "FinishAction":
      return { icon: "check-all", plan: "Finish", present: "Finishing", past: "Finished", target: "" };
    default:
      return { icon: "tools", plan: "Call", present: "Calling", past: "Called", target: event.tool_name };
  }
}

function terminalWords({ command, is_input, reset }: TerminalAction): Words {
  const icon = "terminal";
  if (reset && command === "")
    return { icon, plan: "Restart the terminal", present: "Restarting the terminal", past: "Restarted the terminal", target: "" };
  if (is_input) return { icon, plan: "Type", present: "Typing", past: "Typed", target: command };
  if (command === "")
    return { icon, plan: "Wait for the command", present: "Waiting for the command", past: "Waited for the command", target: "" };
  return { icon, plan: "Run", present: "Running", past: "Ran", target: command };
}

const fileWords: Record<FileEditorAction["command"], Omit<Words, "target">> = {
  view: { icon: "go-to-file", plan: "Read", present: "Reading", past: "Read", isReadOnly: true },
  create: { icon: "new-file", plan: "Create", present: "Creating", past: "Created" },
  str_replace: { icon: "edit", plan: "Edit", present: "Editing", past: "Edited" },
  insert: { icon: "edit", plan: "Edit", present: "Editing", past: "Edited" },
  undo_edit: { icon: "discard", plan: "Undo the last edit of", present: "Undoing the last edit of", past: "Undid the last edit of" },
};

const taskWords = {
  plan: { plan: "Update the task list", present: "Updating the task list", past: "Updated the task list" },
  view: { plan: "Look at the task list", present: "Looking at the task list", past: "Looked at the task list" },
};

function statusOf(result: ActionResult | undefined): ActionStatus {
  switch (result?.kind) {
    case undefined:
      return "open";
    case "UserRejectObservation":
      return "rejected";
    case "AgentErrorEvent":
      return result.error.startsWith(cutOffWords) ? "stopped" : "failed";
    case "ObservationEvent":
      return result.observation.is_error || exitCodeOf(result) > 0 ? "failed" : "done";
  }
}

function exitCodeOf(result: ActionResult): number {
  const observation = result.kind === "ObservationEvent" ? result.observation : undefined;
  return observation?.kind === "TerminalObservation" ? (observation.exit_code ?? 0) : 0;
}

function outcomeOf(result: ActionResult | undefined): string {
  if (result?.kind === "UserRejectObservation") return result.rejection_source === "hook" ? "forbidden by a hook" : "rejected";
  if (statusOf(result) === "stopped") return "stopped";
  if (result?.kind !== "ObservationEvent") return "";
  const { observation } = result;
  if (observation.kind === "TerminalObservation") return terminalOutcome(observation.exit_code ?? 0);
  return observation.is_error ? "" : doneOutcome(observation);
}

function doneOutcome(observation: Exclude<Observation, { kind: "TerminalObservation" }>): string {
  switch (observation.kind) {
    case "FileEditorObservation":
      return observation.new_content == null || observation.command === "view" ? "" : changeOutcome(observation);
    case "GrepObservation":
      return countOutcome(observation.matches.length, observation.truncated);
    case "GlobObservation":
      return countOutcome(observation.files.length, observation.truncated);
    case "TaskTrackerObservation":
      return tasksOutcome(observation.task_list);
    default:
      return "";
  }
}

function changeOutcome({ old_content, new_content, lines_added, lines_removed }: FileEditorObservation): string {
  if (lines_added !== undefined && lines_removed !== undefined) return `+${lines_added} −${lines_removed}`;
  const { added, removed } = diffCounts(lineDiff(old_content ?? "", new_content ?? ""));
  return `+${added} −${removed}`;
}

/** "12 files", "1 file", "100 files or more". */
function countOutcome(count: number, isTruncated: boolean): string {
  return `${count} ${count === 1 ? "file" : "files"}${isTruncated ? " or more" : ""}`;
}

function tasksOutcome(tasks: readonly TaskItem[]): string {
  return tasks.length === 0 ? "" : `${tasks.filter(({ status }) => status === "done").length} of ${tasks.length} done`;
}

function terminalOutcome(exitCode: number): string {
  if (exitCode === -1) return "still running";
  return exitCode === 0 ? "" : `exit code ${exitCode}`;
}
