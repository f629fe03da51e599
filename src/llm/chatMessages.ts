import { type Content, textContent, textOf } from "../protocol/content.ts";
import type { ActionEvent, Event, MessageEvent, ObservationEvent } from "../protocol/events.ts";
import { SecretRegistry, stateKeys } from "../protocol/state.ts";
import type { ActionResult } from "../protocol/view.ts";
import { condensedView, type ViewItem } from "./condensedView.ts";
import type { ChatMessage } from "./llm.ts";

const outcomeUnknown = "There is no result: the run was stopped while this ran. Its outcome is unknown; look before you do it again.";

/**
 * Adds to `messages` what the model reads of the events from index `from` on. All calls of a reply and their results, as far as there are any,
 * must be on the same side of it. `open` says that a message was read last which belongs behind a reply that is not there yet.
 */
export function addMessages(messages: ChatMessage[], events: readonly Event[], from: number): "open" | "closed" {
  const { unread, incomplete } = collectNotes(events, from);
  const items = condensedView(from === 0 ? events : events.slice(from));
  const results = collectResults(items);
  const held: MessageEvent[] = [];
  const release = (): void => held.splice(0).forEach((event) => pushMessage(messages, event));
  for (const [index, item] of items.entries()) {
    if (item.kind === "CondensationSummaryEvent") pushUser(messages, [textContent(summaryIntroduction + item.summary)]);
    else if (item.kind === "MessageEvent" && unread.has(item.id)) held.push(item);
    else if (item.kind === "MessageEvent") pushMessage(messages, item, incomplete.has(item.id));
    else if (item.kind === "ActionEvent" && isFirstOfReply(items, index, item))
      pushCalls(messages, callsOfReply(items, index, item), results);
    if (item.kind === "ActionEvent" || (item.kind === "MessageEvent" && item.source === "agent")) release();
  }
  const end = held.length > 0 ? "open" : "closed";
  release();
  return end;
}

const summaryIntroduction = "[The conversation so far was summarized to make room. The summary:]\n";
const cutOff = "\n[This answer was cut off here.]";

/** Secrets can come and go with the host that knows them, so what is said of them is said anew with every request. */
export function systemMessages(events: readonly Event[]): ChatMessage[] {
  const prompt = events.find((event) => event.kind === "SystemPromptEvent");
  if (prompt === undefined) return [];
  const names = secretNames(events);
  const secrets =
    names.length === 0 ? [] : [`These secrets are set as environment variables of a command that names them: ${names.join(", ")}.`];
  const parts = [prompt.system_prompt.text, prompt.dynamic_context?.text ?? "", ...secrets];
  return [{ role: "system", content: parts.filter((part) => part !== "").join("\n\n") }];
}

function secretNames(events: readonly Event[]): string[] {
  const update = events.findLast((event) => event.kind === "ConversationStateUpdateEvent" && event.key === stateKeys.secrets);
  const registry = update?.kind === "ConversationStateUpdateEvent" ? SecretRegistry.safeParse(update.value).data : undefined;
  return Object.keys(registry?.secret_sources ?? {});
}

interface Notes {
  /** The messages that stand before a reply in the log and had not been read when it was written. */
  readonly unread: ReadonlySet<string>;
  /** The replies that were cut off. */
  readonly incomplete: ReadonlySet<string>;
}

function collectNotes(events: readonly Event[], from: number): Notes {
  const unread = new Set<string>();
  const incomplete = new Set<string>();
  for (let index = from; index < events.length; index++) {
    const event = events[index];
    if (event?.kind !== "ConversationStateUpdateEvent") continue;
    if (event.key === stateKeys.incomplete && event.parent_id) incomplete.add(event.parent_id);
    if (event.key !== stateKeys.lastRead) continue;
    // In a log that lacks the event nothing is known to be unread.
    const between = eventsAfter(event.value, events, index) ?? [];
    for (const message of between) if (message.kind === "MessageEvent" && message.source === "user") unread.add(message.id);
  }
  return { unread, incomplete };
}

/** Looks from the end, because the event is nearly always a few places away. */
function eventsAfter(id: unknown, events: readonly Event[], end: number): readonly Event[] | undefined {
  for (let at = end - 1; at >= 0; at--) if (events[at]?.id === id) return events.slice(at + 1, end);
  return undefined;
}

/** An empty answer is left out: some providers refuse it. */
function pushMessage(messages: ChatMessage[], event: MessageEvent, isIncomplete = false): void {
  const { role, content } = event.llm_message;
  if (role !== "assistant") return pushUser(messages, [...content, ...event.extended_content]);
  const text = textOf(content);
  if (text.trim() !== "") messages.push({ role, content: isIncomplete ? text + cutOff : text, toolCalls: [] });
}

function pushUser(messages: ChatMessage[], content: readonly Content[]): void {
  const before = messages.at(-1);
  if (before?.role === "user") messages[messages.length - 1] = { role: "user", content: [...before.content, ...content] };
  else messages.push({ role: "user", content });
}

/** Calls of one reply are found by its id, also when an error event or a message stands between them. */
function isFirstOfReply(events: readonly ViewItem[], index: number, action: ActionEvent): boolean {
  for (let before = index - 1; before >= 0; before--) {
    const event = events[before];
    if (event?.kind === "ActionEvent") return event.llm_response_id !== action.llm_response_id;
  }
  return true;
}

function callsOfReply(events: readonly ViewItem[], index: number, first: ActionEvent): ActionEvent[] {
  const calls: ActionEvent[] = [];
  for (let at = index; at < events.length; at++) {
    const event = events[at];
    if (event?.kind !== "ActionEvent") continue;
    if (event.llm_response_id !== first.llm_response_id) break;
    calls.push(event);
  }
  return calls;
}

function pushCalls(messages: ChatMessage[], calls: readonly ActionEvent[], results: Results): void {
  const content = textOf(calls.flatMap((call) => call.thought));
  messages.push({ role: "assistant", content, toolCalls: calls.map((call) => call.tool_call) });
  for (const call of calls) messages.push(resultMessage(call, results));
}

function resultMessage({ id, tool_call_id: toolCallId }: ActionEvent, results: Results): ChatMessage {
  const result = results.byAction.get(id) ?? results.byCall.get(toolCallId);
  return { role: "tool", toolCallId, content: result === undefined ? [textContent(outcomeUnknown)] : contentOf(result) };
}

function contentOf(result: ActionResult): readonly Content[] {
  switch (result.kind) {
    case "ObservationEvent":
      return [...failureHeader(result), ...result.observation.content, ...result.extended_content];
    case "UserRejectObservation":
      return [
        textContent(
          `${result.rejection_source === "hook" ? "A hook forbids this" : "The person rejected this"}: ${result.rejection_reason}`,
        ),
      ];
    case "AgentErrorEvent":
      return [textContent(result.error)];
  }
}

/** One line, so that a failure is not taken for what was asked (agent-server protocol §4.6). */
function failureHeader({ observation }: ObservationEvent): Content[] {
  return observation.is_error ? [textContent("[This call did not succeed.]")] : [];
}

interface Results {
  readonly byAction: ReadonlyMap<string, ActionResult>;
  readonly byCall: ReadonlyMap<string, ActionResult>;
}

/** The first result of a call counts; a second one is as if it were not there. */
function collectResults(events: readonly ViewItem[]): Results {
  const byAction = new Map<string, ActionResult>();
  const byCall = new Map<string, ActionResult>();
  for (const event of events) {
    if (event.kind === "ObservationEvent" || event.kind === "UserRejectObservation") {
      if (!byAction.has(event.action_id)) byAction.set(event.action_id, event);
    } else if (event.kind === "AgentErrorEvent" && !byCall.has(event.tool_call_id)) byCall.set(event.tool_call_id, event);
  }
  return { byAction, byCall };
}
