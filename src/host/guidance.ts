import { isDeepStrictEqual } from "node:util";
import type { Agent } from "../agent/agent.ts";
import { activated } from "../agent/guided.ts";
import { Hooks } from "../agent/hooks/hooks.ts";
import type { AgentConversation } from "../agent/maskedConversation.ts";
import type { Secrets } from "../agent/secrets.ts";
import { Skills, type ToldSkills } from "../agent/skills/skills.ts";
import { type SkillsParts, usualSkills } from "../agent/skills/skillsParts.ts";
import type { EventDraft } from "../conversation/conversation.ts";
import type { TextContent } from "../protocol/content.ts";
import type { EventId } from "../protocol/ids.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { AgentParts } from "./agentParts.ts";
import type { HostOptions } from "./host.ts";

export interface GuidanceOptions {
  readonly kept: AgentConversation;
  readonly secrets: Secrets;
  readonly options: Pick<HostOptions, "home" | "log">;
}

interface Read {
  readonly runtime: Runtime;
  readonly parts: SkillsParts;
  readonly skills: Skills;
}

/** What goes with a message of the person's. */
export interface Guided {
  readonly before: readonly EventDraft[];
  readonly activated_skills: string[];
  readonly extended_content: TextContent[];
  readonly after: readonly EventDraft[];
}

/** The skills and the hooks of one open conversation: read when its runtime is first open, and kept as long as that. */
export class Guidance {
  readonly #options: GuidanceOptions;
  #read: Read | undefined;
  #hooks: { readonly config: AgentParts["hooks"]; readonly hooks: Hooks | undefined } | undefined;
  /** Messages that came before the skills were there. */
  readonly #unread: string[] = [];

  constructor(options: GuidanceOptions) {
    this.#options = options;
  }

  /** For an agent that acts in `runtime`; nothing is read again in the same one. */
  async ready(parts: AgentParts, runtime: Runtime, signal: AbortSignal): Promise<Pick<Agent, "skills" | "hooks">> {
    const { kept, secrets } = this.#options;
    if (this.#hooks === undefined || !isDeepStrictEqual(this.#hooks.config, parts.hooks)) {
      const mask = (text: string): string => secrets.mask(text);
      const hooks = Hooks.of({ config: parts.hooks, runtime, sessionId: kept.id, mask });
      await this.#endHooks();
      this.#hooks = { config: parts.hooks, hooks };
    }
    this.#hooks.hooks?.moveTo(runtime);
    const wanted = parts.skills ?? usualSkills;
    if (this.#read?.runtime !== runtime || !isDeepStrictEqual(this.#read.parts, wanted))
      this.#read = { runtime, parts: wanted, skills: await this.#readSkills(wanted, runtime, signal) };
    return { skills: this.#read.skills, hooks: this.#hooks.hooks };
  }

  /**
   * What goes with a message that will have the id `id`. Where the skills have not been read yet, what it asks for is told when they are. Rejects when a
   * hook was to judge it and could not, so that no message gets past one.
   */
  async message(text: string, id: EventId, signal: AbortSignal): Promise<Guided> {
    const { state } = this.#options.kept;
    const skills = this.#read?.skills;
    if (skills === undefined) this.#unread.push(text);
    const told = skills?.forMessage(text, state) ?? nothingTold;
    const verdict = await this.#hooks?.hooks?.onMessage(text, id, state, signal);
    return {
      before: verdict?.events ?? [],
      activated_skills: [...told.names],
      extended_content: [...told.texts, ...(skills?.userMessageSuffix ?? []), ...(verdict?.context ?? [])],
      after: activated(told, state),
    };
  }

  /** What messages have asked for that came before the skills were there; once. */
  late(): readonly EventDraft[] {
    const { state } = this.#options.kept;
    const told = this.#read?.skills.forMessage(this.#unread.splice(0).join("\n"), state) ?? nothingTold;
    return told.names.length === 0 ? [] : [skillsMessage(told), ...activated(told, state)];
  }

  /** The conversation is closed. Never rejects. */
  async end(): Promise<void> {
    await this.#endHooks();
  }

  async #endHooks(): Promise<void> {
    const { kept, options } = this.#options;
    try {
      const events = (await this.#hooks?.hooks?.end()) ?? [];
      if (events.length > 0) await kept.append(...events);
    } catch (error) {
      options.log.warn("what the last hooks did was not kept", { id: kept.id, error: String(error) });
    }
    this.#hooks = undefined;
  }

  async #readSkills(parts: SkillsParts, runtime: Runtime, signal: AbortSignal): Promise<Skills> {
    const { kept, options } = this.#options;
    const { info, files } = runtime;
    const project = { files, folder: info.workingDir };
    const skills = await Skills.read({ parts, project, user: options.home, reachesUser: !info.isSandboxed, signal });
    const { all, problems } = skills;
    if (all.length + problems.length > 0)
      options.log.info("skills were read", { id: kept.id, skills: all.map(({ name, source }) => source ?? name), problems });
    return skills;
  }
}

const nothingTold: ToldSkills = { names: [], texts: [] };

function skillsMessage({ names, texts }: ToldSkills): EventDraft {
  return {
    kind: "MessageEvent",
    source: "environment",
    llm_message: { role: "user", content: [], thinking_blocks: [] },
    activated_skills: [...names],
    extended_content: [...texts],
  };
}
