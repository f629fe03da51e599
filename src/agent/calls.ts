import type { EventDraft } from "../conversation/conversation.ts";
import type { LlmReply } from "../llm/llm.ts";
import { newCallId } from "../llm/replyBuilder.ts";
import type { Action } from "../protocol/actions.ts";
import { type MessageToolCall, textContent } from "../protocol/content.ts";
import { type ActionEvent, type Classification, SecurityRisk } from "../protocol/events.ts";
import type { ConversationState } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { OwnRisk, Tool } from "../tools/tool.ts";
import { isJsonObject, parseArguments } from "./callArguments.ts";

const holdsSecret =
  "This call holds the value of a secret, which is never sent or stored, so it did not run. Use the secret's name: a command that names it has it in its environment.";

export interface CallContext {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** Ids of earlier calls of this conversation; some providers count from zero in every reply. */
  readonly usedIds: ReadonlySet<string>;
  /** Whether a text of the action holds a secret, in any of its forms. */
  readonly holdsSecret: (action: Action) => boolean;
}

/**
 * The events of a reply's tool calls: an ActionEvent for each, and right behind it an AgentErrorEvent when it cannot run
 * (agent-server protocol §6.3). Nothing is repaired into something that could run: text that is no JSON never becomes an action.
 */
export async function eventsOfCalls(reply: LlmReply, context: CallContext): Promise<EventDraft[]> {
  const events: EventDraft[] = [];
  for (const [index, call] of reply.toolCalls.entries())
    events.push(...(await eventsOfCall(withUniqueId(call, context), reply, { ...context, isFirst: index === 0 })));
  return events;
}

function withUniqueId(call: MessageToolCall, { usedIds }: CallContext): MessageToolCall {
  return usedIds.has(call.id) ? { ...call, id: newCallId() } : call;
}

async function eventsOfCall(
  call: MessageToolCall,
  reply: LlmReply,
  context: CallContext & { readonly isFirst: boolean },
): Promise<EventDraft[]> {
  const common = {
    kind: "ActionEvent" as const,
    source: "agent" as const,
    ...(context.isFirst ? spoken(reply) : { thought: [], thinking_blocks: [] }),
    tool_name: call.name,
    tool_call_id: call.id,
    llm_response_id: reply.id,
  };
  try {
    const { args, action, tool } = understand(call, reply, context.tools);
    if (context.holdsSecret(action)) throw new Error(holdsSecret);
    const risk = judged(await tool.risk(action, context), statedRisk(args["security_risk"]));
    const summary = typeof args["summary"] === "string" && !tool.hasOwnSummary ? { summary: args["summary"] } : {};
    return [{ ...common, tool_call: call, action, ...risk, ...summary }];
  } catch (error) {
    context.signal.throwIfAborted();
    const kept = isJsonObject(call.arguments) ? call : { ...call, arguments: '{"malformed_arguments":true}' };
    return [{ ...common, tool_call: kept, security_risk: "UNKNOWN" }, callError(common, messageOf(error))];
  }
}

/** What the model said and thought stands on the first action of a reply only. */
function spoken(reply: LlmReply) {
  const thought = reply.text.trim() === "" ? [] : [textContent(reply.text)];
  return {
    thought,
    thinking_blocks: [],
    ...(reply.reasoning === "" ? {} : { reasoning_content: reply.reasoning }),
    ...(reply.reasoningMs === undefined ? {} : { reasoning_ms: reply.reasoningMs }),
  };
}

function understand(call: MessageToolCall, reply: LlmReply, tools: ReadonlyMap<string, Tool>) {
  const tool = tools.get(call.name);
  if (tool === undefined)
    throw new Error(`There is no tool "${call.name.slice(0, 100)}". The tools are: ${[...tools.keys()].join(", ")}. Nothing was done.`);
  if (!reply.isComplete)
    throw new Error("Your answer was cut off at its length limit, so this call did not run. Send it again in smaller parts.");
  const args = parseArguments(call.arguments);
  const { security_risk: _, summary, ...rest } = args;
  const action: Action = tool.parse(tool.hasOwnSummary && summary !== undefined ? { ...rest, summary } : rest);
  return { args, action, tool };
}

const order = SecurityRisk.options;

function statedRisk(value: unknown): SecurityRisk {
  return SecurityRisk.safeParse(value).data ?? "UNKNOWN";
}

/** The model's word can raise the risk that our own code sees, never lower it. */
function judged({ level, reason }: OwnRisk, stated: SecurityRisk): Pick<ActionEvent, "security_risk" | "risk_reason"> {
  if (order.indexOf(stated) > order.indexOf(level)) return { security_risk: stated, risk_reason: "model" };
  return { security_risk: level, ...(reason === undefined ? {} : { risk_reason: reason }) };
}

const agentAction: Classification = { kind: "agent_action", retryable: true, user_action: "retry" };
export const internalFault: Classification = { kind: "internal", retryable: false, user_action: "none" };

/** The result of a call that did not run to its end, for the model to do better. */
export function callError(call: CallOf, error: string, classification = agentAction): EventDraft {
  const { tool_name, tool_call_id } = call;
  return { kind: "AgentErrorEvent", source: "agent", tool_name, tool_call_id, error, classification };
}

/** What an action and its result say of the call that they belong to. */
type CallOf = Pick<ActionEvent, "tool_name" | "tool_call_id">;

/**
 * Results for the actions whose own were never written, because the process died or the disk was full. They may have run, so they are
 * never run again. What waits for the person's answer has certainly not run and gets none.
 */
export function unknownOutcomes({ pending, execution_status }: ConversationState): EventDraft[] {
  const asked = execution_status === "waiting_for_confirmation" ? pending.at(-1)?.llm_response_id : undefined;
  const lost = pending.filter((action) => action.llm_response_id !== asked);
  return lost.map(unknownOutcome);
}

export function unknownOutcome(action: ActionEvent): EventDraft {
  const error =
    "There is no result: the run ended before one was saved. Its outcome is unknown; look at what is there before you do it again.";
  return callError(action, error, internalFault);
}
