import { randomBytes } from "node:crypto";
import { agentProfileStore } from "../profiles/agentProfileStore.ts";
import { AgentProfiles } from "../profiles/agentProfiles.ts";
import { LlmProfiles } from "../profiles/llmProfiles.ts";
import { profileStore } from "../profiles/profileStore.ts";
import { cipherOf } from "../secrets/cipher.ts";
import { KeptFiles } from "../storage/keptFiles.ts";
import { openSecrets } from "./secretStore.ts";
import { KeptSettings } from "./settingsStore.ts";
import type { Stores } from "./stores.ts";

/** `folder` is the server's data folder, made with the first change. The secret key is `OH_SECRET_KEY`, else the first session key. */
export function openStores(folder: string, secretKey: string | undefined): Stores {
  const cipher = secretKey === undefined || secretKey === "" ? undefined : cipherOf(secretKey);
  // Without a key of the person's, one that nobody else has and that ends with this process: on the disk is then nothing that can be read.
  const files = new KeptFiles(folder, cipher ?? cipherOf(randomBytes(32).toString("hex")));
  const llms = new LlmProfiles(files);
  const agents = new AgentProfiles(files);
  const settings = new KeptSettings(files, (profile) => llms.llmOf(profile));
  const shelves = { files, llms, agents, settings };
  return {
    cipher,
    settings,
    secrets: openSecrets(files, cipher),
    profiles: profileStore(shelves),
    agentProfiles: agentProfileStore(shelves),
  };
}
