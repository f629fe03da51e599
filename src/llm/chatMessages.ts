import { type Content, textContent, textOf } from "../protocol/content.ts";
import type { ActionEvent, AgentErrorEvent, Event, MessageEvent, ObservationEvent, UserRejectObservation } from "../protocol/events.ts";
import type { ChatMessage } from "./llm.ts";

const outcomeUnknown = "There is no result: the run was stopped while this ran. Its outcome is unknown; look before you do it again.";

/** The state update before each reply that says which event was the last one that the model had read when it wrote the reply. */
export const lastReadKey = "last_read_event_id";

/**
 * Messages of calls and results that were made before, by the event that they are made of: what has not changed stays the same
 * object, so that a client need not encode it again.
 */
export type KnownMessages = WeakMap<Event, ChatMessage>;

/**
 * The conversation as the model reads it (agent-server protocol §4.6).
 *
 * Always valid for a provider: the system prompt is first; calls of one reply stand in one assistant message, each followed by exactly
 * one result, in the order of the calls. A message that a person sent while a reply was written or its calls ran comes after them.
 */
export function toChatMessages(events: readonly Event[], known: KnownMessages = new WeakMap()): ChatMessage[] {
  const results = collectResults(events);
  const unread = collectUnread(events);
  const messages: ChatMessage[] = events.flatMap(systemMessage);
  const held: MessageEvent[] = [];
  const release = (): void => held.splice(0).forEach((event) => pushMessage(messages, event));
  for (const [index, event] of events.entries()) {
    if (event.kind === "MessageEvent" && unread.has(event.id)) held.push(event);
    else if (event.kind === "MessageEvent") pushMessage(messages, event);
    else if (event.kind === "ActionEvent" && isFirstOfReply(events, index, event))
      pushCalls(messages, callsOfReply(events, index, event), { results, known });
    if (event.kind === "ActionEvent" || (event.kind === "MessageEvent" && event.source === "agent")) release();
  }
  release();
  return messages;
}

/** Whether the last word is the person's, or one that was put in their place. */
export function awaitsReply(events: readonly Event[]): boolean {
  return toChatMessages(events).at(-1)?.role === "user";
}

function systemMessage(event: Event): ChatMessage[] {
  if (event.kind !== "SystemPromptEvent") return [];
  const { system_prompt, dynamic_context } = event;
  return [{ role: "system", content: dynamic_context ? `${system_prompt.text}\n\n${dynamic_context.text}` : system_prompt.text }];
}

/** The messages that stand before a reply in the log and had not been read when it was written. */
function collectUnread(events: readonly Event[]): ReadonlySet<string> {
  const unread = new Set<string>();
  for (const [index, event] of events.entries()) {
    if (event.kind !== "ConversationStateUpdateEvent" || event.key !== lastReadKey) continue;
    // In a log that lacks the event nothing is known to be unread.
    const between = eventsAfter(event.value, events, index) ?? [];
    for (const message of between) if (message.kind === "MessageEvent" && message.source === "user") unread.add(message.id);
  }
  return unread;
}

/** Looks from the end, because the event is nearly always a few places away. */
function eventsAfter(id: unknown, events: readonly Event[], end: number): readonly Event[] | undefined {
  for (let at = end - 1; at >= 0; at--) if (events[at]?.id === id) return events.slice(at + 1, end);
  return undefined;
}

/** An empty answer is left out: some providers refuse it. */
function pushMessage(messages: ChatMessage[], event: MessageEvent): void {
  const { role, content } = event.llm_message;
  if (role === "assistant") {
    if (textOf(content).trim() !== "") messages.push({ role, content: textOf(content), toolCalls: [] });
    return;
  }
  const said = [...content, ...event.extended_content];
  const before = messages.at(-1);
  if (before?.role === "user") messages[messages.length - 1] = { role: "user", content: [...before.content, ...said] };
  else messages.push({ role: "user", content: said });
}

/** Calls of one reply are found by its id, also when an error event or a message stands between them. */
function isFirstOfReply(events: readonly Event[], index: number, action: ActionEvent): boolean {
  for (let before = index - 1; before >= 0; before--) {
    const event = events[before];
    if (event?.kind === "ActionEvent") return event.llm_response_id !== action.llm_response_id;
  }
  return true;
}

function callsOfReply(events: readonly Event[], index: number, first: ActionEvent): ActionEvent[] {
  const calls: ActionEvent[] = [];
  for (let at = index; at < events.length; at++) {
    const event = events[at];
    if (event?.kind !== "ActionEvent") continue;
    if (event.llm_response_id !== first.llm_response_id) break;
    calls.push(event);
  }
  return calls;
}

interface Sources {
  readonly results: Results;
  readonly known: KnownMessages;
}

function pushCalls(messages: ChatMessage[], calls: readonly ActionEvent[], sources: Sources): void {
  messages.push(callMessage(calls, sources.known), ...calls.map((call) => resultMessage(call, sources)));
}

/** Of the same reply there may be more calls than before. */
function callMessage(calls: readonly ActionEvent[], known: KnownMessages): ChatMessage {
  const [first] = calls;
  const before = first && known.get(first);
  if (before?.role === "assistant" && before.toolCalls.length === calls.length) return before;
  const content = textOf(calls.flatMap((call) => call.thought));
  const message: ChatMessage = { role: "assistant", content, toolCalls: calls.map((call) => call.tool_call) };
  if (first) known.set(first, message);
  return message;
}

function resultMessage({ id, tool_call_id: toolCallId }: ActionEvent, { results, known }: Sources): ChatMessage {
  const result = results.byAction.get(id) ?? results.byCall.get(toolCallId);
  if (result === undefined) return { role: "tool", toolCallId, content: [textContent(outcomeUnknown)] };
  const before = known.get(result);
  if (before?.role === "tool" && before.toolCallId === toolCallId) return before;
  const message: ChatMessage = { role: "tool", toolCallId, content: contentOf(result) };
  known.set(result, message);
  return message;
}

function contentOf(result: ResultEvent): readonly Content[] {
  switch (result.kind) {
    case "ObservationEvent":
      return [...result.observation.content, ...result.extended_content];
    case "UserRejectObservation":
      return [textContent(`The person rejected this: ${result.rejection_reason}`)];
    case "AgentErrorEvent":
      return [textContent(result.error)];
  }
}

type ResultEvent = ObservationEvent | UserRejectObservation | AgentErrorEvent;

interface Results {
  readonly byAction: ReadonlyMap<string, ResultEvent>;
  readonly byCall: ReadonlyMap<string, ResultEvent>;
}

/** The first result of a call counts; a second one is as if it were not there. */
function collectResults(events: readonly Event[]): Results {
  const byAction = new Map<string, ResultEvent>();
  const byCall = new Map<string, ResultEvent>();
  for (const event of events) {
    if (event.kind === "ObservationEvent" || event.kind === "UserRejectObservation") {
      if (!byAction.has(event.action_id)) byAction.set(event.action_id, event);
    } else if (event.kind === "AgentErrorEvent" && !byCall.has(event.tool_call_id)) byCall.set(event.tool_call_id, event);
  }
  return { byAction, byCall };
}
