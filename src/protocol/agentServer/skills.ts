import * as z from "zod";

/** Skills as clients send, ask for and read them (agent-server protocol §2.9, §6.12). */

const Trigger = z.discriminatedUnion("type", [
  z.object({ type: z.literal("keyword"), keywords: z.array(z.string()) }),
  z.object({ type: z.literal("task"), triggers: z.array(z.string()) }),
  z.object({ type: z.literal("path"), paths: z.array(z.string()) }),
]);

/** A skill as a client gives it; the agent's own are found on the disk. Without a trigger it is always told, unless its format is that of AgentSkills. */
export const SkillConfig = z.looseObject({
  name: z.string().min(1).max(500),
  content: z.string().max(200_000),
  trigger: Trigger.nullish().catch(null),
  source: z.string().nullish(),
  description: z.string().nullish(),
  inputs: z.array(z.unknown()).nullish(),
  is_agentskills_format: z.boolean().nullish(),
  disable_model_invocation: z.boolean().nullish(),
});
export type SkillConfig = z.infer<typeof SkillConfig>;

/** A skill as `POST /api/skills` lists it. */
export const SkillInfo = z.object({
  name: z.string(),
  type: z.enum(["repo", "knowledge", "agentskills"]),
  content: z.string(),
  triggers: z.array(z.string()),
  source: z.string().nullable(),
  description: z.string().nullable(),
  is_agentskills_format: z.boolean(),
  disable_model_invocation: z.boolean(),
});
export type SkillInfo = z.infer<typeof SkillInfo>;

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? true);

/** From where skills are wanted. What this server does not have (public ones, marketplaces, organizations) is empty, and never an error. */
export const SkillsRequest = z.object({
  load_public: flag,
  load_user: flag,
  load_project: flag,
  load_org: flag,
  project_dir: z.string().nullish(),
});

/** `sources` counts what each place gave, before equal names were taken together. */
export const SkillsAnswer = z.object({ skills: z.array(SkillInfo), sources: z.record(z.string(), z.number().int()) });

export const SkillPath = z.object({
  skill_name: z
    .string()
    .max(255)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
});
