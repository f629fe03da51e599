import * as z from "zod";
import { LlmConfig } from "../../protocol/agentServer/agent.ts";
import {
  LlmProfileActivated,
  LlmProfileDetail,
  LlmProfileList,
  LlmVerdict,
  ProfileDone,
  ProfileName,
} from "../../protocol/agentServer/profiles.ts";
import type { Log } from "../../protocol/log.ts";
import { parsed, Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import type { Cipher } from "../secrets/cipher.ts";
import { exposed, exposureOf, withSecretsDecrypted } from "../secrets/exposure.ts";
import { mapSecrets } from "../secrets/mapSecrets.ts";
import { shownLlm } from "../settings/schema/llmFields.ts";
import type { Stores } from "../settings/stores.ts";
import { type OpenModel, validateLlm } from "./validateLlm.ts";

const tag = "Profiles";
const Named = z.object({ name: ProfileName });
const Rename = z.object({ new_name: ProfileName });
const Given = z.object({ llm: z.record(z.string(), z.unknown()) });
const Save = Given.extend({ include_secrets: z.boolean().default(true) });

export interface ProfileParts {
  readonly openModel: OpenModel;
  readonly log: Log;
}

/** `/api/profiles` (§2.8): models by name. */
export function addProfiles(routes: Routes, { profiles, settings, cipher }: Stores, { openModel, log }: ProfileParts): void {
  routes.add(["get", "/api/profiles"], { summary: "All LLM profiles", tag, answer: LlmProfileList }, async () => ({
    profiles: await profiles.list(),
    active_profile: (await settings.read()).active_profile,
  }));
  routes.add(
    ["get", "/api/profiles/:name"],
    { summary: "One LLM profile", tag, params: Named, answer: LlmProfileDetail, refuses: [400, 404, 503] },
    async ({ c, params: { name } }) => {
      const exposure = exposureOf(c, cipher);
      const llm = await profiles.llmOf(name);
      if (llm === undefined) throw new Refusal(404, `Profile '${name}' not found`);
      if (exposure === "plaintext") log.warn("An LLM profile was read with its secrets in plain text.", { name });
      const shown = exposed(shownLlm(llm), exposure, cipher);
      return {
        name,
        config: exposure === "redacted" ? Object.assign({}, shown, { api_key: null }) : shown,
        api_key_set: llm.api_key !== null,
      };
    },
  );
  routes.add(
    ["post", "/api/profiles/:name"],
    { summary: "Save an LLM profile", tag, params: Named, body: Save, status: 201, answer: ProfileDone, refuses: [409] },
    async ({ params: { name }, body }) => {
      const llm = llmGiven(body.llm, cipher);
      await profiles.save(name, body.include_secrets ? llm : withoutSecrets(llm));
      return { name, message: `Profile '${name}' saved` };
    },
  );
  routes.add(
    ["delete", "/api/profiles/:name"],
    { summary: "Delete an LLM profile", tag, params: Named, answer: ProfileDone, refuses: [409] },
    async ({ params: { name } }) => {
      await profiles.delete(name);
      return { name, message: `Profile '${name}' deleted` };
    },
  );
  routes.add(
    ["post", "/api/profiles/:name/rename"],
    { summary: "Rename an LLM profile", tag, params: Named, body: Rename, answer: ProfileDone, refuses: [404, 409] },
    async ({ params: { name }, body: { new_name: newName } }) => {
      await profiles.rename(name, newName);
      return { name: newName, message: renamed("Profile", name, newName) };
    },
  );
  routes.add(
    ["post", "/api/profiles/:name/activate"],
    { summary: "Make it the model of the settings", tag, params: Named, answer: LlmProfileActivated, refuses: [404, 409] },
    async ({ params: { name } }) => {
      await profiles.activate(name);
      return { name, message: `Profile '${name}' activated and applied to current settings`, llm_applied: true };
    },
  );
  routes.add(
    ["post", "/api/profiles/:name/validate"],
    { summary: "Ask a model that is not saved yet", tag, params: Named, body: Given, answer: LlmVerdict },
    async ({ body, signal }) => validateLlm(llmGiven(body.llm, cipher), openModel, signal),
  );
}

export function renamed(what: string, name: string, newName: string): string {
  return name === newName ? `${what} '${name}' unchanged (same name)` : `${what} '${name}' renamed to '${newName}'`;
}

function llmGiven(llm: Readonly<Record<string, unknown>>, cipher: Cipher | undefined): LlmConfig {
  return parsed({ llm: withSecretsDecrypted(llm, cipher) }, { schema: z.object({ llm: LlmConfig }), place: "body" }).llm;
}

function withoutSecrets(llm: LlmConfig): LlmConfig {
  return LlmConfig.parse(mapSecrets(llm, () => undefined));
}
