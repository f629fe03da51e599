import * as z from "zod";
import {
  type AgentProfile,
  AgentProfileActivated,
  AgentProfileDetail,
  AgentProfileDiagnostics,
  type AgentProfileInfo,
  AgentProfileList,
  ProfileDone,
  ProfileName,
} from "../../protocol/agentServer/profiles.ts";
import type { Routes } from "../routes.ts";
import { exposed, exposureOf, withSecretsDecrypted } from "../secrets/exposure.ts";
import { isMap } from "../settings/mergePatch.ts";
import type { Stores } from "../settings/stores.ts";
import { renamed } from "./profileRoutes.ts";

const tag = "Agent Profiles";
const Named = z.object({ name: ProfileName });
const Identified = z.object({ id: z.string().min(1).max(128) });
const Rename = z.object({ new_name: ProfileName });
const Body = z.record(z.string(), z.unknown());

/** The names of the skills that an agent would find now. */
export type SkillNames = (signal: AbortSignal) => Promise<readonly string[]>;

/** `/api/agent-profiles` (§2.8): whole agents by name. Their keys are their LLM profiles'; what a tool is made with may hide others. */
export function addAgentProfiles(routes: Routes, { agentProfiles: profiles, settings, cipher }: Stores, skillNames: SkillNames): void {
  routes.add(["get", "/api/agent-profiles"], { summary: "All agent profiles", tag, answer: AgentProfileList }, async () => {
    const listed = await profiles.list();
    return { profiles: listed.map(summaryOf), active_agent_profile_id: (await settings.read()).active_agent_profile_id };
  });
  routes.add(
    ["get", "/api/agent-profiles/:name"],
    { summary: "One agent profile", tag, params: Named, answer: AgentProfileDetail, refuses: [400, 404, 409, 503] },
    async ({ c, params: { name } }) => ({ name, profile: exposed(await profiles.read(name), exposureOf(c, cipher), cipher) }),
  );
  routes.add(
    ["post", "/api/agent-profiles/:name"],
    { summary: "Save an agent profile", tag, params: Named, body: Body, status: 201, answer: ProfileDone, refuses: [409] },
    async ({ params: { name }, body }) => {
      const plain = withSecretsDecrypted(body, cipher);
      await profiles.save(name, isMap(plain) ? plain : {});
      return { name, message: `Agent profile '${name}' saved` };
    },
  );
  routes.add(
    ["delete", "/api/agent-profiles/:name"],
    { summary: "Delete an agent profile", tag, params: Named, answer: ProfileDone },
    async ({ params: { name } }) => {
      await profiles.delete(name);
      return { name, message: `Agent profile '${name}' deleted` };
    },
  );
  routes.add(
    ["post", "/api/agent-profiles/:name/rename"],
    { summary: "Rename an agent profile", tag, params: Named, body: Rename, answer: ProfileDone, refuses: [404, 409] },
    async ({ params: { name }, body: { new_name: newName } }) => {
      await profiles.rename(name, newName);
      return { name: newName, message: renamed("Agent profile", name, newName) };
    },
  );
  routes.add(
    ["post", "/api/agent-profiles/:id/activate"],
    { summary: "Point the settings to an agent profile", tag, params: Identified, answer: AgentProfileActivated, refuses: [404, 409] },
    async ({ params: { id } }) => {
      await profiles.activate(id);
      return { id, message: `Agent profile '${id}' activated`, agent_settings_applied: false };
    },
  );
  routes.add(
    ["post", "/api/agent-profiles/:name/materialize"],
    { summary: "What would become of an agent profile now", tag, params: Named, answer: AgentProfileDiagnostics, refuses: [404, 409] },
    async ({ params: { name }, signal }) => profiles.diagnose(name, await skillNames(signal)),
  );
}

function summaryOf(profile: AgentProfile): AgentProfileInfo {
  const { id, name, agent_kind, revision, mcp_server_refs } = profile;
  const llm_profile_ref = profile.agent_kind === "openhands" ? profile.llm_profile_ref : null;
  return { id, name, agent_kind, revision, llm_profile_ref, mcp_server_refs };
}
