import type { ConversationStore } from "../conversation/store.ts";
import type { Llm } from "../llm/llm.ts";
import type { Command } from "../protocol/commands.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { Log } from "../protocol/log.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { ConversationStart, LlmRef } from "../protocol/state.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { HostError } from "./hostError.ts";
import { Session } from "./session.ts";

/** What a door gives the host: where things are kept, and how a model and a runtime are had. Both may reject with a sentence. */
export interface HostOptions {
  readonly store: ConversationStore;
  readonly openLlm: (ref: LlmRef, workingDir: string) => Promise<Llm>;
  readonly openRuntime: (workingDir: string, conversationId: ConversationId) => Promise<Runtime>;
  readonly log: Log;
}

export type NotificationListener = (notification: Notification) => void;

/**
 * The middle: commands in, notifications out. It owns the open conversations and their runs; every door talks to it and to nothing behind it.
 */
export class Host implements AsyncDisposable {
  readonly #options: HostOptions;
  readonly #sessions = new Map<ConversationId, Promise<Session>>();
  #closed = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Resolves when the command has taken effect and its events are durable; a run goes on by itself. Rejects with a HostError or ConversationError. */
  async handle(command: Command): Promise<void> {
    if (command.type === "conversation.create") {
      await this.#create(command.start);
      return;
    }
    const session = await this.#open(command.conversationId);
    switch (command.type) {
      case "message.send":
        return session.send(command.text);
      case "run.start":
        return session.start();
      case "run.pause":
        return session.pause();
      case "run.interrupt":
        return session.interrupt();
      case "confirmation.respond":
        return session.respond(command);
      case "confirmation_policy.set":
        return session.setPolicy(command.policy);
      case "llm.set":
        return session.setLlm(command.llm);
    }
  }

  /**
   * Tells `listener` every event after `afterSeq` (-1: all), then whatever comes, in order, without a gap and without a repeat.
   * The replay is done when the promise resolves. Listeners must not throw.
   */
  async subscribe(id: ConversationId, afterSeq: number, listener: NotificationListener): Promise<Disposable> {
    const session = await this.#open(id);
    return session.subscribe(afterSeq, listener);
  }

  /** Resolves when no run of the conversation is going; at once when none is. */
  async settled(id: ConversationId): Promise<void> {
    const session = await this.#open(id);
    await session.settled();
  }

  /** Stops every run (they come back as paused), ends runtimes and closes logs. After it every command is refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const sessions = await Promise.allSettled(this.#sessions.values());
    this.#sessions.clear();
    const open = sessions.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const closed = await Promise.allSettled(open.map((session) => session[Symbol.asyncDispose]()));
    for (const result of closed)
      if (result.status === "rejected") this.#options.log.error("a conversation was not closed well", { error: String(result.reason) });
  }

  async #create(start: ConversationStart): Promise<Session> {
    this.#refuseWhenClosed();
    if (this.#sessions.has(start.id)) throw new HostError("not-possible", `There is a conversation ${start.id} already.`);
    return this.#keep(start.id, async () => new Session(await this.#options.store.create(start), this.#options));
  }

  async #open(id: ConversationId): Promise<Session> {
    this.#refuseWhenClosed();
    return this.#sessions.get(id) ?? this.#keep(id, async () => Session.reopen(await this.#options.store.open(id), this.#options));
  }

  #keep(id: ConversationId, make: () => Promise<Session>): Promise<Session> {
    const session = make();
    this.#sessions.set(id, session);
    session.catch(() => this.#sessions.delete(id));
    return session;
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new HostError("closed", "OpenHands is shutting down.");
  }
}
