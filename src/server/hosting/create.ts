import { randomUUID } from "node:crypto";
import * as z from "zod";
import { AgentConfig, type LlmConfig } from "../../protocol/agentServer/agent.ts";
import type { StartConversationRequest } from "../../protocol/agentServer/conversations.ts";
import { ConversationId } from "../../protocol/ids.ts";
import type { LlmRef } from "../../protocol/state.ts";
import { parsed, Refusal } from "../answers.ts";
import type { LaunchedAgent } from "../settings/stores.ts";
import type { Hosting } from "./hosting.ts";
import type { Meta } from "./meta.ts";

/** A new conversation; or the one that has the id already, as it is. Throws a Refusal. */
export async function createConversation(
  hosting: Hosting,
  request: StartConversationRequest,
): Promise<{ readonly id: ConversationId; readonly isNew: boolean }> {
  const id = request.conversation_id ?? ConversationId.parse(randomUUID());
  if ((await hosting.find(id)) !== undefined) return { id, isNew: false };
  const { agent, launched } = await agentOf(hosting, request);
  const now = new Date().toISOString();
  const meta: Meta = {
    agent,
    created_at: now,
    updated_at: now,
    autotitle: request.autotitle,
    title_llm_profile: request.title_llm_profile,
    tags: request.tags,
    stuck_detection: request.stuck_detection,
    client_tools: request.client_tools,
    secrets: request.secrets,
    hook_config: request.hook_config,
    system_message_suffix_append: request.agent_launch_additions?.system_message_suffix_append,
    parent_conversation_id: request.parent_conversation_id,
    launched_agent_profile: launched,
  };
  await hosting.options.metas?.put(id, meta);
  await hosting.host.handle({
    type: "conversation.create",
    start: {
      id,
      working_dir: request.workspace.working_dir,
      runtime: request.runtime ?? hosting.options.runtime,
      llm: llmRefOf(agent.llm),
      confirmation_policy: request.confirmation_policy,
      max_iterations: request.max_iterations,
    },
  });
  return { id, isNew: true };
}

interface ChosenAgent {
  readonly agent: AgentConfig;
  readonly launched?: LaunchedAgent["launched"];
}

/** From one of the three places that it can be said at. */
async function agentOf({ options: { lookups } }: Hosting, request: StartConversationRequest): Promise<ChosenAgent> {
  const { agent, agent_settings: settings, agent_profile_id: profileId } = request;
  if (profileId != null && (agent != null || settings != null))
    throw new Refusal(422, "Give agent_profile_id, or agent or agent_settings, not both.");
  if (agent != null) return { agent: agentGiven(agent) };
  if (settings != null) return { agent: await lookups.agentOfSettings(settings) };
  if (profileId == null) throw new Refusal(422, "Say which agent it is: agent, agent_settings or agent_profile_id.");
  const kept = await lookups.agentProfile(profileId);
  if (kept === undefined) throw new Refusal(404, `There is no agent profile ${profileId}.`);
  return kept;
}

function agentGiven(agent: Readonly<Record<string, unknown>>): AgentConfig {
  return parsed({ agent }, { schema: z.object({ agent: AgentConfig }), place: "body" }).agent;
}

/** As much of a model as the engine writes into the log; the key is not in it. */
export function llmRefOf({ model, base_url, input_cost_per_token, output_cost_per_token, max_input_tokens }: LlmConfig): LlmRef {
  return {
    model,
    ...(base_url == null ? {} : { base_url }),
    ...(input_cost_per_token == null ? {} : { input_cost_per_token }),
    ...(output_cost_per_token == null ? {} : { output_cost_per_token }),
    ...(max_input_tokens == null ? {} : { max_input_tokens }),
  };
}
