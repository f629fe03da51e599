import { isDeepStrictEqual } from "node:util";
import { nudge } from "../agent/nudges.ts";
import type { EventDraft } from "../conversation/stamp.ts";
import type { Tool } from "../tools/tool.ts";
import type { SourcedTools, ToolSource, ToolSourceNeeds } from "../tools/toolSource.ts";

interface Open {
  readonly needs: ToolSourceNeeds;
  readonly source: Promise<ToolSource>;
}

/**
 * The tools that an agent has from servers. They are connected to when the agent is first made, which is with the first message or run, and stay
 * connected from run to run, as long as the conversation is open here; with other servers, or in another place, they are connected to anew.
 */
export class ServedTools implements AsyncDisposable {
  readonly #openSource: ((needs: ToolSourceNeeds) => Promise<ToolSource>) | undefined;
  #open: Open | undefined;
  #notes: SourcedTools["notes"] = {};
  readonly #told = new Map<string, string>();

  constructor(openSource: ((needs: ToolSourceNeeds) => Promise<ToolSource>) | undefined) {
    this.#openSource = openSource;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Those that can be had now; undefined needs: none. */
  async ready(needs: ToolSourceNeeds | undefined): Promise<readonly Tool[]> {
    if (this.#open && !isDeepStrictEqual(this.#open.needs, needs)) await this[Symbol.asyncDispose]();
    if (needs === undefined || this.#openSource === undefined || Object.keys(needs.servers).length === 0) return [];
    const open = (this.#open ??= { needs, source: this.#openSource(needs) });
    const { tools, notes } = await (await open.source).ready();
    this.#notes = notes;
    return tools;
  }

  /** What the person and the model have not been told of the servers yet: messages from the environment. */
  news(): EventDraft[] {
    const fresh = Object.entries(this.#notes).filter(([name, note]) => note !== (this.#told.get(name) ?? ""));
    for (const [name, note] of fresh) this.#told.set(name, note);
    return fresh.flatMap(([, note]) => (note === "" ? [] : [nudge(note)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#notes = {};
    await open?.source.then(
      (source) => source[Symbol.asyncDispose](),
      () => undefined,
    );
  }
}
