import * as z from "zod";
import { refOf } from "../../host/agentParts.ts";
import { LlmConfig } from "../../protocol/agentServer/agent.ts";
import {
  ConversationPath,
  SetAnalyzerRequest,
  SetPolicyRequest,
  Success,
  SwitchAcpModelRequest,
  SwitchProfileRequest,
  UpdateSecretsRequest,
} from "../../protocol/agentServer/conversations.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import { parsed, Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import { withSecretsDecrypted } from "../secrets/exposure.ts";
import type { Hosting } from "./hosting.ts";
import { switchedTo } from "./switching.ts";

const tag = "Conversations";
const success = { success: true };
const path = "/api/conversations/:conversation_id";

/** What of a conversation can be set for what comes: when it asks, its secrets, its model (agent-server protocol §2.2). */
export function addSettingOf(routes: Routes, hosting: Hosting): void {
  const shape = { tag, params: ConversationPath, answer: Success, refuses: [404] as const };
  const policy = { ...shape, summary: "Set when the agent asks before it acts", body: SetPolicyRequest };
  routes.add(["post", `${path}/confirmation_policy`], policy, async ({ params: { conversation_id: id }, body }) => {
    await hosting.require(id);
    await hosting.command({ type: "confirmation_policy.set", conversationId: id, policy: body.policy });
    return success;
  });
  const analyzer = { ...shape, summary: "Set who judges the risk of actions", body: SetAnalyzerRequest };
  routes.add(["post", `${path}/security_analyzer`], analyzer, async ({ params: { conversation_id: id }, body }) => {
    await hosting.require(id);
    await hosting.command({ type: "security_analyzer.set", conversationId: id, analyzer: body.security_analyzer });
    return success;
  });
  const secrets = { ...shape, summary: "Add to the secrets", body: UpdateSecretsRequest };
  routes.add(["post", `${path}/secrets`], secrets, async ({ params: { conversation_id: id }, body }) => {
    await hosting.require(id);
    await addSecrets(hosting, id, body.secrets);
    return success;
  });
  addModels(routes, hosting);
}

type Sources = z.output<typeof UpdateSecretsRequest>["secrets"];

/** Where nothing is kept beside the log, the values are known as long as the conversation is open. */
async function addSecrets({ options: { metas, host } }: Hosting, id: ConversationId, sources: Sources): Promise<void> {
  const plain = Object.entries(sources).flatMap(([name, source]) =>
    source.kind === "StaticSecret" && source.value !== null ? [[name, source.value] as const] : [],
  );
  // First, because it refuses what is no secret: then nothing is kept of any.
  if (plain.length > 0) await host.handle({ type: "secrets.set", conversationId: id, secrets: Object.fromEntries(plain) });
  const updated_at = new Date().toISOString();
  await metas?.update(id, (meta) => ({ ...meta, secrets: { ...meta.secrets, ...sources }, updated_at }));
}

function addModels(routes: Routes, hosting: Hosting): void {
  const { lookups, cipher } = hosting.options;
  const shape = { tag, params: ConversationPath, answer: Success };
  const toLlm = { ...shape, summary: "Go on with another model", body: GivenLlm, refuses: [404] as const };
  routes.add(["post", `${path}/switch_llm`], toLlm, async ({ params: { conversation_id: id }, body }) => {
    await hosting.require(id);
    const plain = withSecretsDecrypted(body, cipher);
    await switchLlm(hosting, id, parsed(plain, { schema: WholeLlm, place: "body" }).llm);
    return success;
  });
  const toProfile = { ...shape, summary: "Go on with the model of a profile", body: SwitchProfileRequest, refuses: [400, 404] as const };
  routes.add(["post", `${path}/switch_profile`], toProfile, async ({ params: { conversation_id: id }, body: { profile_name: name } }) => {
    await hosting.require(id);
    const llm = await lookups.profile(name);
    if (llm === undefined) throw new Refusal(404, `There is no profile called "${name}".`);
    await switchLlm(hosting, id, { ...llm, usage_id: `profile:${name}` });
    return success;
  });
  const toAcp = { ...shape, summary: "For agents of other programs only", body: SwitchAcpModelRequest, refuses: [400, 404] as const };
  routes.add(["post", `${path}/switch_acp_model`], toAcp, async ({ params: { conversation_id: id } }) => {
    await hosting.require(id);
    throw new Refusal(400, "This conversation has no agent of another program (ACP), so it has no such model.");
  });
}

const GivenLlm = z.object({ llm: z.looseObject({ model: z.string().min(1) }) });
const WholeLlm = z.object({ llm: LlmConfig });

async function switchLlm(hosting: Hosting, id: ConversationId, wanted: LlmConfig): Promise<void> {
  const { metas } = hosting.options;
  let llm: LlmConfig = wanted;
  await metas?.update(id, (meta) => {
    const next = switchedTo(meta, wanted);
    llm = next.agent.llm;
    return { ...next, updated_at: new Date().toISOString() };
  });
  await hosting.command({ type: "llm.set", conversationId: id, llm: refOf(llm) });
}
