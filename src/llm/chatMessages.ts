import { type Content, textContent, textOf } from "../protocol/content.ts";
import type { ActionEvent, Event, MessageEvent } from "../protocol/events.ts";
import type { ChatMessage } from "./llm.ts";

const outcomeUnknown = "There is no result: the run was stopped while this ran. Its outcome is unknown; look before you do it again.";

/** The state update before each reply that says which event was the last one that the model had read when it wrote the reply. */
export const lastReadKey = "last_read_event_id";

/**
 * The conversation as the model reads it (agent-server protocol §4.6).
 *
 * Always valid for a provider: the system prompt is first; calls of one reply stand in one assistant message, each followed by exactly
 * one result, in the order of the calls. A message that a person sent while a reply was written or its calls ran comes after them.
 */
export function toChatMessages(events: readonly Event[]): ChatMessage[] {
  const results = collectResults(events);
  const unread = collectUnread(events);
  const messages: ChatMessage[] = events.flatMap(systemMessage);
  const held: MessageEvent[] = [];
  const release = (): void => held.splice(0).forEach((event) => pushMessage(messages, event));
  for (const [index, event] of events.entries()) {
    if (event.kind === "MessageEvent" && unread.has(event.id)) held.push(event);
    else if (event.kind === "MessageEvent") pushMessage(messages, event);
    else if (event.kind === "ActionEvent" && isFirstOfReply(events, index, event))
      pushCalls(messages, callsOfReply(events, index, event), results);
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
  const places = new Map<unknown, number>(events.map((event, index) => [event.id, index]));
  const unread = new Set<string>();
  for (const [index, event] of events.entries()) {
    if (event.kind !== "ConversationStateUpdateEvent" || event.key !== lastReadKey) continue;
    const between = events.slice((places.get(event.value) ?? index) + 1, index);
    for (const message of between) if (message.kind === "MessageEvent" && message.source === "user") unread.add(message.id);
  }
  return unread;
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

function pushCalls(messages: ChatMessage[], calls: readonly ActionEvent[], results: Results): void {
  const thought = textOf(calls.flatMap((call) => call.thought));
  messages.push({ role: "assistant", content: thought, toolCalls: calls.map((call) => call.tool_call) });
  for (const call of calls) messages.push({ role: "tool", toolCallId: call.tool_call_id, content: resultOf(call, results) });
}

interface Results {
  readonly byAction: ReadonlyMap<string, readonly Content[]>;
  readonly byCall: ReadonlyMap<string, readonly Content[]>;
}

function resultOf(call: ActionEvent, results: Results): readonly Content[] {
  return results.byAction.get(call.id) ?? results.byCall.get(call.tool_call_id) ?? [textContent(outcomeUnknown)];
}

/** The first result of a call counts; a second one is as if it were not there. */
function collectResults(events: readonly Event[]): Results {
  const byAction = new Map<string, readonly Content[]>();
  const byCall = new Map<string, readonly Content[]>();
  const keep = (map: Map<string, readonly Content[]>, key: string, content: readonly Content[]): void => {
    if (!map.has(key)) map.set(key, content);
  };
  for (const event of events) {
    if (event.kind === "ObservationEvent") keep(byAction, event.action_id, [...event.observation.content, ...event.extended_content]);
    if (event.kind === "UserRejectObservation")
      keep(byAction, event.action_id, [textContent(`The person rejected this: ${event.rejection_reason}`)]);
    if (event.kind === "AgentErrorEvent") keep(byCall, event.tool_call_id, [textContent(event.error)]);
  }
  return { byAction, byCall };
}
