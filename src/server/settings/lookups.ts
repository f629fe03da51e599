import * as z from "zod";
import { AgentSettings } from "../../protocol/agentServer/settings.ts";
import { parsed, Refusal } from "../answers.ts";
import type { Lookups } from "../hosting/lookups.ts";
import { withSecretsDecrypted } from "../secrets/exposure.ts";
import { agentFromSettings } from "./agentFromSettings.ts";
import type { Stores } from "./stores.ts";

const Given = z.object({ agent_settings: AgentSettings });

/** What conversations ask of the stores. */
export function lookupsOf({ profiles, agentProfiles, secrets, cipher }: Stores): Lookups {
  return {
    profile: async (name) => {
      try {
        return await profiles.llmOf(name);
      } catch (error) {
        // As `switch_profile` tells it (§2.2).
        throw error instanceof Refusal ? new Refusal(400, error.message) : error;
      }
    },
    agentProfile: (id) => agentProfiles.agentOf(id),
    agentOfSettings: async (settings) => {
      const plain = { agent_settings: withSecretsDecrypted(settings, cipher) };
      return agentFromSettings(parsed(plain, { schema: Given, place: "body" }).agent_settings);
    },
    secret: (name) => secrets.value(name),
  };
}
