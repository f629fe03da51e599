import type { AgentContext } from "../../protocol/agentServer/agent.ts";
import type { SkillConfig } from "../../protocol/agentServer/skills.ts";

/** Where the agent has its skills from; those of a client come first (agent-server protocol §6.12). */
export interface SkillsParts {
  readonly given?: readonly SkillConfig[];
  readonly loadProject?: boolean;
  readonly loadUser?: boolean;
  /** By name; the others stay. */
  readonly disabled?: readonly string[];
  /** Behind each message of the person, for the model only. */
  readonly userMessageSuffix?: string;
}

/** In a door of ours: those of the workspace and of the person. */
export const usualSkills: SkillsParts = { loadProject: true, loadUser: true };

/** As the official server has them: nothing is loaded that the client does not ask for. */
export function skillsOf(context: AgentContext | null | undefined): SkillsParts {
  if (!context) return {};
  const { skills, load_project_skills, load_user_skills, disabled_skills, user_message_suffix } = context;
  return {
    given: skills,
    loadProject: load_project_skills,
    loadUser: load_user_skills,
    disabled: disabled_skills,
    ...(user_message_suffix ? { userMessageSuffix: user_message_suffix } : {}),
  };
}
