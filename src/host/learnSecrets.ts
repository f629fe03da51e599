import { messageOf } from "../protocol/thrown.ts";
import type { AgentParts } from "./agentParts.ts";
import type { RunParts } from "./runs.ts";
import { secretNames } from "./stateChanges.ts";

/** Makes the secrets of an agent's parts known to its conversation. One that can be none is left out, because the others are of use without it. */
export async function learnSecrets({ secrets: given = {}, hidden = [] }: AgentParts, { kept, secrets, options }: RunParts): Promise<void> {
  secrets.hide(hidden);
  const before = secrets.names.length;
  for (const [name, value] of Object.entries(given)) {
    try {
      secrets.set({ [name]: value });
    } catch (error) {
      options.log.warn("a secret was left out", { id: kept.id, name, error: messageOf(error) });
    }
  }
  if (secrets.names.length > before) await kept.append(secretNames(secrets));
}
