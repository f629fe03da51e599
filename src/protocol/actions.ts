import * as z from "zod";
import { Content } from "./content.ts";

/** agent-server protocol §5.2. `timeout` is in seconds. An empty `command` polls the running one. */
export const TerminalAction = z.object({
  kind: z.literal("TerminalAction"),
  command: z.string(),
  is_input: z.boolean().optional(),
  timeout: z.number().min(0).nullish(),
  reset: z.boolean().optional(),
});
export type TerminalAction = z.infer<typeof TerminalAction>;

export const FileEditorCommand = z.enum(["view", "create", "str_replace", "insert", "undo_edit"]);
export type FileEditorCommand = z.infer<typeof FileEditorCommand>;

/** agent-server protocol §5.3. Lines count from 1; `insert_line` 0 is the top; `view_range` is [first, last], last -1 is the end. */
export const FileEditorAction = z.object({
  kind: z.literal("FileEditorAction"),
  command: FileEditorCommand,
  path: z.string(),
  file_text: z.string().nullish(),
  old_str: z.string().nullish(),
  new_str: z.string().nullish(),
  insert_line: z.number().int().min(0).nullish(),
  view_range: z.array(z.number().int()).nullish(),
});
export type FileEditorAction = z.infer<typeof FileEditorAction>;

export const TaskStatus = z.enum(["todo", "in_progress", "done"]);
export type TaskStatus = z.infer<typeof TaskStatus>;

/** agent-server protocol §5.4. Without a status it is to do. */
export const TaskItem = z.object({ title: z.string(), notes: z.string().optional(), status: TaskStatus.optional() });
export type TaskItem = z.infer<typeof TaskItem>;

const TaskCommand = z.enum(["view", "plan"]);

/** `plan` replaces the whole list by `task_list`; `view`, or no command, shows it. */
export const TaskTrackerAction = z.object({
  kind: z.literal("TaskTrackerAction"),
  command: TaskCommand.optional(),
  task_list: z.array(TaskItem).optional(),
});
export type TaskTrackerAction = z.infer<typeof TaskTrackerAction>;

/** agent-server protocol §5.6. Without a path it is for the workspace. */
export const GlobAction = z.object({ kind: z.literal("GlobAction"), pattern: z.string(), path: z.string().nullish() });
export type GlobAction = z.infer<typeof GlobAction>;

/** `include` is a glob for the names of files. */
export const GrepAction = z.object({
  kind: z.literal("GrepAction"),
  pattern: z.string(),
  path: z.string().nullish(),
  include: z.string().nullish(),
});
export type GrepAction = z.infer<typeof GrepAction>;

export const ThinkAction = z.object({ kind: z.literal("ThinkAction"), thought: z.string() });
export type ThinkAction = z.infer<typeof ThinkAction>;

export const FinishAction = z.object({ kind: z.literal("FinishAction"), message: z.string() });
export type FinishAction = z.infer<typeof FinishAction>;

/** agent-server protocol §6.12. */
export const InvokeSkillAction = z.object({ kind: z.literal("InvokeSkillAction"), name: z.string() });
export type InvokeSkillAction = z.infer<typeof InvokeSkillAction>;

/** An action of a tool that this version does not know; `kind` is its own name at run time. */
export const OtherAction = z.looseObject({ kind: z.string() });
export interface OtherAction {
  readonly kind: "(other)";
}

/** The action `kind` with these fields, which must be none of the kinds that this version knows. */
export function otherAction(kind: string, fields: Readonly<Record<string, unknown>>): OtherAction {
  return OtherAction.parse({ ...fields, kind }) as unknown as OtherAction;
}

export type Action =
  | TerminalAction
  | FileEditorAction
  | TaskTrackerAction
  | GlobAction
  | GrepAction
  | ThinkAction
  | FinishAction
  | InvokeSkillAction
  | OtherAction;

const observation = { content: z.array(Content), is_error: z.boolean() };

export const TerminalMetadata = z.object({
  exit_code: z.number().int(),
  pid: z.number().int(),
  username: z.string().nullish(),
  hostname: z.string().nullish(),
  working_dir: z.string().nullish(),
  py_interpreter_path: z.string().nullish(),
  prefix: z.string(),
  suffix: z.string(),
});

/** `exit_code` is -1 while the command still runs, absent when nothing was run; `timeout` is never true. */
export const TerminalObservation = z.object({
  kind: z.literal("TerminalObservation"),
  ...observation,
  command: z.string().nullish(),
  exit_code: z.number().int().nullish(),
  timeout: z.boolean(),
  metadata: TerminalMetadata,
  full_output_save_dir: z.string().nullish(),
});
export type TerminalObservation = z.infer<typeof TerminalObservation>;

/**
 * `old_content` and `new_content` are the whole file before and after; the view draws its diff from them. What was shortened for a view has only
 * the lines from `first_line` (ours, 1 when absent) on, and says how many lines the whole edit has added and taken away.
 */
export const FileEditorObservation = z.object({
  kind: z.literal("FileEditorObservation"),
  ...observation,
  command: FileEditorCommand,
  path: z.string().nullish(),
  prev_exist: z.boolean(),
  old_content: z.string().nullish(),
  new_content: z.string().nullish(),
  first_line: z.number().int().min(1).optional(),
  lines_added: z.number().int().optional(),
  lines_removed: z.number().int().optional(),
});
export type FileEditorObservation = z.infer<typeof FileEditorObservation>;

/** `task_list` is the whole list after the action. */
export const TaskTrackerObservation = z.object({
  kind: z.literal("TaskTrackerObservation"),
  ...observation,
  command: TaskCommand,
  task_list: z.array(TaskItem),
});
export type TaskTrackerObservation = z.infer<typeof TaskTrackerObservation>;

/** `files` are absolute paths, the one that was changed last first; `truncated`: there may be more. */
export const GlobObservation = z.object({
  kind: z.literal("GlobObservation"),
  ...observation,
  files: z.array(z.string()),
  pattern: z.string(),
  search_path: z.string(),
  truncated: z.boolean(),
});
export type GlobObservation = z.infer<typeof GlobObservation>;

/** `matches` are absolute paths of files; the lines that match are in the text only. */
export const GrepObservation = z.object({
  kind: z.literal("GrepObservation"),
  ...observation,
  matches: z.array(z.string()),
  pattern: z.string(),
  search_path: z.string(),
  include_pattern: z.string().nullish(),
  truncated: z.boolean(),
});
export type GrepObservation = z.infer<typeof GrepObservation>;

export const ThinkObservation = z.object({ kind: z.literal("ThinkObservation"), ...observation });
export const FinishObservation = z.object({ kind: z.literal("FinishObservation"), ...observation });

export const InvokeSkillObservation = z.object({ kind: z.literal("InvokeSkillObservation"), ...observation, skill_name: z.string() });

export const OtherObservation = z.looseObject({ kind: z.string(), ...observation });
export interface OtherObservation {
  readonly kind: "(other)";
  readonly content: Content[];
  readonly is_error: boolean;
}

/** The observation `kind` with these words, which must be none of the kinds that this version knows; no error unless `fields` say so. */
export function otherObservation(kind: string, content: Content[], fields: Readonly<Record<string, unknown>> = {}): OtherObservation {
  return OtherObservation.parse({ is_error: false, ...fields, kind, content }) as unknown as OtherObservation;
}

export type Observation =
  | TerminalObservation
  | FileEditorObservation
  | TaskTrackerObservation
  | GlobObservation
  | GrepObservation
  | z.infer<typeof ThinkObservation>
  | z.infer<typeof FinishObservation>
  | z.infer<typeof InvokeSkillObservation>
  | OtherObservation;
