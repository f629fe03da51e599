import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type ChatRequest, type ChatSession, ChatUpdate } from "../protocol/chat.ts";
import { type ActionDisplay, displayAction } from "../protocol/display.ts";
import type { ActionEvent } from "../protocol/events.ts";
import type { Notification } from "../protocol/notifications.ts";
import { type ActionRow, actionsToConfirm, initialView, reduceView, type View } from "../protocol/view.ts";
import type { Anchor, HostChannel } from "./vscodeApi.ts";

export type Answer = { readonly accept: true } | { readonly accept: false; readonly reason: string };

/** Runs its argument before the next frame; everything that comes until then is drawn at once. */
export type Schedule = (work: () => void) => void;

/** All that the view knows, as signals, and all that it can ask for. */
export class Chat {
  /** Undefined until the extension has said what is true. */
  readonly session = signal<ChatSession | undefined>(undefined);
  readonly view = signal<View>(initialView);
  readonly draft: Signal<string>;
  /** Whether the log follows its end. */
  readonly stick: Signal<boolean>;
  /** What is being read, while the log does not follow its end. */
  readonly anchor: Signal<Anchor | undefined>;
  /** Why the last request could not be done; empty when nothing is wrong. */
  readonly problem = signal("");
  /** A task was sent, and its conversation is not there yet. */
  readonly isStarting = signal(false);
  /** A pause was asked for, and the step that runs is not over. */
  readonly isPausing = signal(false);
  /** Whether the person is saying why not. */
  readonly isRejecting = signal(false);
  /** Counts the requests to put the keyboard into the composer. */
  readonly composeRequests = signal(0);
  /** The folder that the conversation acts in. */
  readonly workingDir = computed(() => this.view.value.state.working_dir ?? this.session.value?.workingDir ?? "");
  /** The actions that wait for an answer, while no answer has been given. */
  readonly toConfirm: ReadonlySignal<readonly ActionEvent[]> = computed(() => {
    const actions = actionsToConfirm(this.view.value);
    return idsOf(actions) === this.#answered.value ? [] : actions;
  });
  /** The words for a row, made once. */
  readonly displayOf = (row: ActionRow): ActionDisplay => this.#displays.value(row);

  readonly #host: HostChannel;
  readonly #schedule: Schedule;
  readonly #queue: Notification[] = [];
  readonly #answered = signal("");
  readonly #displays = computed(() => displayCache(this.workingDir.value));
  /** What was sent last, until it is known whether that worked. */
  #sent = "";
  /** The last event before a gap that has been asked about. */
  #askedAfter: number | undefined;

  constructor(host: HostChannel, schedule: Schedule) {
    const saved = host.saved();
    this.draft = signal(saved.draft);
    this.stick = signal(saved.stick);
    this.anchor = signal(saved.anchor);
    this.#host = host;
    this.#schedule = schedule;
  }

  post(request: ChatRequest): void {
    this.problem.value = "";
    this.#host.post(request);
  }

  /** The person's message: to this conversation, or as the first one of a new one. */
  send(text: string): void {
    const id = this.#conversationId;
    this.#sent = text;
    this.stick.value = true;
    this.isStarting.value = id === null;
    this.post(
      id === null ? { type: "task.start", text } : { type: "command", command: { type: "message.send", conversationId: id, text } },
    );
  }

  /** Puts the keyboard into the composer, with this text. */
  compose(text: string): void {
    this.draft.value = text;
    this.composeRequests.value++;
  }

  /** Answers for exactly these actions, and takes the question away. */
  answer(actions: readonly ActionEvent[], answer: Answer): void {
    const conversationId = this.#conversationId;
    if (conversationId === null) return;
    const { accept } = answer;
    const reason = answer.accept || answer.reason === "" ? {} : { reason: answer.reason };
    const actionIds = actions.map((action) => action.id);
    this.post({ type: "command", command: { type: "confirmation.respond", conversationId, accept, ...reason, actionIds } });
    this.#answered.value = idsOf(actions);
    this.isRejecting.value = false;
  }

  run(type: "run.start" | "run.pause" | "run.interrupt"): void {
    const conversationId = this.#conversationId;
    if (conversationId === null) return;
    this.post({ type: "command", command: { type, conversationId } });
    this.isPausing.value = type === "run.pause";
  }

  /** A message of the extension, of any shape. */
  receive(message: unknown): void {
    const update = parseUpdate(message);
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

  get #conversationId(): ChatSession["conversationId"] {
    return this.session.value?.conversationId ?? null;
  }

  #handle(update: ChatUpdate): void {
    switch (update.type) {
      case "session":
        this.#changeSession(update.session);
        return;
      case "notifications":
        this.#queue.push(...update.notifications);
        this.#schedule(() => batch(() => this.#fold()));
        return;
      case "failed":
        this.#fail(update.message);
        return;
      case "compose":
        this.compose(this.draft.value === "" ? update.text : this.draft.value);
        return;
      case "insert":
        this.compose(this.draft.value.trimEnd() === "" ? update.text : `${this.draft.value.trimEnd()}\n${update.text}`);
    }
  }

  #changeSession(session: ChatSession): void {
    if (session.conversationId !== this.#conversationId) {
      this.#forget();
      if (this.session.value !== undefined) this.stick.value = true;
      if (session.conversationId !== null) this.isStarting.value = false;
    }
    this.session.value = session;
  }

  #forget(): void {
    this.#askedAfter = undefined;
    this.view.value = initialView;
    this.#answered.value = "";
    this.isRejecting.value = false;
    this.isPausing.value = false;
  }

  #fold(): void {
    const id = this.#conversationId;
    let next = this.view.value;
    for (const notification of this.#queue.splice(0)) {
      if (notification.conversationId !== id) continue;
      if (notification.type === "event.appended" && notification.seq > next.lastSeq + 1) this.#askAgain(next.lastSeq);
      else next = reduceView(next, notification);
    }
    if (next.state.last_user_message_id !== this.view.value.state.last_user_message_id) this.#sent = "";
    this.view.value = next;
    if (next.state.execution_status !== "running") this.isPausing.value = false;
    if (next.state.execution_status === "waiting_for_confirmation") return;
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
    this.#host.post({ type: "chat.ready", conversationId: this.#conversationId, afterSeq });
  }

  #fail(message: string): void {
    this.problem.value = message;
    this.#answered.value = "";
    this.isStarting.value = false;
    this.isPausing.value = false;
    if (this.draft.value === "") this.draft.value = this.#sent;
    this.#sent = "";
  }
}

function idsOf(actions: readonly ActionEvent[]): string {
  return actions.map((action) => action.id).join(" ");
}

function parseUpdate(message: unknown): ChatUpdate | undefined {
  try {
    return ChatUpdate.parse(message);
  } catch {
    // Because what is wrong inside an event is thrown, not collected.
    return undefined;
  }
}

/** A row never changes, so its words are made once. */
function displayCache(workingDir: string): (row: ActionRow) => ActionDisplay {
  const known = new WeakMap<ActionRow, ActionDisplay>();
  return (row) => {
    const display = known.get(row) ?? displayAction(row, workingDir);
    known.set(row, display);
    return display;
  };
}
