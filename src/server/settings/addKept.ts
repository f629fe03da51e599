import type { Log } from "../../protocol/log.ts";
import { addLlmLists } from "../llm/llmRoutes.ts";
import { addAgentProfiles, type SkillNames } from "../profiles/agentProfileRoutes.ts";
import { addProfiles } from "../profiles/profileRoutes.ts";
import type { OpenModel } from "../profiles/validateLlm.ts";
import type { Routes } from "../routes.ts";
import { addSecrets } from "./secretRoutes.ts";
import { addSettings } from "./settingsRoutes.ts";
import type { Stores } from "./stores.ts";

export interface KeptParts {
  readonly openModel: OpenModel;
  readonly skillNames: SkillNames;
  readonly log: Log;
}

/** All that a server keeps for its clients beside conversations: settings, secrets, profiles; and the lists of models (§2.7, §2.8, §2.9). */
export function addKept(routes: Routes, stores: Stores, { openModel, skillNames, log }: KeptParts): void {
  addSettings(routes, stores, log);
  addSecrets(routes, stores.secrets, log);
  addProfiles(routes, stores, { openModel, log });
  addAgentProfiles(routes, stores, skillNames);
  addLlmLists(routes);
}
