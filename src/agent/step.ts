import { randomUUID } from "node:crypto";
import type { EventDraft } from "../conversation/conversation.ts";
import { awaitsReply, type KnownMessages, lastReadKey, toChatMessages } from "../llm/chatMessages.ts";
import type { LlmReply } from "../llm/llm.ts";
import { LlmError } from "../llm/llmError.ts";
import { textContent } from "../protocol/content.ts";
import type { ActionEvent, Event } from "../protocol/events.ts";
import type { TokenUsage } from "../protocol/state.ts";
import type { Agent } from "./agent.ts";
import { callError, eventsOfCalls } from "./calls.ts";
import { needsConfirmation } from "./confirmation.ts";
import { execute } from "./execute.ts";

/** How a step leaves the run. */
export type StepEnd = "continue" | "finished" | "waiting_for_confirmation";

/** How many times the model may answer with nothing before the run ends. */
const maxEmptyReplies = 3;

/**
 * One model reply and its actions (agent-server protocol §6.2). Actions that are still pending, because a person has just accepted them,
 * are run instead of asking the model. Throws an LlmError when the model does not answer, and the signal's reason when aborted.
 * `known` is for all steps of a run.
 */
export async function step(agent: Agent, known: KnownMessages, signal: AbortSignal): Promise<StepEnd> {
  const { pending } = agent.conversation.state;
  if (pending.length > 0) return runActions(agent, pending, signal);
  const { leaf_event_id } = agent.conversation.state;
  const reply = withOwnId(await ask(agent, known, signal), agent.conversation.events);
  const notes = [...readEvents(leaf_event_id), ...statsEvents(agent, reply)];
  if (reply.toolCalls.length === 0) return answered(agent, reply, notes);
  const actions = await appendCalls(agent, reply, notes);
  const policy = agent.conversation.state.confirmation_policy ?? { kind: "AlwaysConfirm" };
  if (needsConfirmation(policy, actions)) return "waiting_for_confirmation";
  return runActions(agent, actions, signal);
}

async function ask({ conversation, llm, tools, emit }: Agent, known: KnownMessages, signal: AbortSignal): Promise<LlmReply> {
  const specs = tools.map(({ name, definition, parameters }) => ({ name, description: definition.description, parameters }));
  const request = { messages: toChatMessages(conversation.events, known), tools: specs };
  for await (const chunk of llm.stream(request, signal)) {
    if (chunk.type === "reply") return chunk.reply;
    if (chunk.type === "waiting") emit({ type: "llm.waiting", reason: chunk.reason, retryInMs: chunk.retryInMs });
    if (chunk.type === "text") emit({ type: "delta", content: chunk.text });
    if (chunk.type === "reasoning") emit({ type: "delta", reasoning_content: chunk.text });
  }
  throw new Error("The model's stream ended without a reply.");
}

/** Because some servers give every reply the same id, and calls belong together by it. */
function withOwnId(reply: LlmReply, events: readonly Event[]): LlmReply {
  const isUsed = events.some(
    (event) => (event.kind === "ActionEvent" || event.kind === "MessageEvent") && event.llm_response_id === reply.id,
  );
  return isUsed ? { ...reply, id: `${reply.id}-${randomUUID()}` } : reply;
}

function readEvents(lastRead: string | undefined): EventDraft[] {
  return lastRead === undefined ? [] : [{ kind: "ConversationStateUpdateEvent", source: "environment", key: lastReadKey, value: lastRead }];
}

/** A reply without calls ends the run, unless it says nothing, or the person has said something since it was asked for. */
async function answered(agent: Agent, reply: LlmReply, notes: readonly EventDraft[]): Promise<StepEnd> {
  const message: EventDraft = {
    kind: "MessageEvent",
    source: "agent",
    llm_message: {
      role: "assistant",
      content: [textContent(reply.text)],
      thinking_blocks: [],
      ...(reply.reasoning === "" ? {} : { reasoning_content: reply.reasoning }),
    },
    llm_response_id: reply.id,
    activated_skills: [],
    extended_content: [],
  };
  if (reply.text.trim() !== "") {
    await agent.conversation.append(...notes, message);
    return awaitsReply(agent.conversation.events) ? "continue" : "finished";
  }
  if (emptyReplies(agent.conversation.events) + 1 >= maxEmptyReplies) {
    throw new LlmError(
      "LLMNoResponseError",
      "The model answered with nothing, several times in a row. Send a message to try again, or choose another model.",
    );
  }
  await agent.conversation.append(...notes, message, nudge());
  return "continue";
}

function nudge(): EventDraft {
  const text = "Your last answer was empty. Go on with the task by calling a tool, or call finish when it is done.";
  return {
    kind: "MessageEvent",
    source: "environment",
    llm_message: { role: "user", content: [textContent(text)], thinking_blocks: [] },
    activated_skills: [],
    extended_content: [],
  };
}

/** Nudges at the end of the log, with nothing but the empty replies between them. */
function emptyReplies(events: readonly Event[]): number {
  const spoken = events.filter((event) => event.kind !== "ConversationStateUpdateEvent").toReversed();
  const end = spoken.findIndex((event) => event.kind !== "MessageEvent" || event.source === "user");
  return spoken.slice(0, end).filter((event) => event.kind === "MessageEvent" && event.source === "environment").length;
}

async function appendCalls(agent: Agent, reply: LlmReply, notes: readonly EventDraft[]): Promise<ActionEvent[]> {
  const { conversation, runtime } = agent;
  const tools = new Map(agent.tools.map((tool) => [tool.name, tool]));
  const usedIds = new Set(conversation.events.flatMap((event) => (event.kind === "ActionEvent" ? [event.tool_call_id] : [])));
  const drafts = eventsOfCalls(reply, { tools, info: runtime.info, usedIds });
  const events = await conversation.append(...notes, ...drafts);
  return events.flatMap((event) => (event.kind === "ActionEvent" && event.action ? [event] : []));
}

/** In the order of the calls. What stands behind a finish in the same reply is not run, and the model is told so. */
async function runActions(agent: Agent, actions: readonly ActionEvent[], signal: AbortSignal): Promise<StepEnd> {
  for (const [index, action] of actions.entries()) {
    signal.throwIfAborted();
    await agent.conversation.append(await execute(agent, action, signal));
    if (action.action?.kind !== "FinishAction") continue;
    const rest = actions.slice(index + 1).map((left) => callError(left, "Not run: the task was finished before it."));
    if (rest.length > 0) await agent.conversation.append(...rest);
    return awaitsReply(agent.conversation.events) ? "continue" : "finished";
  }
  return "continue";
}

/** The tokens of all calls so far; the same update event that official servers send (agent-server protocol §4.9). */
function statsEvents({ conversation, llm }: Agent, { usage }: LlmReply): EventDraft[] {
  if (usage === undefined) return [];
  const value = { usage_to_metrics: { agent: { model_name: llm.model, accumulated_token_usage: sum(conversation.state.usage, usage) } } };
  return [{ kind: "ConversationStateUpdateEvent", source: "environment", key: "stats", value }];
}

function sum(a: TokenUsage, b: TokenUsage): TokenUsage {
  return {
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    cache_read_tokens: a.cache_read_tokens + b.cache_read_tokens,
    reasoning_tokens: a.reasoning_tokens + b.reasoning_tokens,
  };
}
