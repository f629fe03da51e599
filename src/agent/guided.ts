import { type EventDraft, stateUpdate } from "../conversation/stamp.ts";
import type { ActionEvent } from "../protocol/events.ts";
import type { ConversationState } from "../protocol/state.ts";
import type { Agent } from "./agent.ts";
import type { ToldSkills } from "./skills/skills.ts";

/** What skills add to the result of an action: the rules for the file that it touched, and which of them have been told now. */
export async function withSkills(
  agent: Agent,
  action: ActionEvent,
  result: EventDraft,
  signal: AbortSignal,
): Promise<readonly EventDraft[]> {
  const { skills, conversation } = agent;
  if (skills === undefined || !action.action || result.kind !== "ObservationEvent" || result.observation.is_error) return [result];
  const { state } = conversation;
  if (action.action.kind === "InvokeSkillAction") return [result, ...moreOf("invoked_skills", state, [action.action.name.trim()])];
  const { names, texts } = await skills.forAction(action.action, state, signal);
  if (names.length === 0) return [result];
  return [{ ...result, extended_content: [...result.extended_content, ...texts] }, ...moreOf("activated_path_rules", state, names)];
}

/** Which skills messages have asked for, after one that asks for these. */
export function activated({ names }: ToldSkills, state: ConversationState): readonly EventDraft[] {
  return moreOf("activated_knowledge_skills", state, names);
}

type SkillList = "invoked_skills" | "activated_path_rules" | "activated_knowledge_skills";

function moreOf(
  key: SkillList,
  { [key]: known = [] }: Pick<ConversationState, SkillList>,
  names: readonly string[],
): readonly EventDraft[] {
  const fresh = names.filter((name) => !known.includes(name));
  return fresh.length === 0 ? [] : [stateUpdate(key, [...known, ...fresh])];
}
