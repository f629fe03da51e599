import * as z from "zod";
import { type FileEditorObservation, TaskItem } from "./actions.ts";
import { type Event, isUserMessage, type ObservationEvent } from "./events.ts";
import { EventId } from "./ids.ts";
import { isCheck } from "./proof.ts";

/**
 * What the agent's edits have made of one file: how it was before the first of them and after the last. `before` is null where no file
 * was. What commands have done to it is not known here.
 */
export const FileChange = z.object({ path: z.string(), before: z.string().nullable(), after: z.string() });
export type FileChange = z.infer<typeof FileChange>;

/** What the work has come to: a fold of the log, part of the state. */
export const Progress = z.object({
  /** Timestamp of the log since when the present status holds; empty before the first. */
  statusSince: z.string(),
  /** When the latest run began; waiting for an answer does not end it. Empty before the first. */
  runStartedAt: z.string(),
  /** Ids of the person's messages that came while the agent worked and that the model has not been given. */
  queued: z.array(EventId).readonly(),
  /** The task list as the agent has set it last. */
  tasks: z.array(TaskItem).readonly(),
  /** By file, in the order of the first edits. */
  changes: z.array(FileChange).readonly(),
  /** Actions since the person's last message. */
  actions: z.number().int(),
  /** Edits since the person's last message. */
  edits: z.number().int(),
  /** A test or check that has ended well since the last edit, and since the person's last message: the command. */
  proof: z.string().optional(),
});
export type Progress = z.infer<typeof Progress>;

export const initialProgress: Progress = {
  statusSince: "",
  runStartedAt: "",
  queued: [],
  tasks: [],
  changes: [],
  actions: 0,
  edits: 0,
};

/** As much of the state as the progress goes by. */
interface Stand {
  readonly execution_status: string;
  readonly pending: readonly unknown[];
}

/** The progress after `event`, which has led from `before` to `after`. What changes nothing gives the same object back. */
export function reduceProgress(progress: Progress, event: Event, before: Stand, after: Stand): Progress {
  return withQueue(withEvent(withStatus(progress, event, before, after), event), event, before, after);
}

function withStatus(progress: Progress, { timestamp }: Event, before: Stand, after: Stand): Progress {
  if (before.execution_status === after.execution_status) return progress;
  const isStart = after.execution_status === "running" && before.execution_status !== "waiting_for_confirmation";
  return { ...progress, statusSince: timestamp, ...(isStart ? { runStartedAt: timestamp } : {}) };
}

function withEvent(progress: Progress, event: Event): Progress {
  if (isUserMessage(event)) return { ...withoutProof(progress), actions: 0, edits: 0 };
  if (event.kind === "ActionEvent" && event.action != null) return { ...progress, actions: progress.actions + 1 };
  return event.kind === "ObservationEvent" ? withObservation(progress, event) : progress;
}

function withObservation(progress: Progress, { observation }: ObservationEvent): Progress {
  if (observation.is_error) return progress;
  switch (observation.kind) {
    case "TaskTrackerObservation":
      return { ...progress, tasks: observation.task_list };
    case "FileEditorObservation": {
      const change = changeMadeBy(observation);
      if (change === undefined) return progress;
      return {
        ...withoutProof(progress),
        edits: progress.edits + 1,
        changes: withChange(progress.changes, change),
      };
    }
    case "TerminalObservation":
      return observation.exit_code === 0 && isCheck(observation.command ?? "")
        ? { ...progress, proof: observation.command ?? "" }
        : progress;
    default:
      return progress;
  }
}

/** What the editor has done to a file: the whole texts; undefined when it has only looked, or failed. */
export function changeMadeBy(observation: FileEditorObservation): FileChange | undefined {
  const { command, path, prev_exist, old_content, new_content, is_error } = observation;
  if (is_error || command === "view" || path == null || new_content == null) return undefined;
  return { path, before: prev_exist ? (old_content ?? "") : null, after: new_content };
}

/** A file that is as it was before is not changed. */
function withChange(changes: readonly FileChange[], change: FileChange): readonly FileChange[] {
  const known = changes.find(({ path }) => path === change.path);
  if (known === undefined) return [...changes, change];
  if (known.before === change.after) return changes.filter((other) => other !== known);
  return changes.map((other) => (other === known ? { ...known, after: change.after } : other));
}

function withoutProof(progress: Progress): Progress {
  const { proof: _, ...rest } = progress;
  return rest;
}

/** The model is given all messages when it is asked, which is when nothing is left to be done of what it asked for. */
function withQueue(progress: Progress, event: Event, before: Stand, after: Stand): Progress {
  const { queued } = progress;
  const isAtWork = after.execution_status === "running" || after.execution_status === "waiting_for_confirmation";
  if (!isAtWork) return queued.length === 0 ? progress : { ...progress, queued: [] };
  if (isUserMessage(event))
    return before.execution_status === after.execution_status ? { ...progress, queued: [...queued, event.id] } : progress;
  const isAskedAgain = event.kind === "MessageEvent" || (before.pending.length > 0 && after.pending.length === 0);
  return isAskedAgain && queued.length > 0 ? { ...progress, queued: [] } : progress;
}
