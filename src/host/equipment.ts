import { isDeepStrictEqual } from "node:util";
import type { Agent } from "../agent/agent.ts";
import type { Llm } from "../llm/llm.ts";
import type { Event } from "../protocol/events.ts";
import type { ConversationId } from "../protocol/ids.ts";
import { ownFolders, type RuntimeRef, shownFolders } from "../protocol/sandbox.ts";
import type { ConversationState, LlmRef } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { defaultTools } from "../tools/defaultTools.ts";
import type { Tool } from "../tools/tool.ts";
import type { HostOptions, RuntimeNeeds } from "./host.ts";
import { HostError } from "./hostError.ts";

type Needed = Pick<ConversationState, "llm" | "working_dir" | "folders" | "runtime" | "execution_status">;

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
  #llm: { readonly ref: LlmRef; readonly keysVersion: number; readonly llm: Llm } | undefined;
  #tools: readonly Tool[] | undefined;
  /** Runtimes that nobody waits for any more; they are ended as soon as they are there. */
  #unwanted: Promise<unknown> = Promise.resolve();

  constructor(id: ConversationId, options: HostOptions, watch: RuntimeWatch) {
    this.#id = id;
    this.#options = options;
    this.#watch = watch;
  }

  /** Whether a runtime is there or on its way. */
  get hasRuntime(): boolean {
    return this.#opening !== undefined;
  }

  /**
   * Model, runtime and tools for a run. When aborted it rejects with the reason, and a runtime that is not open yet is given up; one that
   * could not be opened is tried again the next time.
   */
  async ready(state: Needed, events: readonly Event[], signal: AbortSignal): Promise<Pick<Agent, "llm" | "runtime" | "tools">> {
    const { llm: ref, working_dir: workingDir } = state;
    if (!ref || !workingDir) throw new HostError("not-possible", "The conversation does not say which model and folder it is for.");
    signal.throwIfAborted();
    const runtime = state.runtime ?? { kind: "local" };
    if (this.#opening && !fits(this.#opening.ref, runtime)) await this.end();
    const opening = (this.#opening ??= this.#open({ workingDir, folders: ownFolders(state), runtime }));
    const folder = { host: workingDir, shown: shownFolders(state)[0] ?? workingDir };
    // Both at once; the model is asked for again after a failure, too.
    const keysVersion = this.#options.keysVersion?.() ?? 0;
    const known = state.execution_status === "error" || this.#llm?.keysVersion !== keysVersion ? undefined : this.#llm;
    const isSame = known !== undefined && isDeepStrictEqual(known.ref, ref);
    const opened = Promise.all([opening.runtime, isSame ? known.llm : this.#options.openLlm(ref, folder)]);
    try {
      const [open, llm] = await orAborted(opened, signal);
      this.#llm = { ref, keysVersion, llm };
      return { runtime: open, llm, tools: (this.#tools ??= [...defaultTools(events, open.info), ...(this.#options.moreTools?.() ?? [])]) };
    } catch (error) {
      if (signal.aborted) this.#giveUp(opening);
      throw error;
    }
  }

  /** Ends the runtime; the next run opens another one. */
  async end(): Promise<void> {
    const opening = this.#opening;
    if (opening) this.#giveUp(opening);
    if (opening?.isOpen) this.#drop(opening);
    await this.#unwanted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#opening;
    if (opening) this.#giveUp(opening);
    await this.#unwanted;
    const runtime = opening?.isOpen ? await opening.runtime : undefined;
    this.#opening = undefined;
    await runtime?.[Symbol.asyncDispose]();
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

/** The network of one that is open is changed by the door. */
function fits(open: RuntimeRef, wanted: RuntimeRef): boolean {
  if (open.kind !== "docker" || wanted.kind !== "docker") return open.kind === wanted.kind;
  return open.image === wanted.image && open.workspace === wanted.workspace;
}

async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
