import type { LeanState } from "../../conversation/summary.ts";
import { AgentConfig, type SecretSource } from "../../protocol/agentServer/agent.ts";
import type { ConversationInfo } from "../../protocol/agentServer/conversations.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { KnownCall, UsageMetrics } from "../../protocol/metrics.ts";
import { mapSecrets } from "../secrets/mapSecrets.ts";
import type { Meta } from "./meta.ts";

/** What is known of one conversation. */
export interface Known {
  readonly id: ConversationId;
  readonly state: LeanState;
  /** Undefined where no server has begun it. */
  readonly meta: Meta | undefined;
  /** Of its first event and of its latest that is no update of the state; in UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly children: readonly ConversationId[];
  /** The folder that its log is in. */
  readonly folder: string | null;
}

/** The conversation as clients read it (agent-server protocol §2.2); its secrets are null. */
export function infoOf(known: Known, { skills }: { readonly skills: boolean }): ConversationInfo {
  const { id, state, meta, children, folder } = known;
  const agent = shownAgent(meta?.agent ?? agentOfState(state), skills);
  return {
    id,
    workspace: { kind: "LocalWorkspace", working_dir: state.working_dir ?? "" },
    persistence_dir: folder,
    max_iterations: state.max_iterations ?? 500,
    stuck_detection: meta?.stuck_detection ?? true,
    execution_status: state.execution_status,
    confirmation_policy: state.confirmation_policy ?? { kind: "NeverConfirm" },
    security_analyzer: state.security_analyzer ?? null,
    activated_knowledge_skills: [...(state.activated_knowledge_skills ?? [])],
    invoked_skills: [...(state.invoked_skills ?? [])],
    blocked_actions: { ...state.blocked_actions },
    blocked_messages: { ...state.blocked_messages },
    last_user_message_id: state.last_user_message_id ?? null,
    leaf_event_id: state.leaf_event_id ?? null,
    stats: statsOf(state),
    secret_registry: { secret_sources: secretsOf(meta?.secrets ?? {}) },
    agent_state: recordOf(state.agent_state),
    hook_config: meta?.hook_config ?? null,
    title: meta === undefined ? (state.title ?? null) : (meta.title ?? null),
    metrics: null,
    created_at: known.createdAt,
    updated_at: known.updatedAt,
    forked_from_conversation_id: meta?.forked_from_conversation_id ?? null,
    forked_from_event_id: meta?.forked_from_event_id ?? null,
    parent_conversation_id: meta?.parent_conversation_id ?? null,
    sub_conversation_ids: [...children],
    tags: meta?.tags ?? {},
    current_model_id: null,
    available_models: [],
    supports_runtime_model_switch: false,
    launched_agent_profile: meta?.launched_agent_profile ?? null,
    agent,
    client_tools: meta?.client_tools ?? [],
  };
}

/** As it may be shown; what is stored stays as it is. */
function shownAgent(agent: AgentConfig, skills: boolean): AgentConfig {
  const context = agent.agent_context;
  const shown = skills || context == null ? agent : { ...agent, agent_context: { ...context, skills: [] } };
  // oxlint-disable-next-line typescript/consistent-type-assertions -- Only texts have become null in it, and only where they may be.
  return mapSecrets(shown, () => null) as AgentConfig;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The usual agent of this program, where nothing else is known of it. */
function agentOfState({ llm }: Known["state"]): AgentConfig {
  return AgentConfig.parse({
    llm: { ...llm, model: llm?.model ?? "unknown", usage_id: "agent" },
    tools: usualTools.map((name) => ({ name })),
  });
}

const usualTools = ["terminal", "file_editor", "grep", "glob", "task_tracker"];

function secretsOf(sources: Readonly<Record<string, SecretSource>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(sources).map(([name, { kind, description }]) => [name, { kind, description: description ?? null, value: null }]),
  );
}

function statsOf({ metrics = {}, calls = [] }: Known["state"]): ConversationInfo["stats"] {
  const whole = ([id, one]: [string, UsageMetrics]): [string, object] => [
    id,
    wholeMetrics(
      one,
      calls.filter((call) => call.usage_id === id),
    ),
  ];
  return { usage_to_metrics: Object.fromEntries(Object.entries(metrics).map(whole)) };
}

/** With lists of the latest calls; the official server has all of them there. */
function wholeMetrics(metrics: UsageMetrics, calls: readonly KnownCall[]): object {
  const { model_name = "unknown", accumulated_cost, accumulated_token_usage: usage } = metrics;
  const tokens = {
    model: model_name,
    cache_write_tokens: 0,
    context_window: 0,
    per_turn_token: 0,
    response_id: calls.at(-1)?.response_id ?? "",
    ...usage,
  };
  const counted = { model_name, accumulated_cost: accumulated_cost ?? 0, accumulated_token_usage: tokens };
  return { max_budget_per_task: null, ...metrics, ...counted, ...listsOf(calls) };
}

/** What is not known of a call is not in its list (agent-server protocol §4.9). Seconds. */
function listsOf(calls: readonly KnownCall[]): object {
  return {
    costs: calls.flatMap(({ model, cost, timestamp }) =>
      cost === undefined ? [] : [{ model, cost, timestamp: Date.parse(timestamp) / 1000 }],
    ),
    response_latencies: calls.flatMap(({ model, response_id, latency_ms: ms }) =>
      ms === undefined ? [] : [{ model, latency: ms / 1000, response_id }],
    ),
    token_usages: calls.flatMap(({ model, response_id, tokens }) => {
      if (tokens === undefined) return [];
      const per_turn_token = tokens.prompt_tokens + tokens.completion_tokens;
      return [{ model, ...tokens, cache_write_tokens: 0, per_turn_token, response_id }];
    }),
  };
}
