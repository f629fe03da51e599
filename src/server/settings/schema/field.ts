import type { SettingsField, SettingsSchema } from "../../../protocol/agentServer/settingsSchema.ts";

type Section = SettingsSchema["sections"][number];

/** A field of a form, as short as it can be said. `name` is without its section. */
export interface Field {
  readonly name: string;
  readonly type: SettingsField["value_type"];
  /** Null unless told. */
  readonly usual?: unknown;
  readonly label?: string;
  readonly description?: string;
  /** `minor` unless told. */
  readonly prominence?: SettingsField["prominence"];
  /** Names of fields of the same section. */
  readonly dependsOn?: readonly string[];
  readonly isSecret?: true;
  readonly choices?: readonly string[];
}

export interface SectionShape {
  readonly key: string;
  readonly label: string;
  readonly variant: "openhands" | "acp" | null;
  /** What goes before a field's name in its key; empty where the settings have it at the top. */
  readonly prefix: string;
  readonly fields: readonly Field[];
  /** Of the fields, where it is another than the section's. */
  readonly fieldVariant?: "openhands" | "acp";
}

export function sectionOf({ key, label, variant, prefix, fields, fieldVariant }: SectionShape): Section {
  const toField = (field: Field): SettingsField => ({
    key: `${prefix}${field.name}`,
    label: field.label ?? inWords(field.name),
    description: field.description ?? null,
    section: key,
    section_label: label,
    value_type: field.type,
    default: field.usual ?? null,
    prominence: field.prominence ?? "minor",
    depends_on: (field.dependsOn ?? []).map((name) => `${prefix}${name}`),
    secret: field.isSecret ?? false,
    choices: (field.choices ?? []).map((value) => ({ value, label: value })),
    variant: fieldVariant ?? variant,
  });
  return { key, label, variant, fields: fields.map(toField) };
}

const short = new Set(["api", "aws", "id", "llm", "url"]);

function inWords(name: string): string {
  return name
    .split("_")
    .map((word) => (short.has(word) ? word.toUpperCase() : `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`))
    .join(" ");
}
