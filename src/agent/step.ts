import { randomUUID } from "node:crypto";
import { type EventDraft, stateUpdate } from "../conversation/stamp.ts";
import type { LlmReply, ToolSpec } from "../llm/llm.ts";
import { LlmError } from "../llm/llmError.ts";
import { textContent } from "../protocol/content.ts";
import type { ActionEvent } from "../protocol/events.ts";
import { stateKeys } from "../protocol/state.ts";
import type { Agent } from "./agent.ts";
import { ask, type Heard } from "./ask.ts";
import { callError, eventsOfCalls } from "./calls.ts";
import { condense, isCondensationDue } from "./condenser.ts";
import { needsConfirmation } from "./confirmation.ts";
import { execute } from "./execute.ts";
import { withSkills } from "./guided.ts";
import { blockedResult } from "./hooks/hooks.ts";
import type { Known } from "./known.ts";
import type { Allowance } from "./limits.ts";
import { cutOffAnswer, emptyAnswer, nudge, nudgesInARow } from "./nudges.ts";
import { statsEvents } from "./stats.ts";
import { wantsReply } from "./wantsReply.ts";

/** How a step leaves the run; `blocked`: a hook has forbidden the person's last message. */
export type StepEnd = "continue" | "finished" | "blocked" | "waiting_for_confirmation";

/** What all steps of one run share. */
export interface RunContext {
  readonly known: Known;
  readonly allowance: Allowance;
  /** The agent's tools, as the model is told of them. */
  readonly offered: readonly ToolSpec[];
}

/**
 * One model reply and its actions (agent-server protocol §6.2). Actions that are still pending, because a person has just accepted them,
 * are run instead of asking the model; so is a condensation that is due. Throws an LlmError when the model does not answer, and the
 * signal's reason when aborted; what the model had said by then is kept, and marked as cut off.
 */
export async function step(agent: Agent, context: RunContext, signal: AbortSignal): Promise<StepEnd> {
  const { conversation } = agent;
  const { pending } = conversation.state;
  if (pending.length > 0) return runActions(agent, pending, signal);
  const blocked = await passBlocked(agent);
  if (blocked) return "blocked";
  context.known.catchUp(conversation.events);
  if (isCondensationDue(agent, context.known)) {
    context.allowance.count(await condense(agent, signal));
    return "continue";
  }
  const { leaf_event_id } = conversation.state;
  const reply = await askForReply(agent, context, signal);
  if (reply === undefined) return "continue";
  const notes = [...readEvents(leaf_event_id), ...statsEvents(agent, reply)];
  return reply.toolCalls.length === 0
    ? answered(agent, reply, notes)
    : called(agent, reply, { notes, usedIds: context.known.callIds, signal });
}

/** Comes to the messages that a hook has forbidden, which the model never reads. True when the person has said nothing else since. */
async function passBlocked({ conversation }: Agent): Promise<boolean> {
  const { last_user_message_id: last = "", blocked_messages = {} } = conversation.state;
  if (Object.keys(blocked_messages).length === 0) return false;
  await conversation.append(stateUpdate("blocked_messages", {}));
  return Object.hasOwn(blocked_messages, last);
}

/** Undefined when the conversation is too long for the model: then a condensation has been requested. */
async function askForReply(agent: Agent, { known, offered, allowance }: RunContext, signal: AbortSignal): Promise<LlmReply | undefined> {
  const { conversation } = agent;
  const { leaf_event_id } = conversation.state;
  const heard: Heard = { text: "", reasoning: "" };
  try {
    const reply = await ask(agent, { messages: known.history.read(conversation.events), tools: offered }, signal, heard);
    allowance.count(reply);
    // Because some servers give every reply the same id, and calls belong together by it.
    return known.replyIds.has(reply.id) ? { ...reply, id: `${reply.id}-${randomUUID()}` } : reply;
  } catch (error) {
    const id = `cut-off-${randomUUID()}`;
    if (heard.text.trim() !== "") await conversation.append(...readEvents(leaf_event_id), replyMessage({ ...heard, id }), incomplete);
    if (!isTooLong(error) || known.hasJustCondensed || agent.condenser === null) throw error;
    await conversation.append({ kind: "CondensationRequest", source: "environment" });
    return undefined;
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof LlmError && error.code === "LLMContextWindowExceedError";
}

function readEvents(lastRead: string | undefined): EventDraft[] {
  return lastRead === undefined ? [] : [stateUpdate(stateKeys.lastRead, lastRead)];
}

const incomplete = stateUpdate(stateKeys.incomplete, true);

function replyMessage({ text, reasoning, reasoningMs, id }: Pick<LlmReply, "text" | "reasoning" | "reasoningMs" | "id">): EventDraft {
  return {
    kind: "MessageEvent",
    source: "agent",
    llm_message: {
      role: "assistant",
      content: [textContent(text)],
      thinking_blocks: [],
      ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    },
    llm_response_id: id,
    ...(reasoningMs === undefined ? {} : { reasoning_ms: reasoningMs }),
    activated_skills: [],
    extended_content: [],
  };
}

/** A reply without calls ends the run, unless it says nothing, is cut off, or the person has said something since it was asked for. */
async function answered(agent: Agent, reply: LlmReply, notes: readonly EventDraft[]): Promise<StepEnd> {
  const { conversation } = agent;
  const message = [...notes, replyMessage(reply)];
  if (reply.text.trim() === "") {
    if (nudgesInARow(conversation.events) > 0) throw saidNothing();
    await conversation.append(...message, nudge(reply.isComplete ? emptyAnswer : cutOffAnswer));
    return "continue";
  }
  if (!reply.isComplete) {
    await conversation.append(...message, incomplete, nudge(cutOffAnswer));
    return "continue";
  }
  await conversation.append(...message);
  return wantsReply(agent) ? "continue" : "finished";
}

function saidNothing(): LlmError {
  const sentence =
    "The model answered with nothing, twice in a row. Everything is kept; send a message to try again, or choose another model.";
  return new LlmError("LLMNoResponseError", sentence);
}

interface Reading {
  readonly notes: readonly EventDraft[];
  /** Of earlier calls. */
  readonly usedIds: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

async function called(agent: Agent, reply: LlmReply, { notes, usedIds, signal }: Reading): Promise<StepEnd> {
  const { conversation, runtime, secrets } = agent;
  const tools = new Map(agent.tools.map((tool) => [tool.name, tool]));
  const drafts = await eventsOfCalls(reply, { tools, runtime, usedIds, holdsSecret: (action) => secrets.areIn(action), signal });
  const policy = conversation.state.confirmation_policy ?? { kind: "AlwaysConfirm" };
  const proposed = drafts.flatMap((draft) => (draft.kind === "ActionEvent" && draft.action ? [draft] : []));
  // Without an analyzer nothing is said of a risk, but what we would ask about is asked about all the same.
  const isJudged = conversation.state.security_analyzer !== null;
  const granted: ReadonlySet<EventDraft> = isJudged ? agent.grants.of(policy, proposed, runtime.info.workingDir) : new Set();
  const marked = drafts.map((draft) => (isJudged ? withGrant(draft, granted) : withoutRisk(draft)));
  const judged = (await agent.hooks?.beforeTools(marked, conversation.state, signal)) ?? marked;
  const events = await conversation.append(...notes, ...judged);
  const actions = events.flatMap((event) => (event.kind === "ActionEvent" && event.action ? [event] : []));
  const { blocked_actions = {} } = conversation.state;
  const asked = actions.filter((action) => action.granted !== true && !Object.hasOwn(blocked_actions, action.id));
  const ids = new Set(asked.map(({ tool_call_id }) => tool_call_id));
  const asks =
    needsConfirmation(policy, asked) ||
    needsConfirmation(
      policy,
      proposed.filter(({ tool_call_id }) => ids.has(tool_call_id)),
    );
  return asks ? "waiting_for_confirmation" : runActions(agent, actions, signal);
}

function withGrant(draft: EventDraft, granted: ReadonlySet<EventDraft>): EventDraft {
  return draft.kind === "ActionEvent" && granted.has(draft) ? { ...draft, granted: true } : draft;
}

function withoutRisk(draft: EventDraft): EventDraft {
  if (draft.kind !== "ActionEvent") return draft;
  const { risk_reason: _, ...rest } = draft;
  return { ...rest, security_risk: "UNKNOWN" };
}

/** In the order of the calls. What stands behind a finish in the same reply is not run, and the model is told so. */
async function runActions(agent: Agent, actions: readonly ActionEvent[], signal: AbortSignal): Promise<StepEnd> {
  for (const [index, action] of actions.entries()) {
    signal.throwIfAborted();
    const isDone = await act(agent, action, signal);
    if (!isDone || action.action?.kind !== "FinishAction") continue;
    const rest = actions.slice(index + 1).map((left) => callError(left, "Not run: the task was finished before it."));
    if (rest.length > 0) await agent.conversation.append(...rest);
    return wantsReply(agent) ? "continue" : "finished";
  }
  return "continue";
}

/** False when a hook has forbidden it: then it is not done, and the model is told so. */
async function act(agent: Agent, action: ActionEvent, signal: AbortSignal): Promise<boolean> {
  const { conversation, hooks } = agent;
  const blocked = blockedResult(action, conversation.state);
  if (blocked) {
    await conversation.append(...blocked);
    return false;
  }
  const result = await execute(agent, action, signal);
  await conversation.append(...(await withSkills(agent, action, result, signal)));
  if (hooks && result.kind === "ObservationEvent") await conversation.append(...(await hooks.afterTool(action, result, signal)));
  return true;
}
