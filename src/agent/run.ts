import type { Conversation, EventDraft } from "../conversation/conversation.ts";
import { localTimestamp } from "../conversation/localTimestamp.ts";
import type { KnownMessages } from "../llm/chatMessages.ts";
import { classify, LlmError } from "../llm/llmError.ts";
import { textContent } from "../protocol/content.ts";
import { defaultMaxSteps } from "../protocol/settings.ts";
import type { ExecutionStatus } from "../protocol/state.ts";
import type { Agent } from "./agent.ts";
import { callError, unknownOutcome, unknownOutcomes } from "./calls.ts";
import { dynamicContext, systemPrompt } from "./prompt.ts";
import { step } from "./step.ts";

/** The reason of an interrupt that no person asked for: the process is about to end. */
export class HostClosing extends Error {
  override readonly name = "HostClosing";
}

export interface RunSignals {
  /** Ends the run at once: the model's answer is dropped, the running command interrupted. Its reason may be HostClosing. */
  readonly interrupt: AbortSignal;
  /** Ends the run after the step that is under way. */
  readonly pause: AbortSignal;
}

/**
 * The agent at work until it is finished, asks, is paused, is interrupted or fails (agent-server protocol §6.1).
 *
 * How it ended is in the conversation: its `execution_status`, and a ConversationErrorEvent with a sentence when that is `error`.
 * Rejects only when the conversation itself cannot be written.
 */
export async function run(agent: Agent, signals: RunSignals): Promise<void> {
  const { conversation } = agent;
  await conversation.append(...unknownOutcomes(conversation.state), ...systemPromptEvents(agent), statusEvent("running"));
  try {
    await conversation.append(...(await steps(agent, signals)));
  } catch (error) {
    await conversation.append(
      ...(signals.interrupt.aborted ? interruptedEvents(conversation, signals.interrupt.reason) : failedEvents(conversation, error)),
    );
  }
}

/** The last events of a run that was not cut off. */
async function steps(agent: Agent, { interrupt, pause }: RunSignals): Promise<EventDraft[]> {
  const maxIterations = agent.conversation.state.max_iterations ?? defaultMaxSteps;
  const known: KnownMessages = new WeakMap();
  for (let done = 0; done < maxIterations; done++) {
    if (pause.aborted) return [statusEvent("paused"), { kind: "PauseEvent", source: "user" }];
    const end = await step(agent, known, interrupt);
    if (end !== "continue") return [statusEvent(end)];
  }
  return limitReached(maxIterations);
}

export function statusEvent(status: ExecutionStatus): EventDraft {
  return { kind: "ConversationStateUpdateEvent", source: "environment", key: "execution_status", value: status };
}

/** The system prompt is the first thing that the model reads, and is written once. */
function systemPromptEvents({ conversation, runtime, tools }: Agent): EventDraft[] {
  if (conversation.events.some((event) => event.kind === "SystemPromptEvent")) return [];
  const today = localTimestamp(new Date()).slice(0, 10);
  return [
    {
      kind: "SystemPromptEvent",
      source: "agent",
      system_prompt: textContent(systemPrompt),
      tools: tools.map((tool) => tool.definition),
      dynamic_context: textContent(dynamicContext(runtime.info, today)),
    },
  ];
}

/** Every call that has no result yet gets one, so that the next message to the model is a valid one. */
function interruptedEvents({ state }: Conversation, reason: unknown): EventDraft[] {
  const isClosing = reason instanceof HostClosing;
  const error = isClosing
    ? "The host was closed before this was done; look at what is there."
    : "Interrupted by the person before it was done.";
  const cut = state.pending.map((action) => callError(action, error));
  const last: EventDraft = isClosing ? { kind: "PauseEvent", source: "environment" } : { kind: "InterruptEvent", source: "user" };
  return [...cut, statusEvent("paused"), last];
}

/** The last events of a run that failed, or that could not begin. */
export function failedEvents({ state }: Conversation, error: unknown): EventDraft[] {
  const cut = state.pending.map(unknownOutcome);
  const detail = error instanceof Error ? error.message : String(error);
  const code = error instanceof LlmError ? error.code : "InternalError";
  const classification =
    error instanceof LlmError ? classify(error) : ({ kind: "internal", retryable: true, user_action: "retry" } as const);
  return [...cut, { kind: "ConversationErrorEvent", source: "environment", code, detail, classification }, statusEvent("error")];
}

function limitReached(maxIterations: number): EventDraft[] {
  const detail = `The limit of ${maxIterations} steps is reached. Everything done so far is kept; send a message to go on.`;
  const classification = { kind: "agent_action", retryable: false, user_action: "none" } as const;
  return [
    { kind: "ConversationErrorEvent", source: "environment", code: "MaxIterationsReached", detail, classification },
    statusEvent("error"),
  ];
}
