import * as z from "zod";

/** What forms for settings are drawn from (§2.7). */

const Value = z.union([z.string(), z.number(), z.boolean()]);

export const SettingsField = z.object({
  /** Dotted, such as `llm.model`. */
  key: z.string(),
  label: z.string(),
  description: z.string().nullable(),
  section: z.string(),
  section_label: z.string(),
  value_type: z.enum(["string", "integer", "number", "boolean", "array", "object"]),
  default: z.unknown(),
  prominence: z.enum(["critical", "major", "minor"]),
  /** Keys of fields that must be true for this one to matter. */
  depends_on: z.array(z.string()),
  secret: z.boolean(),
  choices: z.array(z.object({ value: Value, label: z.string() })),
  /** The `agent_kind` that it is for; null: all. */
  variant: z.string().nullable(),
});
export type SettingsField = z.infer<typeof SettingsField>;

export const SettingsSchema = z.object({
  model_name: z.enum(["AgentSettings", "ConversationSettings"]),
  sections: z.array(z.object({ key: z.string(), label: z.string(), fields: z.array(SettingsField), variant: z.string().nullable() })),
});
export type SettingsSchema = z.infer<typeof SettingsSchema>;
