import * as z from "zod";
import { ImageContent, TextContent } from "../content.ts";
import { ConversationId } from "../ids.ts";
import { RuntimeRef } from "../sandbox.ts";
import { ExecutionStatus } from "../state.ts";
import { AgentConfig, ClientTool, PolicyConfig, SecretInput, SecurityAnalyzer, Tags } from "./agent.ts";
import { HookConfig } from "./hooks.ts";

/** Conversations as clients of the agent-server protocol ask for them and read them (§2.2). What is not known is ignored. */

/** Null and absent say the same: the usual value. */
function orElse<Shape extends z.ZodType>(schema: Shape, usual: z.output<Shape>) {
  return schema.nullish().transform((value): z.output<Shape> => value ?? usual);
}

/** With or without dashes, in any case. */
export const WireConversationId = z
  .string()
  .regex(/^[\da-fA-F]{8}-?(?:[\da-fA-F]{4}-?){3}[\da-fA-F]{12}$/, "Input should be a valid UUID")
  .transform((id) =>
    id
      .replaceAll("-", "")
      .toLowerCase()
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
  )
  .pipe(ConversationId);

export const ConversationPath = z.object({ conversation_id: WireConversationId });

/** Whether skills are in the agent that is shown; they are large. */
export const InfoQuery = z.object({ include_skills: z.stringbool().default(false) });

/** What a person says, as REST takes it: `content` is a list. */
export const MessageInput = z.object({
  role: z.string().default("user"),
  content: z.array(z.discriminatedUnion("type", [TextContent, ImageContent])).default([]),
  run: z.boolean().nullish(),
});
export type MessageInput = z.infer<typeof MessageInput>;

/** What is added to the agent of one conversation, whichever it is. */
const LaunchAdditions = z.strictObject({ system_message_suffix_append: z.string().max(32_768).nullish() });

export const StartConversationRequest = z.object({
  workspace: z.looseObject({ working_dir: z.string().min(1) }),
  /** One of the three says which agent it is. */
  agent: z.looseObject({}).nullish(),
  agent_settings: z.looseObject({}).nullish(),
  agent_profile_id: z.string().nullish(),
  conversation_id: WireConversationId.nullish(),
  /** Sent and answered at once. */
  initial_message: MessageInput.nullish(),
  max_iterations: orElse(z.number().int().min(1), 500),
  stuck_detection: orElse(z.boolean(), true),
  confirmation_policy: orElse(PolicyConfig, { kind: "NeverConfirm" }),
  security_analyzer: SecurityAnalyzer.nullish(),
  secrets: orElse(z.record(z.string(), SecretInput), {}),
  /** Values in `agent` and `secrets` that look encrypted are. */
  secrets_encrypted: orElse(z.boolean(), false),
  tags: orElse(Tags, {}),
  autotitle: orElse(z.boolean(), true),
  title_llm_profile: z.string().nullish(),
  hook_config: HookConfig.nullish(),
  client_tools: orElse(z.array(ClientTool), []),
  agent_launch_additions: LaunchAdditions.nullish(),
  parent_conversation_id: WireConversationId.nullish(),
  /** A git worktree of its own, where the folder is in a repository. */
  worktree: orElse(z.boolean(), false),
  /** Ours: where the agent's tools act; absent: as the server was told. */
  runtime: RuntimeRef.nullish(),
});
export type StartConversationRequest = z.infer<typeof StartConversationRequest>;

export const ConversationSort = z.enum(["CREATED_AT", "CREATED_AT_DESC", "UPDATED_AT", "UPDATED_AT_DESC"]);
export type ConversationSort = z.infer<typeof ConversationSort>;

/** Of pages: at least 1, and what is above 100 counts as 100. */
export const PageLimit = z.coerce
  .number()
  .int()
  .min(1)
  .default(100)
  .transform((limit) => Math.min(limit, 100));

export const ConversationSearch = z.object({
  page_id: z.string().optional(),
  limit: PageLimit,
  status: ExecutionStatus.optional(),
  sort_order: ConversationSort.default("CREATED_AT_DESC"),
  ...InfoQuery.shape,
});

export const ConversationCount = z.object({ status: ExecutionStatus.optional() });

export const UpdateConversationRequest = z.object({
  title: z.string().trim().min(1).max(200).nullish(),
  tags: Tags.nullish(),
});
export const SetPolicyRequest = z.object({ policy: PolicyConfig });
export const SetAnalyzerRequest = z.object({ security_analyzer: SecurityAnalyzer.nullable().default(null) });
export const UpdateSecretsRequest = z.object({ secrets: z.record(z.string(), SecretInput) });
export const AskAgentRequest = z.object({ question: z.string().min(1) });
export const ForkRequest = z.object({
  id: WireConversationId.nullish(),
  title: z.string().trim().min(1).max(200).nullish(),
  tags: Tags.nullish(),
  reset_metrics: orElse(z.boolean(), true),
  from_event_id: z.string().nullish(),
});
export const NavigateRequest = z.object({ event_id: z.string().nullable() });
export const SwitchProfileRequest = z.object({ profile_name: z.string().min(1) });
export const SwitchAcpModelRequest = z.object({ model: z.string() });
export const GoalRequest = z.object({ objective: z.string().default(""), max_iterations: orElse(z.number().int().min(1), 10) });

export const Success = z.object({ success: z.boolean() });

/** A conversation as clients read it. Times are in UTC with `Z`; secrets in it are null. */
export const ConversationInfo = z.looseObject({
  id: z.string(),
  workspace: z.looseObject({ kind: z.string().optional(), working_dir: z.string() }),
  /** The folder that its log is in. */
  persistence_dir: z.string().nullish(),
  max_iterations: z.number(),
  stuck_detection: z.boolean(),
  execution_status: ExecutionStatus,
  confirmation_policy: PolicyConfig,
  security_analyzer: z.looseObject({ kind: z.string() }).nullish(),
  activated_knowledge_skills: z.array(z.string()).default([]),
  invoked_skills: z.array(z.string()).default([]),
  blocked_actions: z.record(z.string(), z.unknown()).default({}),
  blocked_messages: z.record(z.string(), z.unknown()).default({}),
  last_user_message_id: z.string().nullish(),
  leaf_event_id: z.string().nullish(),
  stats: z.looseObject({ usage_to_metrics: z.record(z.string(), z.unknown()) }).nullish(),
  secret_registry: z.looseObject({ secret_sources: z.record(z.string(), z.unknown()) }).nullish(),
  agent_state: z.record(z.string(), z.unknown()).default({}),
  hook_config: z.unknown().nullish(),
  title: z.string().nullish(),
  metrics: z.unknown().nullish(),
  created_at: z.string(),
  updated_at: z.string(),
  forked_from_conversation_id: z.string().nullish(),
  forked_from_event_id: z.string().nullish(),
  parent_conversation_id: z.string().nullish(),
  sub_conversation_ids: z.array(z.string()).default([]),
  tags: Tags.default({}),
  current_model_id: z.string().nullish(),
  available_models: z.array(z.unknown()).default([]),
  supports_runtime_model_switch: z.boolean().default(false),
  launched_agent_profile: z.looseObject({ agent_profile_id: z.string(), revision: z.number() }).nullish(),
  agent: AgentConfig,
  client_tools: z.array(ClientTool).default([]),
});
export type ConversationInfo = z.infer<typeof ConversationInfo>;

export const ConversationPage = z.object({ items: z.array(ConversationInfo), next_page_id: z.string().nullable() });
