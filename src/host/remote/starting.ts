import { randomUUID } from "node:crypto";
import { demoModel } from "../../llm/demo.ts";
import { isVscodeModel } from "../../llm/vscodeModel.ts";
import type { ConfirmationPolicy, ConversationStart, LlmRef } from "../../protocol/state.ts";
import { HostError } from "../hostError.ts";
import type { ServerLevel } from "./serverLevel.ts";

/** What a server is told of a model, and the key for it, where the person has one. */
export interface ModelOptions {
  readonly level: ServerLevel;
  readonly apiKeyOf: (ref: LlmRef) => Promise<string | undefined>;
}

const always = ["terminal", "file_editor", "task_tracker"];
/** Only where the server says that it has them. */
const wherePossible = ["glob", "grep"];
/** The usual condenser of the protocol (§6.9): it makes a long conversation shorter. */
const condenser = { kind: "LLMSummarizingCondenser", max_size: 240, keep_first: 2 };

/** The request that begins a conversation on a server (agent-server protocol §2.2). Rejects with a HostError when the server could not keep to it. */
export async function startRequest(start: ConversationStart, options: ModelOptions): Promise<object> {
  refuseUnkept(start);
  const { usableTools } = options.level;
  const tools = [
    ...always.filter((name) => usableTools === undefined || usableTools.includes(name)),
    ...wherePossible.filter((name) => usableTools?.includes(name)),
  ];
  const llm = await llmRequest(start.llm, "agent", options);
  return {
    conversation_id: start.id,
    workspace: { kind: "LocalWorkspace", working_dir: start.working_dir },
    agent: {
      kind: "Agent",
      llm,
      tools: tools.map((name) => ({ name, params: {} })),
      condenser: { ...condenser, llm: { ...llm, usage_id: "condenser", stream: false } },
    },
    confirmation_policy: start.confirmation_policy,
    security_analyzer: analyzerFor(start.confirmation_policy),
    max_iterations: start.max_iterations,
    stuck_detection: true,
    autotitle: true,
  };
}

/** Another model for a conversation that is there. Its name for counting is a new one, because a known one would keep its model (§10.30). */
export async function switchRequest(llm: LlmRef, options: ModelOptions): Promise<object> {
  return { llm: await llmRequest(llm, `agent-${randomUUID().slice(0, 8)}`, options) };
}

/** What judges the risk of actions, which a policy that asks for risky ones goes by. */
export function analyzerFor(policy: ConfirmationPolicy): object | null {
  return policy.kind === "ConfirmRisky" ? { kind: "LLMSecurityAnalyzer" } : null;
}

/** Why no server can use the model, in a sentence; undefined: it can be told of it. */
export function refusalThere(ref: LlmRef): string | undefined {
  if (ref.model === demoModel) return "The demo plays on this machine only. Choose a model for the server.";
  return isVscodeModel(ref) ? "A server cannot use the models of VS Code. Choose a model that it can reach by itself." : undefined;
}

async function llmRequest(ref: LlmRef, usageId: string, { level, apiKeyOf }: ModelOptions): Promise<object> {
  const refusal = refusalThere(ref);
  if (refusal !== undefined) throw new HostError("not-possible", refusal);
  const { model, base_url, input_cost_per_token, output_cost_per_token, max_input_tokens } = ref;
  const key = await apiKeyOf(ref);
  // Because LiteLLM knows what to speak to an endpoint of one's own only by the name of the model.
  const name = level.isPython && base_url !== undefined && !model.includes("/") ? `openai/${model}` : model;
  return {
    model: name,
    usage_id: usageId,
    stream: true,
    ...(key === undefined ? {} : { api_key: key }),
    ...(base_url === undefined ? {} : { base_url }),
    ...(input_cost_per_token === undefined ? {} : { input_cost_per_token }),
    ...(output_cost_per_token === undefined ? {} : { output_cost_per_token }),
    ...(max_input_tokens === undefined ? {} : { max_input_tokens }),
  };
}

/** What the protocol has no words for must not be lost without a word. */
function refuseUnkept({ limits = {}, runtime, folders = [] }: ConversationStart): void {
  if (Object.keys(limits).length > 0)
    throw new HostError(
      "not-possible",
      "An agent-server keeps no limit of cost, tokens or time. Leave these limits out, or work on this machine; the number of steps is kept.",
    );
  if (runtime?.kind === "docker")
    throw new HostError(
      "not-possible",
      "Where an agent acts on a server is the server's choice. Choose Local to use it, or work on this machine.",
    );
  if (folders.length > 1) throw new HostError("not-possible", "On a server a conversation works in one folder.");
}
