import type { Conversation } from "../../conversation/conversation.ts";
import type { Llm } from "../../llm/llm.ts";
import type { LlmConfig } from "../../protocol/agentServer/agent.ts";
import { textOf } from "../../protocol/content.ts";
import { type Event, isUserMessage } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Lookups } from "./lookups.ts";
import type { Meta, Metas } from "./meta.ts";
import { plainAnswer } from "./plainAnswer.ts";

const mostCharacters = 50;
const mostRead = 1_000;
const mostMs = 60_000;

export interface TitleParts {
  readonly metas: Metas;
  readonly lookups: Pick<Lookups, "profile">;
  readonly openModel: (config: LlmConfig) => Promise<Llm>;
  readonly log: Log;
}

/** Names conversations after their first message, beside the work (agent-server protocol §2.2, §10.4–5). */
export class Titles implements AsyncDisposable {
  readonly #parts: TitleParts;
  readonly #ending = new AbortController();
  readonly #going = new Map<ConversationId, Promise<void>>();

  constructor(parts: TitleParts) {
    this.#parts = parts;
  }

  /** To be told of every event of a conversation that is open. */
  hear(conversation: Conversation, event: Event): void {
    const { id } = conversation;
    if (!isUserMessage(event) || this.#going.has(id)) return;
    const going = this.#name(conversation, textOf(event.llm_message.content)).catch((error: unknown) =>
      this.#parts.log.warn("A conversation was not named.", { id, error: messageOf(error) }),
    );
    this.#going.set(id, going);
    void going.finally(() => this.#going.delete(id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error("The server ends."));
    await Promise.all(this.#going.values());
  }

  async #name(conversation: Conversation, text: string): Promise<void> {
    const { metas } = this.#parts;
    const meta = await metas.get(conversation.id);
    if (!wantsTitle(meta) || text.trim() === "") return;
    const title = (await this.#written(conversation, meta, text)) ?? shortened(text.trim());
    if (this.#ending.signal.aborted) return;
    // Who has given it a name meanwhile knows better.
    await metas.update(conversation.id, (now) => (wantsTitle(now) ? { ...now, title } : now));
  }

  /** By a model; undefined when it cannot. */
  async #written(conversation: Conversation, meta: Meta, text: string): Promise<string | undefined> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(mostMs)]);
    try {
      const { lookups, openModel } = this.#parts;
      const named = meta.title_llm_profile == null ? undefined : await lookups.profile(meta.title_llm_profile);
      const llm = await openModel({ ...(named ?? meta.agent.llm), stream: false });
      const said = await plainAnswer(llm, { system, text: `${request}\n\n${text.slice(0, mostRead)}` }, signal);
      const title = said.trim().replace(/^["']|["']$/g, "");
      return title === "" ? undefined : shortened(title.replace(/\s+/g, " "));
    } catch (error) {
      if (!this.#ending.signal.aborted) await tell(conversation, error);
      return undefined;
    }
  }
}

function wantsTitle(meta: Meta | undefined): meta is Meta {
  return meta !== undefined && meta.autotitle && !meta.title;
}

/** Whole characters, also where one takes two places. */
function shortened(title: string): string {
  return title.length > mostCharacters ? `${title.slice(0, mostCharacters - 3).replace(/[\uD800-\uDBFF]$/, "")}...` : title;
}

/** The work goes on; clients show why there is only a plain title. */
async function tell(conversation: Conversation, error: unknown): Promise<void> {
  await conversation.append({
    kind: "ConversationErrorEvent",
    source: "environment",
    code: "TitleGenerationError",
    detail: `The conversation got a plain title, because the model could not write one: ${messageOf(error)}`,
    classification: { kind: "unknown", retryable: false, user_action: "none" },
  });
}

const system =
  "You name conversations between a person and a coding agent. Answer with the name alone: a few plain words in the person's language that say what they want, no quotes, no full stop.";

const request = `Name the conversation that begins with the message below, in at most ${mostCharacters} characters. Begin the name with the one emoji of these that fits best: ✨ something new, 🐛 a fault, ♻️ code made simpler, ✅ tests, 📝 documents, 💄 looks, 👔 logic, 🗃️ data, ⚡️ speed, 🔒️ security, 📦️ packages, 👷 builds, 🚀 releases, 🔧 settings.`;
