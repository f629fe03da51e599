import type { Agent, AgentSignal } from "../agent/agent.ts";
import { canCondense, condenseNow } from "../agent/condenser.ts";
import { failedEvents, HostClosing, interruptedEvents, notOpenedEvents } from "../agent/endings.ts";
import type { Grants } from "../agent/grants.ts";
import { hooksFor } from "../agent/hooks/matching.ts";
import { nothingSpent, type Spent } from "../agent/limits.ts";
import type { AgentConversation } from "../agent/maskedConversation.ts";
import { run, systemPromptEvents } from "../agent/run.ts";
import type { Secrets } from "../agent/secrets.ts";
import { wantsReply } from "../agent/wantsReply.ts";
import type { EventDraft } from "../conversation/conversation.ts";
import { ConversationError } from "../conversation/conversationError.ts";
import type { Llm } from "../llm/llm.ts";
import type { HookConfig } from "../protocol/agentServer/hooks.ts";
import type { Event } from "../protocol/events.ts";
import type { Notification } from "../protocol/notifications.ts";
import { messageOf } from "../protocol/thrown.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import type { AgentParts } from "./agentParts.ts";
import type { Equipment } from "./equipment.ts";
import type { Guidance } from "./guidance.ts";
import type { HostOptions } from "./host.ts";
import { HostError } from "./hostError.ts";
import { learnSecrets } from "./learnSecrets.ts";
import { isBeginning, isEnding } from "./questions.ts";
import { logEnd } from "./runLog.ts";

const mostBeginMs = 1_000;

interface Run {
  readonly interrupt: AbortController;
  readonly pause: AbortController;
  /** The first event that came after it was started. */
  readonly firstSeq: number;
  /** Whether the agent works, and reads what comes meanwhile; otherwise it is only condensed. */
  readonly isAgents: boolean;
  /** Resolves when its status is told, or when it has ended without. */
  readonly begun: PromiseWithResolvers<void>;
  /** Never rejects. */
  readonly done: Promise<void>;
}

interface Beginning {
  readonly spent: Spent;
  /** Must not reject. */
  readonly work: (interrupt: AbortSignal, pause: AbortSignal) => Promise<void>;
  readonly isAgents?: boolean;
}

/** What the runs of one conversation work with. */
export interface RunParts {
  readonly kept: AgentConversation;
  readonly secrets: Secrets;
  readonly grants: Grants;
  readonly equipment: Equipment;
  readonly guidance: Guidance;
  readonly options: HostOptions;
  /** Must not throw. */
  readonly tell: (notification: Notification) => void;
}

/** The runs of one conversation: at most one at a time. */
export class Runs {
  readonly #parts: RunParts;
  #run: Run | undefined;
  #spent: Spent = nothingSpent();
  /** Whether the person has asked for more of a run that is about to end. */
  #startsAgain = false;
  readonly #unasked = new Set<string>();
  #isClosed = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Of the run that is going. */
  get firstSeq(): number | undefined {
    return this.#run?.firstSeq;
  }

  async settled(): Promise<void> {
    while (this.#run) await this.#run.done;
  }

  /** Resolves when the run that is going says so in the log, when none is, or after a while: what a container needs to start comes later. */
  async begun(): Promise<void> {
    if (this.#run === undefined) return;
    const timer = setTimeout(this.#run.begun.resolve, mostBeginMs);
    await this.#run.begun.promise;
    clearTimeout(timer);
  }

  /** To be told of every event. */
  hear(event: Event): void {
    if (isBeginning(event)) this.#run?.begun.resolve();
  }

  /** The run that is going, or about to be over. */
  async ended(): Promise<void> {
    await this.#run?.done;
  }

  /** Unless one is going; then one more follows it if it would not do any more what is asked. */
  start(): void {
    if (this.#run && (this.#run.pause.signal.aborted || this.#isDeaf)) this.#startsAgain = true;
    this.#begin({ spent: nothingSpent(), work: (interrupt, pause) => this.#work(interrupt, pause) });
  }

  /** After an answer: it counts on what has been spent. */
  goOn(): void {
    this.#begin({ spent: this.#spent, work: (interrupt, pause) => this.#work(interrupt, pause) });
  }

  /** Nothing is run for this message, although a run that goes on reads it. */
  keepOnly(id: string): void {
    this.#unasked.add(id);
  }

  /** After the step that is under way. */
  pause(): void {
    this.#startsAgain = false;
    this.#run?.pause.abort();
  }

  /** Resolves when it has ended. */
  async end(): Promise<void> {
    this.#startsAgain = false;
    this.#run?.interrupt.abort(new HostError("not-possible", "Stopped by the person."));
    await this.#run?.done;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#run?.interrupt.abort(new HostClosing());
    await this.#run?.done;
  }

  /** The model of the next run. */
  async llm(): Promise<Llm> {
    const parts = await this.#agentParts();
    await learnSecrets(parts, this.#parts);
    return this.#parts.equipment.llm(this.#parts.kept.state, parts);
  }

  /**
   * Makes the agent that a message is for, and gives the first events of a new branch, which stand before its first message. None when the agent cannot
   * be made: the run will say why. Rejects where hooks judge messages, because none may get past them.
   */
  async prepared(signal: AbortSignal): Promise<readonly EventDraft[]> {
    let config: HookConfig | undefined;
    try {
      const parts = await this.#agentParts();
      await learnSecrets(parts, this.#parts);
      config = parts.hooks;
      const isBegun = this.#parts.kept.events.some(({ kind }) => kind === "SystemPromptEvent");
      if (isBegun && config === undefined && Object.keys(parts.skills ?? {}).length === 0) return [];
      const agent = await this.#agent(signal);
      return [...((await agent.hooks?.begin(agent.conversation.state, signal)) ?? []), ...systemPromptEvents(agent)];
    } catch (error) {
      if (config !== undefined && hooksFor(config, "UserPromptSubmit").length > 0) throw error;
      // The message is kept, whatever is wrong with the agent.
      return [];
    }
  }

  /** Makes the conversation shorter: now, or at the next step of the run that is going. Rejects with a sentence when it cannot be. */
  async condense(): Promise<{ readonly done: Promise<void> }> {
    const { kept } = this.#parts;
    const { condenser } = await this.#agentParts();
    if (condenser === null) throw new HostError("not-possible", "This conversation has no condenser, so it stays as long as it is.");
    if (kept.state.execution_status === "waiting_for_confirmation")
      throw new HostError("not-possible", "The agent waits for your answer: allow or reject first.");
    if (!canCondense(kept.events, condenser)) throw new HostError("not-possible", "The conversation is too short to be condensed.");
    await kept.append({ kind: "CondensationRequest", source: "environment" });
    if (this.#run) return { done: Promise.resolve() };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const work = async (interrupt: AbortSignal): Promise<void> => {
      try {
        resolve(await condenseNow(await this.#agent(interrupt), interrupt));
      } catch (error) {
        reject(error);
      }
    };
    this.#begin({ spent: nothingSpent(), work, isAgents: false });
    return { done: promise };
  }

  /** Whether the run that is going reads nothing any more that comes. */
  get #isDeaf(): boolean {
    const { kept } = this.#parts;
    return this.#run !== undefined && (!this.#run.isAgents || kept.events.slice(this.#run.firstSeq).some(isEnding));
  }

  #begin({ spent, work, isAgents = true }: Beginning): void {
    if (this.#run || this.#isClosed) return;
    this.#spent = spent;
    const interrupt = new AbortController();
    const pause = new AbortController();
    const begun = Promise.withResolvers<void>();
    const done = work(interrupt.signal, pause.signal).finally(() => {
      this.#run = undefined;
      begun.resolve();
      if (!interrupt.signal.aborted && this.#isToGoOn(isAgents, pause.signal.aborted)) this.start();
    });
    this.#run = { interrupt, pause, firstSeq: this.#parts.kept.events.length, isAgents, begun, done };
  }

  /** Whether the person wants more of a run that has just ended: a message can come when the run has looked for one and is not yet over. */
  #isToGoOn(wasAgents: boolean, wasPaused: boolean): boolean {
    const startsAgain = this.#startsAgain;
    this.#startsAgain = false;
    const { kept } = this.#parts;
    const { execution_status } = kept.state;
    if (execution_status === "waiting_for_confirmation") return false;
    if (execution_status !== "finished" || !wasAgents) return startsAgain;
    return (startsAgain || !wasPaused) && wantsReply({ conversation: kept, unasked: this.#unasked });
  }

  async #work(interrupt: AbortSignal, pause: AbortSignal): Promise<void> {
    const { kept, options, equipment, guidance } = this.#parts;
    const startedAt = performance.now();
    options.log.info("a run begins", { id: kept.id });
    try {
      using _turn = await this.#turn(interrupt, pause);
      const agent = await this.#agent(interrupt);
      const late = [...equipment.news(), ...guidance.late()];
      if (late.length > 0) await kept.append(...systemPromptEvents(agent), ...late);
      await run(agent, { interrupt, pause });
      logEnd(options.log, kept, performance.now() - startedAt);
    } catch (error) {
      await (interrupt.aborted ? this.#keep(interruptedEvents(kept.state, interrupt.reason)) : this.#failed(error));
    }
  }

  /** Who is paused while they wait need none: the run ends before its first step. */
  async #turn(interrupt: AbortSignal, pause: AbortSignal): Promise<Disposable | undefined> {
    try {
      return await this.#parts.options.takeTurn?.(AbortSignal.any([interrupt, pause]));
    } catch (error) {
      if (interrupt.aborted || !pause.aborted) throw error;
      return undefined;
    }
  }

  /** A run that could not begin ends like one that failed; when even that cannot be written, the doors are told. */
  async #failed(error: unknown): Promise<void> {
    const { kept, options } = this.#parts;
    const cause = error instanceof Error && error.cause instanceof Error ? { cause: error.cause.message } : {};
    options.log.error("a run failed", { id: kept.id, error: String(error), ...cause });
    await this.#keep(error instanceof RuntimeError ? notOpenedEvents(kept.state, error) : failedEvents(kept.state, error));
  }

  /** Where nobody waits for it. */
  async #keep(drafts: readonly EventDraft[]): Promise<void> {
    const { kept, tell } = this.#parts;
    try {
      await kept.append(...drafts);
    } catch (cause) {
      // That another has it now is told by the change of access.
      const isLost = cause instanceof ConversationError && cause.code === "lost";
      if (!isLost) tell({ type: "trouble", conversationId: kept.id, message: messageOf(cause) });
    }
  }

  async #agent(signal: AbortSignal): Promise<Agent> {
    const { kept, secrets, grants, equipment, guidance, options, tell } = this.#parts;
    const parts: AgentParts = options.agentOf === undefined ? {} : await this.#agentParts();
    if (parts.secrets !== undefined) await learnSecrets(parts, this.#parts);
    const hidesDeltas = parts.llm?.stream === false;
    const equipped = await equipment.ready({ state: kept.state, events: kept.events, parts }, signal);
    const { skills, hooks } = await guidance.ready(parts, equipped.runtime, signal);
    return {
      conversation: kept,
      secrets,
      grants,
      spent: this.#spent,
      unasked: this.#unasked,
      systemPrompt: parts.systemPrompt,
      systemMessageSuffix: parts.systemMessageSuffix,
      stuckDetection: parts.stuckDetection,
      usageId: parts.llm?.usage_id,
      emit: (passing: AgentSignal): void => {
        if (passing.type !== "delta" || !hidesDeltas) tell({ ...passing, conversationId: kept.id });
      },
      ...equipped,
      skills,
      hooks,
      tools: skills?.tool === undefined ? equipped.tools : [...equipped.tools, skills.tool],
    };
  }

  async #agentParts(): Promise<AgentParts> {
    const { kept, options } = this.#parts;
    return (await options.agentOf?.(kept.id)) ?? {};
  }
}
