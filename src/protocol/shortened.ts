import type { Action, FileEditorObservation, Observation } from "./actions.ts";
import type { Content, TextContent } from "./content.ts";
import type { ActionEvent, Event, HookExecutionEvent, MessageEvent } from "./events.ts";
import { diffCounts, lineDiff } from "./lineDiff.ts";
import { shortText } from "./shortText.ts";

/** Larger ones are not carried to a view, in characters of their URL. */
const mostOfImage = 1_400_000;
/** Kept around the changed lines of an edit. */
const linesAround = 3;

/**
 * `event` for a view: texts of more than `most` characters lose their middle, which says how much that is, and of a large edit only the changed
 * lines are left, with three around them. The very same object when nothing has to go. What a person may yet be asked about, an action, is
 * never cut; `shortenDone` is for one that is over.
 */
export function shortenEvent(event: Event, most: number): Event {
  switch (event.kind) {
    case "MessageEvent":
      return shortMessage(event, most);
    case "ActionEvent":
      return shortSpoken(event, most);
    case "ObservationEvent":
      return replaced(event, { observation: shortObservation(event.observation, most), extended_content: unshown(event, most) });
    case "UserRejectObservation":
      return replaced(event, { rejection_reason: shortText(event.rejection_reason, most) });
    case "AgentErrorEvent":
      return replaced(event, { error: shortText(event.error, most) });
    case "ConversationErrorEvent":
      return replaced(event, { detail: shortText(event.detail, most) });
    case "SystemPromptEvent":
      // No view shows what the tools are, or what is told beside the prompt.
      return replaced(event, {
        ...(sizeOf(event.tools) <= most ? {} : { tools: [] }),
        ...(event.dynamic_context == null ? {} : { dynamic_context: shortTextContent(event.dynamic_context, most) }),
      });
    case "HookExecutionEvent":
      return shortHook(event, most);
    case "Condensation":
      return replaced(event, {
        ...(event.summary == null ? {} : { summary: shortText(event.summary, most) }),
        forgotten_event_ids: event.forgotten_event_ids.length * 36 > most ? [] : event.forgotten_event_ids,
      });
    default:
      return event;
  }
}

/** Like `shortenEvent`, for an event whose action, if it is one, has its result. */
export function shortenDone(event: Event, most: number): Event {
  const short = shortenEvent(event, most);
  if (short.kind !== "ActionEvent" || !short.action) return short;
  return replaced(short, { action: shortAction(short.action, most), tool_call: shortCall(short, most) });
}

function shortHook(event: HookExecutionEvent, most: number): HookExecutionEvent {
  const { stdout, stderr, reason, hook_input, hook_command, ...rest } = event;
  const isLarge = hook_input != null && JSON.stringify(hook_input).length > most;
  const whole = isLarge ? { ...rest, stdout, stderr, hook_command } : event;
  return replaced<HookExecutionEvent>(whole, {
    stdout: shortText(stdout, most),
    stderr: shortText(stderr, most),
    hook_command: shortText(hook_command, most),
    ...(reason == null ? {} : { reason: shortText(reason, most) }),
  });
}

function shortTextContent(content: TextContent, most: number): TextContent {
  return replaced(content, { text: shortText(content.text, most) });
}

/** What is told with it to the model only, where that is not too long. */
function unshown({ extended_content }: Pick<MessageEvent, "extended_content">, most: number): TextContent[] {
  return extended_content.every(({ text }) => text.length <= most) ? extended_content : [];
}

function shortMessage(event: MessageEvent, most: number): MessageEvent {
  const { llm_message: message } = event;
  const content = shortContent(message.content, most);
  const reasoning = message.reasoning_content == null ? {} : { reasoning_content: shortText(message.reasoning_content, most) };
  return replaced(event, { llm_message: replaced(message, { content, ...reasoning }), extended_content: unshown(event, most) });
}

function shortSpoken(event: ActionEvent, most: number): ActionEvent {
  const { thought, reasoning_content, action } = event;
  // The arguments of a call that we know no action of are what is shown of it.
  const isShown = action != null && !knownKinds.has(action.kind);
  return replaced(event, {
    thought: same(thought, (part) => replaced(part, { text: shortText(part.text, most) })),
    ...(reasoning_content == null ? {} : { reasoning_content: shortText(reasoning_content, most) }),
    ...(isShown ? {} : { tool_call: shortCall(event, most) }),
  });
}

function shortCall({ tool_call }: ActionEvent, most: number): ActionEvent["tool_call"] {
  return replaced(tool_call, { arguments: shortText(tool_call.arguments, most) });
}

const knownKinds: ReadonlySet<string> = new Set([
  ...["TerminalAction", "FileEditorAction", "TaskTrackerAction", "GlobAction", "GrepAction", "ThinkAction", "FinishAction"],
  "InvokeSkillAction",
]);

function shortAction(action: Action, most: number): Action {
  const short = (text: string): string => shortText(text, most);
  switch (action.kind) {
    case "TerminalAction":
      return replaced(action, { command: short(action.command) });
    case "ThinkAction":
      return replaced(action, { thought: short(action.thought) });
    case "FinishAction":
      return replaced(action, { message: short(action.message) });
    case "FileEditorAction": {
      const { file_text, old_str, new_str } = action;
      return replaced(action, {
        ...(file_text == null ? {} : { file_text: short(file_text) }),
        ...(old_str == null ? {} : { old_str: short(old_str) }),
        ...(new_str == null ? {} : { new_str: short(new_str) }),
      });
    }
    default:
      return action;
  }
}

function shortObservation(observation: Observation, most: number): Observation {
  const short = replaced(observation, { content: shortContent(observation.content, most) });
  return short.kind === "FileEditorObservation" ? shortEdit(short, most) : short;
}

function shortContent(content: Content[], most: number): Content[] {
  return same(content, (part) => {
    if (part.type === "text") return replaced(part, { text: shortText(part.text, most) });
    const urls = part.image_urls.filter((url) => url.length <= mostOfImage);
    return urls.length === part.image_urls.length ? part : { ...part, image_urls: urls };
  });
}

/** The lines that are the same at the beginning and the end go first; then long texts lose their middle, and the counts of lines stay true. */
function shortEdit(observation: FileEditorObservation, most: number): FileEditorObservation {
  const { old_content: before, new_content: after } = observation;
  if ((before?.length ?? 0) + (after?.length ?? 0) <= most || observation.first_line !== undefined) return observation;
  const { first, old, now } = changedRegion(before ?? "", after ?? "");
  const counts = diffCounts(lineDiff(before ?? "", after ?? ""));
  return {
    ...observation,
    ...(before == null ? {} : { old_content: shortText(old, most) }),
    ...(after == null ? {} : { new_content: shortText(now, most) }),
    first_line: first,
    lines_added: counts.added,
    lines_removed: counts.removed,
  };
}

function changedRegion(before: string, after: string): { readonly first: number; readonly old: string; readonly now: string } {
  const old = before.split("\n");
  const now = after.split("\n");
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && old[start] === now[start]) start++;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end++;
  const from = Math.max(0, start - linesAround);
  const left = Math.max(0, end - linesAround);
  const region = (lines: readonly string[]): string => lines.slice(from, lines.length - left).join("\n");
  return { first: from + 1, old: region(old), now: region(now) };
}

function sizeOf(tools: readonly { readonly description: string }[]): number {
  return tools.reduce((sum, { description }) => sum + description.length, 0);
}

/** `whole` with these fields; the same object when none of them is another. */
function replaced<Whole extends object>(whole: Whole, fields: Partial<Whole>): Whole {
  const isSame = Object.entries(fields).every(([name, value]) => Reflect.get(whole, name) === value);
  return isSame ? whole : { ...whole, ...fields };
}

function same<Item>(items: Item[], change: (item: Item) => Item): Item[] {
  const now = items.map(change);
  return now.every((item, index) => item === items[index]) ? items : now;
}
