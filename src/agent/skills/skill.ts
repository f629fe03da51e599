import path from "node:path/posix";
import type { SkillConfig, SkillInfo } from "../../protocol/agentServer/skills.ts";
import { visibleText } from "../../protocol/visibleText.ts";
import { type FrontMatter, type FrontMatterValue, readFrontMatter } from "./frontMatter.ts";

/** When the model is told a skill's text (agent-server protocol §6.12). */
export type SkillTrigger =
  /** In the system prompt. */
  | { readonly kind: "always" }
  /** With the first message that has one of the words. */
  | { readonly kind: "keyword" | "task"; readonly words: readonly string[] }
  /** With the result of the first action on a file that fits, by its path from the workspace. */
  | { readonly kind: "path"; readonly globs: readonly string[] }
  /** When it asks for it. */
  | { readonly kind: "asked" };

export interface Skill {
  readonly name: string;
  readonly content: string;
  readonly description: string;
  readonly trigger: SkillTrigger;
  /** The file that it is from. */
  readonly source?: string;
  /** From a `SKILL.md`: the model can ask for it. */
  readonly isAgentSkill: boolean;
  /** The model is not told that there is such a skill. */
  readonly isHidden: boolean;
}

const longestDescription = 1_024;
const longestName = 200;
const mostWords = 100;

/** Files for other agents, by their names in lower case: what the skill is called. */
export const thirdParty: Readonly<Record<string, string>> = {
  "agents.md": "agents",
  "agent.md": "agents",
  "claude.md": "claude",
  "gemini.md": "gemini",
  ".cursorrules": "cursorrules",
};

/** An instruction file of a workspace; below its root, where `folder` says, it is for the files there only. */
export function instructionSkill(file: { readonly path: string; readonly text: string; readonly folder?: string }): Skill {
  const name = thirdParty[path.basename(file.path).toLowerCase()] ?? path.basename(file.path);
  return {
    name: file.folder === undefined ? name : `${name}:${file.folder}`,
    content: shown(file.text),
    description: "",
    trigger: file.folder === undefined ? { kind: "always" } : { kind: "path", globs: [`${escaped(file.folder)}/**`] },
    source: file.path,
    isAgentSkill: false,
    isHidden: file.folder !== undefined,
  };
}

/** A skill as a file has it; `name` is the one that it has without one of its own. */
export function fileSkill(file: { readonly path: string; readonly text: string; readonly name: string }): Skill {
  const isAgentSkill = path.basename(file.path).toLowerCase() === "skill.md";
  const { fields, body } = readFrontMatter(file.text);
  const field = (name: string): FrontMatterValue | undefined => fields.get(name) ?? fields.get(name.replaceAll("-", "_"));
  const name = (text(field("name")) || file.name).slice(0, longestName);
  const trigger = triggerOf(fields, name, isAgentSkill);
  const needsVariables = trigger.kind === "task" && (list(field("inputs")).length > 0 || /\$\{[A-Za-z_]\w*\}/.test(body));
  return {
    name,
    content: shown(needsVariables ? `${body}\n\n${askForVariables}` : body),
    description: shown(text(field("description"))).slice(0, longestDescription),
    trigger,
    source: file.path,
    isAgentSkill,
    isHidden: trigger.kind === "path" || text(field("disable-model-invocation")) === "true",
  };
}

const askForVariables = "Where the person has not said what one of these variables is, ask them before you go on.";

/** `paths` stands above `inputs`, and that above `triggers`. */
function triggerOf(fields: FrontMatter["fields"], name: string, isAgentSkill: boolean): SkillTrigger {
  const paths = fields.get("paths");
  const globs = typeof paths === "string" ? paths.split(",").map((glob) => glob.trim()) : list(paths);
  if (globs.some((glob) => glob !== "")) return { kind: "path", globs: globs.filter((glob) => glob !== "").slice(0, mostWords) };
  const words = list(fields.get("triggers"));
  if (fields.has("inputs")) return { kind: "task", words: [...new Set([...words, `/${name}`])] };
  if (words.length > 0) return { kind: "keyword", words };
  return { kind: isAgentSkill ? "asked" : "always" };
}

function text(value: FrontMatterValue | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}

function list(value: FrontMatterValue | undefined): string[] {
  const items = typeof value === "string" ? [value] : Array.isArray(value) ? value : [];
  return items.flatMap((item: FrontMatterValue) => (typeof item === "string" ? item.trim() || [] : [nameOf(item)])).slice(0, mostWords);
}

/** Of an input, which is a small map. */
function nameOf(item: FrontMatterValue): string {
  return typeof item === "object" && "name" in item ? text(item["name"]) : "";
}

/** A skill as a client gives it. */
export function givenSkill(config: SkillConfig): Skill {
  const { trigger, inputs, source } = config;
  const isAgentSkill = config.is_agentskills_format === true;
  return {
    name: config.name,
    content: trigger?.type === "task" && inputs?.length ? `${config.content}\n\n${askForVariables}` : config.content,
    description: (config.description ?? "").slice(0, longestDescription),
    trigger: givenTrigger(trigger, isAgentSkill),
    ...(source ? { source } : {}),
    isAgentSkill,
    isHidden: trigger?.type === "path" || config.disable_model_invocation === true,
  };
}

function givenTrigger(trigger: SkillConfig["trigger"], isAgentSkill: boolean): SkillTrigger {
  switch (trigger?.type) {
    case "keyword":
      return { kind: "keyword", words: trigger.keywords };
    case "task":
      return { kind: "task", words: trigger.triggers };
    case "path":
      return { kind: "path", globs: trigger.paths };
    case undefined:
      return { kind: isAgentSkill ? "asked" : "always" };
  }
}

/** As `POST /api/skills` lists it (agent-server protocol §2.9). */
export function skillInfo({ name, content, description, trigger, source, isAgentSkill, isHidden }: Skill): SkillInfo {
  return {
    name,
    type: isAgentSkill ? "agentskills" : trigger.kind === "always" ? "repo" : "knowledge",
    content,
    triggers: "words" in trigger ? [...trigger.words] : [],
    source: source ?? null,
    description: description || null,
    is_agentskills_format: isAgentSkill,
    disable_model_invocation: isHidden,
  };
}

/** What a person would not see when they read the file is written out, so that nobody can hide words in it from them. */
function shown(content: string): string {
  return visibleText(content.replaceAll("\r\n", "\n").replace(/[\u00a0\u3000]/g, " "));
}

/** A folder's name as a glob that means only it. */
function escaped(folder: string): string {
  return folder.replace(/[*?[\]{}\\]/g, "\\$&");
}
