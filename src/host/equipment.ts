import { isDeepStrictEqual } from "node:util";
import type { Agent, Condenser } from "../agent/agent.ts";
import type { EventDraft } from "../conversation/stamp.ts";
import type { Llm } from "../llm/llm.ts";
import type { LlmConfig } from "../protocol/agentServer/agent.ts";
import type { Event } from "../protocol/events.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { ownFolders, type RuntimeRef, shownFolders } from "../protocol/sandbox.ts";
import type { ConversationState, LlmRef } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { defaultTools } from "../tools/defaultTools.ts";
import type { Tool } from "../tools/tool.ts";
import { type AgentParts, refOf } from "./agentParts.ts";
import type { HostOptions, RuntimeNeeds } from "./host.ts";
import { HostError } from "./hostError.ts";
import { orAborted } from "./orAborted.ts";
import { ServedTools } from "./servedTools.ts";

type Needed = Pick<ConversationState, "llm" | "working_dir" | "folders" | "runtime" | "execution_status">;

/** What a run is for, and what makes its agent. */
export interface Asked {
  readonly state: Needed;
  /** Of the active branch. */
  readonly events: readonly Event[];
  readonly parts: AgentParts;
}

type Equipped = Pick<Agent, "llm" | "runtime" | "tools" | "condenser">;

interface OpenLlm {
  readonly wanted: { readonly ref: LlmRef; readonly config: LlmConfig | undefined; readonly keysVersion: number };
  readonly llm: Llm;
}

interface Opening {
  readonly ref: RuntimeRef;
  readonly runtime: Promise<Runtime>;
  readonly cancel: AbortController;
  isOpen: boolean;
}

/** Hears of the runtime what is in no event. */
export interface RuntimeWatch {
  readonly phase: (phase: string) => void;
  /** It has gone, in a sentence. */
  readonly lost: (message: string) => void;
}

/** What the agent of one conversation works with, opened when it is first needed and kept from run to run. */
export class Equipment implements AsyncDisposable {
  readonly #id: ConversationId;
  readonly #options: HostOptions;
  readonly #watch: RuntimeWatch;
  #opening: Opening | undefined;
  readonly #llms = new Map<"agent" | "condenser", OpenLlm>();
  #tools: readonly Tool[] | undefined;
  readonly #served: ServedTools;
  #servedTools: readonly Tool[] = [];
  /** Runtimes that nobody waits for any more; they are ended as soon as they are there. */
  #unwanted: Promise<unknown> = Promise.resolve();

  constructor(id: ConversationId, options: HostOptions, watch: RuntimeWatch) {
    this.#id = id;
    this.#options = options;
    this.#watch = watch;
    this.#served = new ServedTools(options.openToolSource);
  }

  /** Whether a runtime, or what tools are served by, is there or on its way. */
  get isInUse(): boolean {
    return this.#opening !== undefined || this.#served.isOpen;
  }

  /** What is to be told of the servers of tools, once. */
  news(): EventDraft[] {
    return this.#served.news();
  }

  /**
   * Model, runtime and tools for a run. When aborted it rejects with the reason, and a runtime that is not open yet is given up; one that
   * could not be opened is tried again the next time.
   */
  async ready({ state, events, parts }: Asked, signal: AbortSignal): Promise<Equipped> {
    const { working_dir: workingDir } = state;
    if (!workingDir) throw unknownPlace();
    signal.throwIfAborted();
    const runtime = state.runtime ?? { kind: "local" };
    if (this.#opening && !fits(this.#opening.ref, runtime)) await this.end();
    const opening = (this.#opening ??= this.#open({ workingDir, folders: ownFolders(state), runtime }));
    try {
      const served = this.#served.ready(parts.toolServers && { ...parts.toolServers, workingDir, isOnMachine: runtime.kind === "local" });
      const opened = Promise.all([opening.runtime, this.llm(state, parts), this.#condenser(state, parts), served]);
      const [open, llm, condenser, others] = await orAborted(opened, signal);
      const made = (): readonly Tool[] => [...defaultTools(events, open.info), ...(this.#options.moreTools?.() ?? [])];
      this.#tools ??= parts.tools?.(events, open.info) ?? made();
      this.#servedTools = others;
      return { runtime: open, llm, condenser, tools: this.tools };
    } catch (error) {
      if (signal.aborted) this.#giveUp(opening);
      throw error;
    }
  }

  /** The conversation's model. It is kept until it is another one, the key has changed, or the run before has failed. */
  async llm(state: Needed, parts: AgentParts): Promise<Llm> {
    if (state.llm === undefined) throw unknownPlace();
    return this.#openLlm("agent", state.llm, parts.llm, state);
  }

  /** Those of the runtime that is open; none before it is. */
  get tools(): readonly Tool[] {
    return [...(this.#tools ?? []), ...this.#servedTools];
  }

  /** What they remember is of another branch. */
  forgetTools(): void {
    this.#tools = undefined;
  }

  /** Ends the runtime; the next run opens another one. */
  async end(): Promise<void> {
    const opening = this.#opening;
    if (opening) this.#giveUp(opening);
    if (opening?.isOpen) this.#drop(opening);
    await this.#unwanted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const served = this.#served[Symbol.asyncDispose]();
    try {
      await this.#endRuntime();
    } finally {
      await served;
    }
  }

  async #endRuntime(): Promise<void> {
    const opening = this.#opening;
    if (opening) this.#giveUp(opening);
    await this.#unwanted;
    const runtime = opening?.isOpen ? await opening.runtime : undefined;
    this.#opening = undefined;
    await runtime?.[Symbol.asyncDispose]();
  }

  async #condenser(state: Needed, { condenser }: AgentParts): Promise<Condenser | null | undefined> {
    if (condenser?.llm === undefined) return condenser && { ...condenser, llm: undefined };
    const { llm: config, ...when } = condenser;
    return { ...when, llm: await this.#openLlm("condenser", refOf(config), config, state) };
  }

  async #openLlm(purpose: "agent" | "condenser", ref: LlmRef, config: LlmConfig | undefined, state: Needed): Promise<Llm> {
    const keysVersion = this.#options.keysVersion?.() ?? 0;
    const known = this.#llms.get(purpose);
    const wanted = { ref, config, keysVersion };
    if (known && state.execution_status !== "error" && isDeepStrictEqual(known.wanted, wanted)) return known.llm;
    const host = state.working_dir ?? "";
    const llm = await this.#options.openLlm(ref, { host, shown: shownFolders(state)[0] ?? host }, config);
    this.#llms.set(purpose, { wanted, llm });
    return llm;
  }

  #open(needs: Pick<RuntimeNeeds, "workingDir" | "folders" | "runtime">): Opening {
    const cancel = new AbortController();
    let phase = "";
    const onPhase = (next: string): void => {
      if (next === phase || cancel.signal.aborted) return;
      phase = next;
      this.#watch.phase(next);
    };
    const { openRuntime } = this.#options;
    const opened = openRuntime({ ...needs, conversationId: this.#id, onPhase, signal: cancel.signal });
    const opening: Opening = { ref: needs.runtime, runtime: opened, cancel, isOpen: false };
    const isOpen = ({ lost }: Runtime): void => {
      opening.isOpen = true;
      if (lost?.aborted) this.#lost(opening, lost.reason);
      lost?.addEventListener("abort", () => this.#lost(opening, lost.reason), { once: true });
    };
    void opened.then(isOpen, () => this.#forget(opening)).finally(() => onPhase(""));
    return opening;
  }

  #forget(opening: Opening): void {
    if (this.#opening === opening) this.#opening = undefined;
  }

  /** One that was ended here is not lost. */
  #lost(opening: Opening, reason: unknown): void {
    if (this.#opening !== opening) return;
    this.#drop(opening);
    this.#watch.lost(messageOf(reason));
  }

  /** One that is open is not used any more. */
  #drop(opening: Opening): void {
    this.#forget(opening);
    // They remember what was left running in it, and how files were.
    this.#tools = undefined;
    const ended = opening.runtime.then((runtime) => runtime[Symbol.asyncDispose]());
    this.#unwanted = Promise.allSettled([this.#unwanted, ended]);
  }

  #giveUp(opening: Opening): void {
    if (opening.isOpen || opening.cancel.signal.aborted) return;
    this.#forget(opening);
    this.#watch.phase("");
    opening.cancel.abort(new HostError("not-possible", "Opening it was stopped."));
    const ended = opening.runtime.then(
      (runtime) => runtime[Symbol.asyncDispose](),
      () => undefined,
    );
    this.#unwanted = Promise.allSettled([this.#unwanted, ended]);
  }
}

function unknownPlace(): HostError {
  return new HostError("not-possible", "The conversation does not say which model and folder it is for.");
}

/** The network of one that is open is changed by the door. */
function fits(open: RuntimeRef, wanted: RuntimeRef): boolean {
  if (open.kind !== "docker" || wanted.kind !== "docker") return open.kind === wanted.kind;
  return open.image === wanted.image && open.workspace === wanted.workspace;
}
