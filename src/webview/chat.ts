import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ChangedFile, ChatRequest, ChatSession, ChatUpdate, Picture } from "../protocol/chat.ts";
import type { ActionDisplay } from "../protocol/display.ts";
import type { ActionEvent } from "../protocol/events.ts";
import type { Notification } from "../protocol/notifications.ts";
import { type ActionRow, actionsToConfirm, initialView, reduceView, type View, withEarlier } from "../protocol/view.ts";
import { Answers } from "./answers.ts";
import type { ChatCommand } from "./chatCommand.ts";
import { CodeColours } from "./codeColours.ts";
import { displayCache, foldersOf } from "./displayCache.ts";
import { Draft } from "./draft.ts";
import { knownFiles } from "./fileLinks.ts";
import { reloaded } from "./reloaded.ts";
import { type Anchor, type HostChannel, isSavedFor, readUpdate, type SavedState } from "./vscodeApi.ts";

/** With `remember`, exactly these commands need no answer again in this conversation. */
export type Answer = { readonly accept: true; readonly remember?: boolean } | { readonly accept: false; readonly reason: string };

/** Where a command of the palette moves the keyboard. */
export type Move = Pick<Extract<ChatUpdate, { type: "move" }>, "to">;

/** Until the extension has looked at the files. */
export const noChanges: readonly ChangedFile[] = [];

/** Runs its argument before the next frame; everything that comes until then is drawn at once. */
export type Schedule = (work: () => void) => void;

/** All that the view knows, as signals, and all that it can ask for. */
export class Chat {
  /** Undefined until the extension has said what is true. */
  readonly session = signal<ChatSession | undefined>(undefined);
  readonly view = signal<View>(initialView);
  /** The files that the conversation has changed, as they are now. */
  readonly changes = signal(noChanges);
  /** What is in the composer and not sent. */
  readonly draft: Signal<string>;
  readonly pictures: Signal<readonly Picture[]>;
  /** Whether the log follows its end. */
  readonly stick: Signal<boolean>;
  /** What is being read, while the log does not follow its end. */
  readonly anchor: Signal<Anchor | undefined>;
  /** Older events were asked for, and are not there yet. */
  readonly isLoadingEarlier = signal(false);
  /** Why the last request could not be done; empty when nothing is wrong. */
  readonly problem = signal("");
  /** The task that was sent, until its conversation is there; undefined otherwise. */
  readonly starting = signal<{ readonly text: string; readonly images: readonly string[] } | undefined>(undefined);
  /** A pause was asked for, and the step that runs is not over. */
  readonly isPausing = signal(false);
  /** Whether the person is saying why not. */
  readonly isRejecting = signal(false);
  /** Counts the requests to put the keyboard into the composer. */
  readonly composeRequests = signal(0);
  /** The latest move that a command of the palette has asked for: a new object each time. */
  readonly moves = signal<Move | undefined>(undefined);
  readonly colours: CodeColours;
  /** Null while a new conversation begins with the next task, and before the extension has said anything. */
  readonly conversationId = computed(() => this.session.value?.conversationId ?? null);
  /** All folders that it may act in; the paths of an action are shown below them. */
  readonly folders: ReadonlySignal<readonly string[]> = computed(() => this.#folderNames.value.split("\0"));
  /** The actions that wait for an answer, while no answer has been given. */
  readonly toConfirm: ReadonlySignal<readonly ActionEvent[]> = computed(() => {
    const actions = actionsToConfirm(this.view.value);
    return idsOf(actions) === this.#answered.value ? [] : actions;
  });
  /** What names in the agent's words mean a file of this conversation. */
  readonly files = computed(() => knownFiles(this.#rows.value, this.changes.value, this.folders.value));
  /** The words for a row, made once. */
  readonly displayOf = (row: ActionRow): ActionDisplay => this.#displays.value(row);

  readonly #host: HostChannel;
  readonly #schedule: Schedule;
  readonly #kept: SavedState;
  readonly #draft: Draft;
  readonly #queue: Notification[] = [];
  readonly #answered = signal("");
  /** As one text, because a new list of the same folders would have all words made again. */
  readonly #folderNames = computed(() => foldersOf(this.view.value, this.session.value).join("\0"));
  readonly #displays = computed(() => displayCache(this.folders.value));
  readonly #rows = computed(() => this.view.value.rows);
  readonly #found = new Answers<readonly string[]>();
  /** The last event before a gap that has been asked about. */
  #askedAfter: number | undefined;

  constructor(host: HostChannel, schedule: Schedule) {
    this.#kept = host.saved();
    this.#draft = new Draft(host, this.#kept);
    this.draft = this.#draft.text;
    this.pictures = this.#draft.pictures;
    this.stick = signal(this.#kept.stick);
    this.anchor = signal(this.#kept.anchor);
    this.#host = host;
    this.colours = new CodeColours(host);
    this.#schedule = schedule;
  }

  post(request: ChatRequest): void {
    this.problem.value = "";
    this.#host.post(request);
  }

  /** To the conversation that is shown; nothing happens while there is none. */
  command(command: ChatCommand): void {
    const conversationId = this.conversationId.peek();
    if (conversationId !== null) this.post({ type: "command", command: { ...command, conversationId } });
  }

  /** The person's message: to this conversation, or as the first one of a new one. */
  send(text: string, pictures: readonly Picture[] = []): void {
    const isNew = this.conversationId.peek() === null;
    const images = pictures.map(({ url }) => url);
    const content = { text, ...(images.length === 0 ? {} : { images }) };
    this.#draft.sent(text, pictures);
    this.stick.value = true;
    this.starting.value = isNew ? { text, images } : undefined;
    if (isNew) this.post({ type: "task.start", ...content });
    else this.command({ type: "message.send", ...content });
  }

  /** Puts the keyboard into the composer, with this text. */
  compose(text: string): void {
    this.draft.value = text;
    this.composeRequests.value++;
  }

  /** Answers for exactly these actions, and takes the question away. */
  answer(actions: readonly ActionEvent[], answer: Answer): void {
    const details = answer.accept ? (answer.remember ? { remember: true } : {}) : answer.reason === "" ? {} : { reason: answer.reason };
    this.command({ type: "confirmation.respond", accept: answer.accept, ...details, actionIds: actions.map((action) => action.id) });
    this.#answered.value = idsOf(actions);
    this.isRejecting.value = false;
  }

  /** Answers the question that is shown, if there is one. */
  answerAll(accept: boolean): boolean {
    const actions = this.toConfirm.peek();
    if (actions.length > 0) this.answer(actions, accept ? { accept } : { accept, reason: "" });
    return actions.length > 0;
  }

  run(type: "run.start" | "run.pause" | "run.interrupt"): void {
    this.command({ type });
    this.isPausing.value = type === "run.pause";
  }

  /** Asks once for the events before those that are there. */
  loadEarlier(): void {
    const conversationId = this.conversationId.peek();
    const { firstSeq } = this.view.peek();
    if (conversationId === null || firstSeq === 0 || this.isLoadingEarlier.peek()) return;
    this.isLoadingEarlier.value = true;
    this.#host.post({ type: "events.before", conversationId, beforeSeq: firstSeq });
  }

  /** Paths of the workspace for `query`, best first; undefined when nobody answers. */
  findFiles(query: string): Promise<readonly string[] | undefined> {
    return this.#found.ask((requestId) => this.#host.post({ type: "files.find", requestId, query }));
  }

  /** A message of the extension, of any shape. */
  receive(message: unknown): void {
    const update = readUpdate(message);
    batch(() => {
      if (update !== undefined) this.#handle(update);
      else this.#fail("The view got a message that it cannot read. The conversation is kept.");
    });
  }

  /** Forgets the events and asks for them again. */
  reload(): void {
    this.#forget();
    this.#ask(-1);
  }

  #handle(update: ChatUpdate): void {
    switch (update.type) {
      case "session":
        return this.#changeSession(update.session);
      case "snapshot":
      case "page":
      case "changes":
        if (update.conversationId === this.conversationId.peek()) this.#load(update);
        return undefined;
      case "pictures":
        return this.#draft.bringBack(update.conversationId, update.pictures);
      case "notifications":
        this.#queue.push(...update.notifications);
        return this.#schedule(() => batch(() => this.#fold()));
      case "failed":
        return this.#fail(update.message, update.isUnsent);
      case "compose":
        return this.compose(this.draft.value === "" ? update.text : this.draft.value);
      case "insert":
        return this.compose(this.draft.value.trimEnd() === "" ? update.text : `${this.draft.value.trimEnd()}\n${update.text}`);
      case "answer":
        return void this.answerAll(update.accept);
      case "move":
        this.moves.value = { to: update.to };
        return undefined;
      case "files.found":
        return this.#found.give(update.requestId, update.paths);
      case "code.highlighted":
        return this.colours.give(update.requestId, update.lines);
      case "theme.changed":
        this.colours.changeTheme();
    }
  }

  #changeSession(session: ChatSession): void {
    const { conversationId } = session;
    const isFirst = this.session.value === undefined;
    if (!isFirst && session.readiness !== this.session.value?.readiness) this.problem.value = "";
    if (isFirst || conversationId !== this.conversationId.peek()) {
      this.#draft.change(session, this.starting.value !== undefined);
      this.#forget();
      if (!isFirst || !isSavedFor(this.#kept, conversationId)) {
        this.stick.value = true;
        this.anchor.value = undefined;
      }
      if (conversationId !== null) this.starting.value = undefined;
    }
    this.session.value = session;
  }

  #load(update: Extract<ChatUpdate, { type: "snapshot" | "page" | "changes" }>): void {
    switch (update.type) {
      case "snapshot":
        this.#fold();
        this.view.value = reloaded(this.view.value, update.snapshot);
        this.#askedAfter = undefined;
        return this.#settle();
      case "page":
        this.#fold();
        this.view.value = withEarlier(this.view.value, update.firstSeq, update.events);
        this.isLoadingEarlier.value = false;
        return undefined;
      case "changes":
        this.changes.value = update.files;
    }
  }

  #forget(): void {
    this.#askedAfter = undefined;
    this.#found.giveUp();
    this.colours.forget();
    this.view.value = initialView;
    this.changes.value = noChanges;
    this.#answered.value = "";
    this.isRejecting.value = false;
    this.isPausing.value = false;
    this.isLoadingEarlier.value = false;
  }

  #fold(): void {
    if (this.#queue.length === 0) return;
    const id = this.conversationId.peek();
    let next = this.view.value;
    for (const notification of this.#queue.splice(0)) {
      if (notification.conversationId !== id) continue;
      if (notification.type === "event.appended" && notification.seq > next.lastSeq + 1) this.#askAgain(next.lastSeq);
      else next = reduceView(next, notification);
    }
    if (next.state.last_user_message_id !== this.view.value.state.last_user_message_id) this.#draft.arrived();
    this.view.value = next;
    this.#settle();
  }

  /** What was asked of the person, or by them, may be over. */
  #settle(): void {
    const { execution_status } = this.view.value.state;
    if (execution_status !== "running") this.isPausing.value = false;
    if (execution_status === "waiting_for_confirmation") return;
    this.#answered.value = "";
    this.isRejecting.value = false;
  }

  /** Events are missing: what came too early is dropped, and comes again with the rest. */
  #askAgain(afterSeq: number): void {
    if (this.#askedAfter === afterSeq) return;
    this.#askedAfter = afterSeq;
    this.#ask(afterSeq);
  }

  #ask(afterSeq: number): void {
    this.#host.post({ type: "chat.ready", conversationId: this.conversationId.peek(), afterSeq });
  }

  #fail(message: string, isUnsent = false): void {
    this.problem.value = message;
    this.#answered.value = "";
    this.starting.value = undefined;
    this.isPausing.value = false;
    this.isLoadingEarlier.value = false;
    if (isUnsent) this.#draft.giveBack();
  }
}

function idsOf(actions: readonly ActionEvent[]): string {
  return actions.map((action) => action.id).join(" ");
}
