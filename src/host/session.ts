import type { Agent, AgentSignal } from "../agent/agent.ts";
import { unknownOutcomes } from "../agent/calls.ts";
import { failedEvents, HostClosing, interrupted, interruptedEvents, notOpenedEvents, statusEvent } from "../agent/endings.ts";
import { Grants } from "../agent/grants.ts";
import { nothingSpent, type Spent } from "../agent/limits.ts";
import { type AgentConversation, maskedConversation } from "../agent/maskedConversation.ts";
import { recover } from "../agent/recover.ts";
import { run } from "../agent/run.ts";
import { Secrets } from "../agent/secrets.ts";
import type { Conversation, EventDraft } from "../conversation/conversation.ts";
import { ConversationError } from "../conversation/conversationError.ts";
import { awaitsReply } from "../llm/chatHistory.ts";
import type { CommandOf } from "../protocol/commands.ts";
import type { Notification } from "../protocol/notifications.ts";
import { shownFolders } from "../protocol/sandbox.ts";
import { messageOf } from "../protocol/thrown.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import type { NotificationListener } from "./agentHost.ts";
import { Equipment } from "./equipment.ts";
import type { HostOptions } from "./host.ts";
import { HostError } from "./hostError.ts";
import { titleEvent, userMessage } from "./messages.ts";
import { Passing } from "./passing.ts";
import { isAnswerFor, isQuestion, rejections } from "./questions.ts";
import { logEnd } from "./runLog.ts";
import { noteOfRuntime, type StateCommand, stateChanges } from "./stateChanges.ts";

interface Run {
  readonly interrupt: AbortController;
  readonly pause: AbortController;
  /** The first event that came after it was started. */
  readonly firstSeq: number;
  /** Never rejects. */
  readonly done: Promise<void>;
}

type Respond = Pick<CommandOf<"confirmation.respond">, "accept" | "reason" | "remember" | "actionIds">;

/**
 * One open conversation of the host: its listeners, its runtime, and at most one run. Commands take effect one after the other, in the
 * order in which they came.
 */
export class Session implements AsyncDisposable {
  readonly #conversation: Conversation;
  readonly #secrets = new Secrets();
  /** All that is written goes through it. */
  readonly #kept: AgentConversation;
  readonly #options: HostOptions;
  readonly #listeners = new Set<NotificationListener>();
  readonly #grants = new Grants();
  readonly #equipment: Equipment;
  readonly #passing: Passing;
  #run: Run | undefined;
  #spent: Spent = nothingSpent();
  /** Whether the person has asked for more since they paused the run that is going. */
  #startsAgain = false;
  /** For the model, with the next message. */
  readonly #notes: string[] = [];
  #lastCommand: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(conversation: Conversation, options: HostOptions) {
    this.#conversation = conversation;
    this.#kept = maskedConversation(conversation, this.#secrets);
    this.#options = options;
    const conversationId = conversation.id;
    this.#passing = new Passing(conversationId);
    this.#equipment = new Equipment(conversationId, options, {
      phase: (phase) => this.#tell({ type: "runtime.phase", conversationId, phase }),
      lost: (message) => this.#tell({ type: "runtime.lost", conversationId, message }),
    });
    conversation.onAppended((event, seq) => {
      this.#grants.hear(event, shownFolders(conversation.state)[0] ?? "");
      this.#tell({ type: "event.appended", conversationId, seq, event });
    });
  }

  /** A conversation that was there before: what its last host left open is put right first. */
  static async reopen(conversation: Conversation, options: HostOptions, how?: { readonly isTakenOver: boolean }): Promise<Session> {
    const { damage, id } = conversation;
    if (damage) options.log.warn("part of a log could not be read and was set aside", { id, ...damage });
    try {
      await recover(conversation, how);
    } catch (error) {
      await conversation[Symbol.asyncDispose]();
      throw error;
    }
    return new Session(conversation, options);
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** Whether closing it would lose what is in no log: a shell, the values of secrets, notes. */
  get holdsMore(): boolean {
    return this.#equipment.hasRuntime || this.#secrets.names.length > 0 || this.#notes.length > 0;
  }

  /** Tells what is passing by right now, and then what comes. `listener` must not throw. */
  listen(listener: NotificationListener): Disposable {
    for (const notification of this.#passing.told()) listener(notification);
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  async settled(): Promise<void> {
    while (this.#run) await this.#run.done;
  }

  /** A run that is going reads the message at its next step; while an answer is awaited the message waits too. */
  send(text: string, images: readonly string[] = []): Promise<void> {
    return this.#inOrder(() => this.#send(text, images));
  }

  addNote(text: string): void {
    this.#notes.push(text);
  }

  start(): Promise<void> {
    return this.#inOrder(async () => {
      const { execution_status } = this.#conversation.state;
      if (execution_status === "waiting_for_confirmation")
        throw new HostError("not-possible", "The agent waits for your answer: allow or reject first.");
      if (execution_status !== "finished") this.#start();
    });
  }

  pause(): Promise<void> {
    return this.#inOrder(async () => {
      this.#startsAgain = false;
      this.#run?.pause.abort();
    });
  }

  /** Resolves when the run has ended. What waited for an answer is rejected. */
  interrupt(): Promise<void> {
    return this.#inOrder(() => this.#interrupt());
  }

  respond(answer: Respond): Promise<void> {
    return this.#inOrder(() => this.#respond(answer));
  }

  /** For the next run. */
  change(command: StateCommand): Promise<void> {
    return this.#inOrder(async () => {
      const { state, events } = this.#conversation;
      const note = command.type === "runtime.set" ? noteOfRuntime(state.runtime, command.runtime, events) : undefined;
      await this.#kept.append(...stateChanges(command, { state, events, secrets: this.#secrets }));
      if (note !== undefined) this.addNote(note);
    });
  }

  /** The run that uses it ends first; the next one opens another. */
  endRuntime(): Promise<void> {
    return this.#inOrder(async () => {
      await this.#endRun();
      await this.#equipment.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#run?.interrupt.abort(new HostClosing());
    await this.#run?.done;
    await this.#lastCommand;
    this.#listeners.clear();
    try {
      await this.#equipment[Symbol.asyncDispose]();
    } finally {
      await this.#conversation[Symbol.asyncDispose]();
    }
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return Promise.reject(new HostError("closed", "OpenHands is shutting down."));
    const command = this.#lastCommand.then(work);
    this.#lastCommand = command.catch(() => undefined);
    return command;
  }

  async #send(text: string, images: readonly string[]): Promise<void> {
    const message = userMessage(text, images, this.#notes);
    const title = this.#conversation.state.title === undefined ? [titleEvent(text)] : [];
    await this.#kept.append(...title, message);
    this.#notes.length = 0;
    if (this.#conversation.state.execution_status !== "waiting_for_confirmation") this.#start();
  }

  async #endRun(): Promise<void> {
    this.#startsAgain = false;
    this.#run?.interrupt.abort(new HostError("not-possible", "Stopped by the person."));
    await this.#run?.done;
  }

  async #interrupt(): Promise<void> {
    await this.#endRun();
    const { state } = this.#conversation;
    if (state.execution_status === "waiting_for_confirmation")
      await this.#kept.append(...rejections(state.pending, "The person stopped the task."), statusEvent("paused"), interrupted);
    // A run whose end could not be saved is over all the same.
    if (state.execution_status === "running" && !this.#run)
      await this.#kept.append(...unknownOutcomes(state), statusEvent("paused"), interrupted);
  }

  async #respond({ accept, reason, remember, actionIds }: Respond): Promise<void> {
    const { events } = this.#conversation;
    // The run that asked may not be quite over when its question is heard.
    if (this.#run && events.slice(this.#run.firstSeq).some(isQuestion)) await this.#run.done;
    const { pending, execution_status, confirmation_policy } = this.#conversation.state;
    const isAsked = execution_status === "waiting_for_confirmation" && this.#run === undefined;
    if (!isAsked || !isAnswerFor(actionIds, pending))
      throw new HostError("nothing-to-confirm", "That action is not waiting for an answer any more.");
    if (accept && remember && confirmation_policy?.kind === "ConfirmRisky") this.#grants.remember(pending);
    if (!accept) await this.#kept.append(...rejections(pending, reason?.trim() || "No reason was given."), statusEvent("idle"));
    // Without a reason, what was written while it asked says what to do instead.
    if (accept || reason?.trim() || awaitsReply(this.#conversation.events)) this.#start(this.#spent);
  }

  /** A run that goes on after an answer counts on what it has `spent`. */
  #start(spent = nothingSpent()): void {
    if (this.#run?.pause.signal.aborted) this.#startsAgain = true;
    if (this.#run || this.#isClosed) return;
    this.#spent = spent;
    const interrupt = new AbortController();
    const pause = new AbortController();
    const firstSeq = this.#conversation.events.length;
    const done = this.#work(interrupt.signal, pause.signal).finally(() => {
      this.#run = undefined;
      if (!interrupt.signal.aborted && this.#isToGoOn(pause.signal.aborted)) this.#start();
    });
    this.#run = { interrupt, pause, firstSeq, done };
  }

  /** Whether the person wants more of a run that has just ended: a message can come when the run has looked for one and is not yet over. */
  #isToGoOn(wasPaused: boolean): boolean {
    const startsAgain = this.#startsAgain;
    this.#startsAgain = false;
    const { events, state } = this.#conversation;
    if (wasPaused && !startsAgain) return false;
    return state.execution_status === "paused" || (state.execution_status === "finished" && awaitsReply(events));
  }

  async #work(interrupt: AbortSignal, pause: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    this.#options.log.info("a run begins", { id: this.#conversation.id });
    try {
      await run(await this.#agent(interrupt), { interrupt, pause });
      logEnd(this.#options.log, this.#conversation, performance.now() - startedAt);
    } catch (error) {
      await (interrupt.aborted ? this.#keep(interruptedEvents(this.#conversation.state, interrupt.reason)) : this.#failed(error));
    }
  }

  /** A run that could not begin ends like one that failed; when even that cannot be written, the doors are told. */
  async #failed(error: unknown): Promise<void> {
    const cause = error instanceof Error && error.cause instanceof Error ? { cause: error.cause.message } : {};
    this.#options.log.error("a run failed", { id: this.#conversation.id, error: String(error), ...cause });
    const { state } = this.#conversation;
    await this.#keep(error instanceof RuntimeError ? notOpenedEvents(state, error) : failedEvents(state, error));
  }

  /** Where nobody waits for it. */
  async #keep(drafts: readonly EventDraft[]): Promise<void> {
    try {
      await this.#kept.append(...drafts);
    } catch (cause) {
      // That another has it now is told by the change of access.
      const isLost = cause instanceof ConversationError && cause.code === "lost";
      if (!isLost) this.#tell({ type: "trouble", conversationId: this.#conversation.id, message: messageOf(cause) });
    }
  }

  async #agent(signal: AbortSignal): Promise<Agent> {
    const { id, state, events } = this.#conversation;
    return {
      conversation: this.#kept,
      secrets: this.#secrets,
      grants: this.#grants,
      spent: this.#spent,
      emit: (passing: AgentSignal): void => this.#tell({ ...passing, conversationId: id }),
      ...(await this.#equipment.ready(state, events, signal)),
    };
  }

  #tell(notification: Notification): void {
    this.#passing.hear(notification);
    for (const listener of this.#listeners) listener(notification);
  }
}
