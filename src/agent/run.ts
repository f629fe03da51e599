import type { EventDraft } from "../conversation/conversation.ts";
import { localTimestamp } from "../conversation/localTimestamp.ts";
import type { ToolSpec } from "../llm/llm.ts";
import { textContent } from "../protocol/content.ts";
import { descriptionFor } from "../tools/tool.ts";
import type { Agent } from "./agent.ts";
import { unknownOutcomes } from "./calls.ts";
import { failedEvents, interruptedEvents, statusEvent, stuckEvents } from "./endings.ts";
import { Known } from "./known.ts";
import { Allowance } from "./limits.ts";
import { nudge } from "./nudges.ts";
import { dynamicContext, systemPrompt } from "./prompt.ts";
import { type RunContext, step } from "./step.ts";
import { fine, progressOf } from "./stuck.ts";

export interface RunSignals {
  /** Ends the run at once: the model's answer is cut off, the running command interrupted. Its reason may be HostClosing. */
  readonly interrupt: AbortSignal;
  /** Ends the run after the step that is under way. */
  readonly pause: AbortSignal;
}

/**
 * The agent at work until it is finished, asks, is stuck, is paused, is interrupted, reaches a limit or fails (agent-server protocol §6.1).
 *
 * How it ended is in the conversation: its `execution_status`, and a ConversationErrorEvent with a sentence when that is `error`.
 * Rejects only when the conversation itself cannot be written.
 */
export async function run(agent: Agent, { interrupt, pause }: RunSignals): Promise<void> {
  const { conversation } = agent;
  const begun = (await agent.hooks?.begin(conversation.state, interrupt)) ?? [];
  await conversation.append(...unknownOutcomes(conversation.state), ...begun, ...systemPromptEvents(agent), statusEvent("running"));
  using allowance = new Allowance(conversation.state, agent.llm, agent.spent);
  const { lost } = agent.runtime;
  const stop = AbortSignal.any([interrupt, allowance.timeUp, ...(lost ? [lost] : [])]);
  try {
    await conversation.append(
      ...(await steps(agent, { allowance, known: new Known(), offered: offeredTools(agent) }, { interrupt: stop, pause })),
    );
  } catch (error) {
    await conversation.append(
      ...(interrupt.aborted ? interruptedEvents(conversation.state, interrupt.reason) : failedEvents(conversation.state, error)),
    );
  }
}

/** The last events of a run that was not cut off. */
async function steps(agent: Agent, context: RunContext, { interrupt, pause }: RunSignals): Promise<EventDraft[]> {
  const { conversation } = agent;
  const firstSeq = conversation.events.length;
  for (;;) {
    if (pause.aborted) return [statusEvent("paused"), { kind: "PauseEvent", source: "user" }];
    const progress = agent.stuckDetection === false ? fine : progressOf(conversation.events, firstSeq);
    if (progress.kind === "stuck") return stuckEvents(progress.reason);
    if (progress.kind === "nudge") await conversation.append(nudge(progress.text));
    // What the person has just allowed is a part of the step that asked.
    if (conversation.state.pending.length === 0) context.allowance.take();
    const end = await step(agent, context, interrupt);
    if (end === "blocked") return [statusEvent("finished")];
    if (end === "finished" && (await mustGoOn(agent, interrupt))) continue;
    if (end !== "continue") return [statusEvent(end)];
  }
}

/** Whether a hook forbids the agent to stop; the model is told why. */
async function mustGoOn({ hooks, conversation }: Agent, signal: AbortSignal): Promise<boolean> {
  if (hooks === undefined) return false;
  const { events, goesOn } = await hooks.onStop(signal);
  await conversation.append(...events);
  return goesOn;
}

/** Of an agent, what its system prompt is made of. */
type Prompted = Pick<Agent, "conversation" | "runtime" | "llm" | "tools" | "skills" | "systemPrompt" | "systemMessageSuffix">;

function offeredTools({ tools, llm }: Agent): ToolSpec[] {
  return tools.map((tool) => ({ name: tool.name, description: descriptionFor(tool, llm), parameters: tool.parameters }));
}

/** The system prompt is the first thing that the model reads, and is written once on a branch. */
export function systemPromptEvents({ conversation, runtime, tools, llm, skills, ...told }: Prompted): EventDraft[] {
  if (conversation.events.some((event) => event.kind === "SystemPromptEvent")) return [];
  const today = localTimestamp(new Date()).slice(0, 10);
  const context = [dynamicContext(runtime.info, today), skills?.context(llm.model), told.systemMessageSuffix];
  return [
    {
      kind: "SystemPromptEvent",
      source: "agent",
      system_prompt: textContent(told.systemPrompt ?? systemPrompt),
      tools: tools.map((tool) => tool.definition),
      dynamic_context: textContent(context.filter(Boolean).join("\n\n")),
    },
  ];
}
