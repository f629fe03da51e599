import { unknownOutcomes } from "../agent/calls.ts";
import { HostClosing, interrupted, statusEvent } from "../agent/endings.ts";
import { Grants } from "../agent/grants.ts";
import { type AgentConversation, maskedConversation } from "../agent/maskedConversation.ts";
import { recover } from "../agent/recover.ts";
import { Secrets } from "../agent/secrets.ts";
import { hasUnread } from "../agent/wantsReply.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { newEventId, stateUpdate } from "../conversation/stamp.ts";
import { awaitsReply } from "../llm/chatHistory.ts";
import type { CommandOf } from "../protocol/commands.ts";
import type { Notification } from "../protocol/notifications.ts";
import { shownFolders } from "../protocol/sandbox.ts";
import type { ConversationState } from "../protocol/state.ts";
import type { NotificationListener } from "./agentHost.ts";
import { askAside } from "./askAside.ts";
import { Equipment } from "./equipment.ts";
import { Guidance } from "./guidance.ts";
import type { HostOptions } from "./host.ts";
import { HostError } from "./hostError.ts";
import { titleEvent, userMessage } from "./messages.ts";
import { Passing } from "./passing.ts";
import { isAnswerFor, isQuestion, rejections } from "./questions.ts";
import { Runs } from "./runs.ts";
import { headEvents, noteOfRuntime, type StateCommand, stateChanges } from "./stateChanges.ts";

type Sent = Pick<CommandOf<"message.send">, "text" | "images" | "run">;
type Respond = Pick<CommandOf<"confirmation.respond">, "accept" | "reason" | "remember" | "actionIds" | "run">;

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
  readonly #guidance: Guidance;
  readonly #passing: Passing;
  readonly #runs: Runs;
  /** For the model, with the next message. */
  readonly #notes: string[] = [];
  #lastCommand: Promise<void> = Promise.resolve();
  /** Aborts when a message shall wait no longer for what stands before it. */
  #preparing = new AbortController();
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
    const tell = (notification: Notification): void => this.#tell(notification);
    const shared = { kept: this.#kept, secrets: this.#secrets, options };
    this.#guidance = new Guidance(shared);
    this.#runs = new Runs({ ...shared, grants: this.#grants, equipment: this.#equipment, guidance: this.#guidance, tell });
    conversation.onAppended((event, seq) => {
      this.#runs.hear(event);
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
    return this.#runs.isRunning;
  }

  /** Whether closing it would lose what is in no log: a shell, what tools are served by, the values of secrets, notes. */
  get holdsMore(): boolean {
    return this.#equipment.isInUse || this.#secrets.names.length > 0 || this.#notes.length > 0;
  }

  /** Tells what is passing by right now, and then what comes. `listener` must not throw. */
  listen(listener: NotificationListener): Disposable {
    for (const notification of this.#passing.told()) listener(notification);
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  settled(): Promise<void> {
    return this.#runs.settled();
  }

  /** A run that is going reads the message at its next step; while an answer is awaited the message waits too. */
  async send(message: Sent): Promise<void> {
    await this.#inOrder(() => this.#send(message));
    await this.#begun();
  }

  addNote(text: string): void {
    this.#notes.push(text);
  }

  async start(): Promise<void> {
    await this.#inOrder(async () => {
      const { execution_status } = this.#conversation.state;
      if (execution_status === "waiting_for_confirmation")
        throw new HostError("not-possible", "The agent waits for your answer: allow or reject first.");
      if (execution_status !== "finished" || hasUnread(this.#kept.events)) this.#runs.start();
    });
    await this.#begun();
  }

  /** A conversation that only stands there is paused at once. */
  pause(): Promise<void> {
    return this.#inOrder(async () => {
      this.#runs.pause();
      await this.#pauseIdle();
    });
  }

  /** Resolves when the run has ended. What waited for an answer is rejected. */
  interrupt(): Promise<void> {
    this.#preparing.abort(new HostError("not-possible", "Stopped by the person."));
    this.#preparing = new AbortController();
    return this.#inOrder(() => this.#interrupt());
  }

  async respond(answer: Respond): Promise<void> {
    await this.#inOrder(() => this.#respond(answer));
    await this.#begun();
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

  /** The next event follows the event `id`; null: it begins anew. What waited for an answer is rejected. */
  setHead(id: string | null): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#runs.isRunning) throw new HostError("not-possible", "The agent is at work: pause or stop it first, then go back.");
      const { state, events } = this.#conversation;
      await this.#kept.append(...headEvents(id, state, events));
      // What they remember is of another branch.
      this.#equipment.forgetTools();
    });
  }

  /** Resolves when it is shorter, or when the run that is going will make it so. */
  async condense(): Promise<void> {
    const { done } = await this.#inOrder(() => this.#runs.condense());
    await done;
  }

  /** The model's answer to a question about the conversation, of which nothing is kept but what it cost. */
  ask(question: string, signal: AbortSignal): Promise<string> {
    return askAside(
      { conversation: this.#kept, secrets: this.#secrets, tools: this.#equipment.tools, llm: () => this.#runs.llm() },
      question,
      signal,
    );
  }

  /** The run that uses it ends first; the next one opens another. */
  endRuntime(): Promise<void> {
    return this.#inOrder(async () => {
      await this.#runs.end();
      await this.#equipment.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#preparing.abort(new HostClosing());
    await this.#runs.close();
    await this.#lastCommand;
    this.#listeners.clear();
    await this.#guidance.end();
    try {
      await this.#equipment[Symbol.asyncDispose]();
    } finally {
      await this.#conversation[Symbol.asyncDispose]();
    }
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new HostError("closed", "OpenHands is shutting down."));
    const command = this.#lastCommand.then(work);
    this.#lastCommand = command.then(
      () => undefined,
      () => undefined,
    );
    return command;
  }

  async #send({ text, images = [], run = true }: Sent): Promise<void> {
    const { state } = this.#conversation;
    const id = newEventId();
    const said = userMessage(text, images, this.#notes);
    const title = state.title === undefined ? [titleEvent(text)] : [];
    const isHosted = this.#options.agentOf !== undefined;
    const { signal } = this.#preparing;
    const prompt = isHosted ? await this.#runs.prepared(signal) : [];
    const { before, after, activated_skills, extended_content } = await this.#guidance.message(text, id, signal);
    const message = { ...said, id, activated_skills, extended_content: [...said.extended_content, ...extended_content] };
    // Before anybody hears of it.
    if (!run) this.#runs.keepOnly(id);
    const noted = isHosted ? [stateUpdate("last_user_message_id", id)] : [];
    // Whoever waits for the end of a run that a client asked for must not take the one before for it.
    const reopened = isHosted && isOver(this.#conversation.state) ? [statusEvent("idle")] : [];
    await this.#kept.append(...title, ...prompt, ...before, message, ...after, ...noted, ...reopened);
    this.#notes.length = 0;
    const { state: now } = this.#conversation;
    if (run) return now.execution_status === "waiting_for_confirmation" ? undefined : this.#runs.start();
    if (isOver(now)) await this.#kept.append(statusEvent("idle"));
  }

  /** A client that looks next must see that something goes on, and not that it is over. A door of ours hears it when it happens. */
  async #begun(): Promise<void> {
    if (this.#options.agentOf !== undefined) await this.#runs.begun();
  }

  async #pauseIdle(): Promise<void> {
    if (this.#runs.isRunning || this.#conversation.state.execution_status !== "idle") return;
    await this.#kept.append(statusEvent("paused"), { kind: "PauseEvent", source: "user" });
  }

  async #interrupt(): Promise<void> {
    await this.#runs.end();
    const { state } = this.#conversation;
    if (state.execution_status === "waiting_for_confirmation")
      await this.#kept.append(...rejections(state.pending, "The person stopped the task."), statusEvent("paused"), interrupted);
    // A run whose end could not be saved is over all the same.
    if (state.execution_status === "running" && !this.#runs.isRunning)
      await this.#kept.append(...unknownOutcomes(state), statusEvent("paused"), interrupted);
    await this.#pauseIdle();
  }

  async #respond({ accept, reason, remember, actionIds, run = true }: Respond): Promise<void> {
    // The run that asked may not be quite over when its question is heard.
    if (this.#kept.events.slice(this.#runs.firstSeq ?? Infinity).some(isQuestion)) await this.#runs.ended();
    const { pending, execution_status, confirmation_policy } = this.#conversation.state;
    const isAsked = execution_status === "waiting_for_confirmation" && !this.#runs.isRunning;
    if (!isAsked || !isAnswerFor(actionIds, pending))
      throw new HostError("nothing-to-confirm", "That action is not waiting for an answer any more.");
    if (accept && remember && confirmation_policy?.kind === "ConfirmRisky") this.#grants.remember(pending);
    if (!accept) await this.#kept.append(...rejections(pending, reason?.trim() || "No reason was given."), statusEvent("idle"));
    if (!accept && !run) return;
    // Without a reason, what was written while it asked says what to do instead.
    if (accept || reason?.trim() || awaitsReply(this.#kept.events)) this.#runs.goOn();
  }

  #tell(notification: Notification): void {
    this.#passing.hear(notification);
    for (const listener of this.#listeners) listener(notification);
  }
}

function isOver({ execution_status: status }: ConversationState): boolean {
  return status === "finished" || status === "stuck";
}
