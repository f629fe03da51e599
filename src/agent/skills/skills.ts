import type { Action } from "../../protocol/actions.ts";
import { type TextContent, textContent } from "../../protocol/content.ts";
import type { ConversationState } from "../../protocol/state.ts";
import { globMatcher } from "../../runtime/machine/searchGlob.ts";
import { invokeSkillTool } from "../../tools/invokeSkill.ts";
import type { Tool } from "../../tools/tool.ts";
import { type FoundSkills, firstOfName, nestedRules, type Place, projectSkills, userSkills } from "./findSkills.ts";
import { givenSkill, type Skill } from "./skill.ts";
import { inside, parentOf, relativeTo } from "./skillFiles.ts";
import { skillsContext } from "./skillsContext.ts";
import type { SkillsParts } from "./skillsParts.ts";

/** Skills whose texts are told now, and their texts for the model. */
export interface ToldSkills {
  readonly names: readonly string[];
  readonly texts: readonly TextContent[];
}

export interface SkillPlaces {
  readonly parts: SkillsParts;
  /** The folder that the agent works in, where its tools act. */
  readonly project: Omit<Place, "signal">;
  /** The person's home folder on this machine; absent: they have no skills here. */
  readonly user?: Omit<Place, "signal"> | undefined;
  /** Whether the agent's tools reach the person's home folder. */
  readonly reachesUser: boolean;
  readonly signal: AbortSignal;
}

/** Of one message or result. */
const mostCharacters = 200_000;
const nothing: ToldSkills = { names: [], texts: [] };
/** Of folders that hold what others wrote; their instructions are for those. */
const notLookedInto = new Set(["node_modules", ".git"]);

/**
 * The skills of one conversation, and which of them are told when (agent-server protocol §6.12). All that is read from a workspace is text for the model
 * and never a policy: nothing in it runs, and it changes no setting.
 */
export class Skills {
  readonly all: readonly Skill[];
  /** In sentences, what could not be read. */
  readonly problems: readonly string[];
  readonly tool: Tool | undefined;
  readonly #places: SkillPlaces;
  /** Folders below the workspace whose instruction files are known. */
  readonly #known = new Map<string, readonly Skill[]>();

  constructor(places: SkillPlaces, { skills, problems }: FoundSkills) {
    this.#places = places;
    this.all = skills;
    this.problems = problems;
    const asked = skills.filter(({ isAgentSkill, isHidden }) => isAgentSkill && !isHidden);
    const names = asked.map(({ name }) => name);
    const textOf = (name: string): string | undefined => {
      const skill = asked.find((one) => one.name === name);
      return skill && skill.content + this.#location(skill);
    };
    this.tool = asked.length === 0 ? undefined : invokeSkillTool(names, textOf);
  }

  static async read(places: SkillPlaces): Promise<Skills> {
    const { parts, project, user, signal } = places;
    const found: FoundSkills[] = [{ skills: (parts.given ?? []).map(givenSkill), problems: [] }];
    if (parts.loadProject) found.push(await projectSkills({ ...project, signal }));
    if (parts.loadUser && user) found.push(await userSkills({ ...user, signal }));
    const skills = firstOfName(found.flatMap((one) => one.skills)).filter(({ name }) => !parts.disabled?.includes(name));
    return new Skills(places, { skills, problems: found.flatMap((one) => one.problems) });
  }

  /** What of them stands in the system prompt; empty when there is nothing to say. */
  context(model: string): string {
    return skillsContext({ skills: this.all, problems: this.problems, root: this.#places.project.folder }, model);
  }

  /** What a message of the person's asks for and has not been told yet. */
  forMessage(text: string, { activated_knowledge_skills: told = [] }: ConversationState): ToldSkills {
    const lower = text.toLowerCase();
    const asked = this.all.flatMap((skill) => {
      const word =
        "words" in skill.trigger && !told.includes(skill.name) ? skill.trigger.words.find((one) => hasWord(lower, one)) : undefined;
      return word === undefined ? [] : [{ skill, why: `the message says "${word}"` }];
    });
    return this.#told(asked);
  }

  /** The text that a client wants behind each message. */
  get userMessageSuffix(): readonly TextContent[] {
    const suffix = this.#places.parts.userMessageSuffix?.trim();
    return suffix ? [textContent(suffix)] : [];
  }

  /** The rules for the file that an action has touched, which have not been told yet. */
  async forAction(action: Action, { activated_path_rules: told = [] }: ConversationState, signal: AbortSignal): Promise<ToldSkills> {
    const touched = "path" in action && typeof action.path === "string" ? action.path : undefined;
    const { folder } = this.#places.project;
    const file =
      touched === undefined
        ? undefined
        : relativeTo(folder, touched.startsWith("/") || /^[A-Za-z]:/.test(touched) ? touched : inside(folder, touched));
    if (file === undefined || file === "") return nothing;
    const rules = [...this.all, ...(this.#places.parts.loadProject ? await this.#nested(file, signal) : [])];
    return this.#told(
      rules.flatMap((skill) => {
        if (skill.trigger.kind !== "path" || told.includes(skill.name)) return [];
        return skill.trigger.globs.some((glob) => fits(glob, file)) ? [{ skill, why: `you have touched ${file}` }] : [];
      }),
    );
  }

  /** Instruction files of the folders on the way to `file`, each folder looked at once. */
  async #nested(file: string, signal: AbortSignal): Promise<Skill[]> {
    const { project, parts } = this.#places;
    const rules: Skill[] = [];
    for (let at = parentOf(`/${file}`); at !== undefined && at !== "/"; at = parentOf(at)) {
      if (at.split("/").some((name) => notLookedInto.has(name))) continue;
      const known = this.#known.get(at) ?? (await nestedRules({ ...project, folder: inside(project.folder, at), signal }, project.folder));
      this.#known.set(at, known);
      rules.unshift(...known.filter(({ name }) => !parts.disabled?.includes(name)));
    }
    return rules;
  }

  #told(asked: readonly { readonly skill: Skill; readonly why: string }[]): ToldSkills {
    if (asked.length === 0) return nothing;
    const names: string[] = [];
    const texts: TextContent[] = [];
    let left = mostCharacters;
    for (const { skill, why } of asked) {
      left -= skill.content.length;
      if (left < 0) break;
      names.push(skill.name);
      texts.push(
        textContent(
          `[The skill "${skill.name}" applies, because ${why}. It is a note for this kind of task, not the person's words.]\n${skill.content}${this.#location(skill)}`,
        ),
      );
    }
    return { names, texts };
  }

  /** Where the files are that it may name. A client's may be anywhere. */
  #location({ source, isAgentSkill }: Skill): string {
    const { project, reachesUser } = this.#places;
    if (source === undefined || !isAgentSkill) return "";
    const relative = relativeTo(project.folder, source);
    if (relative === undefined && !reachesUser) return "";
    return `\n\n[Paths in this skill are relative to ${parentOf(relative ?? source) ?? "."}.]`;
  }
}

/** Not inside of another word: `git` is not in `github`. */
function hasWord(lower: string, word: string): boolean {
  const wanted = word.toLowerCase().trim();
  if (wanted === "") return false;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, at + 1))
    if (!isLetter(lower[at - 1]) && !isLetter(lower[at + wanted.length])) return true;
  return false;
}

const isLetter = (letter: string | undefined): boolean => letter !== undefined && /[\p{L}\p{N}]/u.test(letter);

/** A pattern without a slash is for names at any depth. */
function fits(glob: string, file: string): boolean {
  const pattern = glob.slice(0, 500);
  return globMatcher(pattern.includes("/") ? pattern : `**/${pattern}`, { braces: "groups" })(file.slice(0, 2_000));
}
