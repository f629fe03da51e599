import * as z from "zod";

/** What skills and hooks have done in a conversation (agent-server protocol §4.9); each is an update of the state by its name. */
export const SkillState = z.object({
  /** Skills whose text has been told because a message named them; they are not told again. */
  activated_knowledge_skills: z.array(z.string()).optional(),
  /** Those whose text has been told because a file of theirs was touched. */
  activated_path_rules: z.array(z.string()).optional(),
  /** Those that the model has asked for. */
  invoked_skills: z.array(z.string()).optional(),
  /** Why, by id: actions that a hook has forbidden and that have no result yet. */
  blocked_actions: z.record(z.string(), z.string()).optional(),
  /** Why, by id: messages that a hook has forbidden and that no run has come to yet. */
  blocked_messages: z.record(z.string(), z.string()).optional(),
  /** The hooks that run, as they were sent. It is told, and nothing runs because of it. */
  hook_config: z.record(z.string(), z.unknown()).nullable().optional(),
});
export type SkillState = z.infer<typeof SkillState>;

const { shape } = SkillState;
export const skillStateKeys = Object.keys(shape);

/** The change that an update of `key` to `value` makes; undefined when it is none of these, or says nothing of use. */
export function skillUpdate(key: string, value: unknown): SkillState | undefined {
  return skillStateKeys.includes(key) ? SkillState.safeParse({ [key]: value }).data : undefined;
}
