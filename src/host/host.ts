import type { ReadableFiles } from "../agent/skills/skillFiles.ts";
import type { ConversationStore } from "../conversation/store.ts";
import type { Llm } from "../llm/llm.ts";
import type { WorkFolder } from "../llm/openLlm.ts";
import type { LlmConfig } from "../protocol/agentServer/agent.ts";
import type { Command, CommandOf } from "../protocol/commands.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { Log } from "../protocol/log.ts";
import type { RuntimeRef } from "../protocol/sandbox.ts";
import type { LlmRef } from "../protocol/state.ts";
import type { ListedConversation } from "../protocol/summary.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Tool } from "../tools/tool.ts";
import type { ToolSource, ToolSourceNeeds } from "../tools/toolSource.ts";
import type { ActivityListener, AgentHost, Followed, NotificationListener, Page } from "./agentHost.ts";
import type { AgentParts } from "./agentParts.ts";
import { HostError } from "./hostError.ts";
import { cutOff, type Glimpse, glimpseOf, type Look, lookAt } from "./mode.ts";
import { OpenConversation } from "./openConversation.ts";
import type { Session } from "./session.ts";
import { Watch } from "./watch.ts";

/** What a runtime is opened for. */
export interface RuntimeNeeds {
  readonly workingDir: string;
  /** All folders of the workspace on this machine, `workingDir` first. */
  readonly folders: readonly string[];
  readonly runtime: RuntimeRef;
  readonly conversationId: ConversationId;
  /** Hears what is being made ready, in words, such as "Starting the container"; the host clears it itself at the end. */
  readonly onPhase: (phase: string) => void;
  /** Aborts when nobody wants the runtime any more; one that is there all the same is ended at once. */
  readonly signal: AbortSignal;
}

/** What a door gives the host: where things are kept, and how a model and a runtime are had. Both may reject with a sentence. */
export interface HostOptions {
  readonly store: ConversationStore;
  /** Called again when the model is another one, the run before has failed, or `keysVersion` has changed; until then a conversation keeps what it got. */
  readonly openLlm: (ref: LlmRef, folder: WorkFolder, config?: LlmConfig) => Promise<Llm>;
  /** What makes the agent of a conversation, where that is not the usual one; asked before each run. */
  readonly agentOf?: (id: ConversationId) => Promise<AgentParts>;
  /** Another number whenever a key has been set or removed. */
  readonly keysVersion?: () => number;
  readonly openRuntime: (needs: RuntimeNeeds) => Promise<Runtime>;
  /** Each run waits for its turn, which is over with it; absent: all begin at once. Rejects with the signal's reason. */
  readonly takeTurn?: (signal: AbortSignal) => Promise<Disposable>;
  /** The person's home folder on this machine, where their own skills are; absent: none are read. */
  readonly home?: { readonly files: ReadableFiles; readonly folder: string };
  /** Tools beside the usual ones, made anew for each conversation. */
  readonly moreTools?: () => readonly Tool[];
  /** Connects to the servers that an agent's parts name, when the agent is first made; absent: they have no tools here. It ends with the conversation. */
  readonly openToolSource?: (needs: ToolSourceNeeds) => Promise<ToolSource>;
  readonly log: Log;
  /** A command waits so long for another window that has the conversation, because that may be about to end; eight seconds unless told. */
  readonly patienceMs?: number;
  /** After so long without any use, a conversation closes that holds a runtime; half an hour unless told. One that holds nothing closes at once. */
  readonly idleMs?: number;
}

type SessionCommand = Exclude<Command, CommandOf<"conversation.create" | StoreCommandType>>;
type StoreCommandType = `conversation.${"delete" | "restore" | "fork" | "take_over"}`;

/**
 * The middle, where agents work on this machine. It owns the open conversations and their runs; every door talks to it and to nothing behind it.
 */
export class Host implements AgentHost {
  readonly #options: HostOptions;
  readonly #open = new Map<ConversationId, OpenConversation>();
  readonly #watch: Watch;
  readonly #deleting = new Map<ConversationId, Promise<void>>();
  #closed = false;
  #hasStarted = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#watch = new Watch(options.log);
  }

  async handle(command: Command): Promise<void> {
    this.#refuseWhenClosed();
    switch (command.type) {
      case "conversation.create":
        return this.#create(command);
      case "conversation.take_over":
        return this.#use(command.conversationId, (open) => open.takeOver());
      case "conversation.delete":
        return this.#delete(command.conversationId);
      case "conversation.restore":
        return this.#options.store.restore(command.conversationId);
      case "conversation.fork":
        return this.#options.store.fork(command.conversationId, command.forkId, command);
      default:
        return this.#use(command.conversationId, async (open) => this.#command(await open.session(), command));
    }
  }

  subscribe(id: ConversationId, afterSeq: number, listener: NotificationListener): Promise<Disposable> {
    return this.#use(id, (open) => open.subscribe(afterSeq, listener));
  }

  follow(id: ConversationId, { limit }: { readonly limit: number }, listener: NotificationListener): Promise<Followed> {
    return this.#use(id, (open) => open.follow(limit, listener));
  }

  /** How the conversation is now, and whether somebody else writes to it. Rejects with `not-found`. */
  look(id: ConversationId): Promise<Look> {
    return this.#use(id, async (open) => lookAt(await open.readable()));
  }

  /** How the conversation is, which is not opened for it where nobody uses it; undefined when there is none, or nothing is in it. */
  async glance(id: ConversationId): Promise<Glimpse | undefined> {
    this.#refuseWhenClosed();
    if (this.#open.has(id)) return this.#use(id, async (open) => glimpseOf(await open.readable()));
    const glance = await this.#options.store.glance(id);
    return glance && cutOff(glance);
  }

  watch(listener: ActivityListener): Disposable {
    return this.#watch.add(listener);
  }

  /** Read from the disk where they are not in memory. */
  async page(id: ConversationId, { beforeSeq = Infinity, limit }: { readonly beforeSeq?: number; readonly limit: number }): Promise<Page> {
    return this.#use(id, async (open) => {
      const conversation = await open.readable();
      const { count } = conversation;
      const end = Math.min(Math.max(beforeSeq, 0), count);
      const firstSeq = Math.max(0, end - limit);
      return { events: await conversation.read(firstSeq, end), firstSeq, count };
    });
  }

  /**
   * What the conversation's model answers to a question about it. Nothing of it is kept but what it cost, and a run goes on meanwhile. Rejects
   * with a sentence, or with the signal's reason.
   */
  ask(id: ConversationId, question: string, signal: AbortSignal): Promise<string> {
    return this.#use(id, async (open) => (await open.session()).ask(question, signal));
  }

  async list(): Promise<ListedConversation[]> {
    this.#refuseWhenClosed();
    this.#startUp();
    return this.#options.store.list();
  }

  settled(id: ConversationId): Promise<void> {
    return this.#use(id, (open) => open.settled());
  }

  /** Stops every run (they come back as paused), ends runtimes and closes logs. After it every command is refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const open = [...this.#open.values()];
    this.#open.clear();
    const closed = await Promise.allSettled(open.map((conversation) => conversation[Symbol.asyncDispose]()));
    for (const result of closed)
      if (result.status === "rejected") this.#options.log.error("a conversation was not closed well", { error: String(result.reason) });
  }

  async #command(session: Session, command: SessionCommand): Promise<void> {
    switch (command.type) {
      case "conversation.rename":
      case "confirmation_policy.set":
      case "llm.set":
      case "limits.set":
      case "runtime.set":
      case "secrets.set":
      case "state.set":
      case "security_analyzer.set":
        return session.change(command);
      case "head.set":
        return session.setHead(command.eventId);
      case "conversation.condense":
        return session.condense();
      case "runtime.end":
        return session.endRuntime();
      case "message.send":
        return session.send(command);
      case "note.add":
        return session.addNote(command.text);
      case "run.start":
        return session.start();
      case "run.pause":
        return session.pause();
      case "run.interrupt":
        return session.interrupt();
      case "confirmation.respond":
        return session.respond(command);
    }
  }

  async #create({ start }: CommandOf<"conversation.create">): Promise<void> {
    await this.#use(start.id, (open) => open.create(start));
  }

  /** Asked again while it goes, it is deleted once. */
  #delete(id: ConversationId): Promise<void> {
    const deleting = this.#deleting.get(id) ?? this.#deleteNow(id).finally(() => this.#deleting.delete(id));
    this.#deleting.set(id, deleting);
    return deleting;
  }

  /** Its run is stopped first; a run in another window finds that it can append nothing more. */
  async #deleteNow(id: ConversationId): Promise<void> {
    const open = this.#open.get(id);
    this.#open.delete(id);
    await open?.close();
    await this.#options.store.delete(id);
    open?.tell({ type: "conversation.deleted", conversationId: id });
    await open?.[Symbol.asyncDispose]();
  }

  async #use<Result>(id: ConversationId, work: (open: OpenConversation) => Promise<Result>): Promise<Result> {
    this.#refuseWhenClosed();
    this.#startUp();
    return this.#opened(id).use(work);
  }

  /** It opens when it is first used. */
  #opened(id: ConversationId): OpenConversation {
    const known = this.#open.get(id);
    if (known) return known;
    const forget = (): void => void (this.#open.get(id) === open && this.#open.delete(id));
    const open = new OpenConversation(id, { ...this.#options, watch: this.#watch, forget });
    this.#open.set(id, open);
    return open;
  }

  /** What was deleted long ago goes, once in a host's life. */
  #startUp(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#options.store
      .emptyTrash()
      .catch((error: unknown) => this.#options.log.warn("the trash was not emptied", { error: String(error) }));
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new HostError("closed", "OpenHands is shutting down.");
  }
}
