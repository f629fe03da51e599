import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type ChatRequest, type ChatSession, ChatUpdate } from "../protocol/chat.ts";
import { type ActionDisplay, displayAction } from "../protocol/display.ts";
import type { Notification } from "../protocol/notifications.ts";
import { type ActionRow, actionsToConfirm, initialView, reduceView, type View } from "../protocol/view.ts";
import type { ActionEvent } from "../protocol/events.ts";
import type { HostChannel } from "./vscodeApi.ts";

/** All that the view knows, as signals, and all that it can ask for. */
export interface Chat {
  readonly session: ReadonlySignal<ChatSession | undefined>;
  readonly view: ReadonlySignal<View>;
  readonly draft: Signal<string>;
  /** Whether the log follows its end. */
  readonly stick: Signal<boolean>;
  /** Why the last request could not be done; empty when nothing is wrong. */
  readonly problem: Signal<string>;
  /** Whether the person is saying why not. */
  readonly isRejecting: Signal<boolean>;
  /** A task was sent, and its conversation is not there yet. */
  readonly isStarting: ReadonlySignal<boolean>;
  /** The actions that wait for an answer, while no answer has been given. */
  readonly toConfirm: ReadonlySignal<readonly ActionEvent[]>;
  /** The folder that the conversation acts in. */
  readonly workingDir: ReadonlySignal<string>;
  /** Counts the requests to put the keyboard into the composer. */
  readonly composeRequests: ReadonlySignal<number>;
  displayOf(row: ActionRow): ActionDisplay;
  post(request: ChatRequest): void;
  /** The person's message, to this conversation or as the first one of a new one. */
  send(text: string): void;
  /** Puts the keyboard into the composer, with this text. */
  compose(text: string): void;
  answer(actions: readonly ActionEvent[], answer: Answer): void;
  run(type: "run.start" | "run.pause" | "run.interrupt"): void;
  /** A message of the extension, of any shape. */
  receive(message: unknown): void;
  /** Forgets the events and asks for them again. */
  reload(): void;
}

export type Answer = { readonly accept: true } | { readonly accept: false; readonly reason: string };

/** `schedule` runs its argument before the next frame; everything that came until then is drawn at once. */
export function createChat(host: HostChannel, schedule: (work: () => void) => void): Chat {
  const saved = host.saved();
  const session = signal<ChatSession | undefined>(undefined);
  const view = signal<View>(initialView);
  const draft = signal(saved.draft);
  const stick = signal(saved.stick);
  const problem = signal("");
  const sent = signal("");
  const isStarting = signal(false);
  const answered = signal("");
  const isRejecting = signal(false);
  const composeRequests = signal(0);
  const queue: Notification[] = [];
  let askedAfter: number | undefined;
  const conversationId = computed(() => session.value?.conversationId ?? null);
  const workingDir = computed(() => view.value.state.working_dir ?? session.value?.workingDir ?? "");
  const displays = computed(() => displayCache(workingDir.value));
  const toConfirm = computed(() => {
    const actions = actionsToConfirm(view.value);
    return idsOf(actions) === answered.value ? [] : actions;
  });

  function post(request: ChatRequest): void {
    problem.value = "";
    host.post(request);
  }

  function fold(): void {
    const id = conversationId.value;
    let next = view.value;
    for (const notification of queue.splice(0)) {
      if (notification.conversationId !== id) continue;
      if (notification.type === "event.appended" && notification.seq > next.lastSeq + 1) askAgain(next.lastSeq);
      else next = reduceView(next, notification);
    }
    view.value = next;
    if (next.state.execution_status !== "waiting_for_confirmation") {
      answered.value = "";
      isRejecting.value = false;
    }
  }

  function ask(afterSeq: number): void {
    host.post({ type: "chat.ready", conversationId: conversationId.value, afterSeq });
  }

  /** Events are missing: what came too early is dropped, and comes again with the rest. */
  function askAgain(afterSeq: number): void {
    if (askedAfter === afterSeq) return;
    askedAfter = afterSeq;
    ask(afterSeq);
  }

  function changeSession(next: ChatSession): void {
    if (next.conversationId !== conversationId.value) {
      view.value = initialView;
      askedAfter = undefined;
      answered.value = "";
      isRejecting.value = false;
      stick.value = true;
      if (next.conversationId !== null) isStarting.value = false;
    }
    session.value = next;
  }

  function fail(message: string): void {
    problem.value = message;
    answered.value = "";
    isStarting.value = false;
    if (draft.value === "") draft.value = sent.value;
    sent.value = "";
  }

  function handle(update: ChatUpdate): void {
    switch (update.type) {
      case "session":
        changeSession(update.session);
        return;
      case "notifications":
        queue.push(...update.notifications);
        schedule(() => batch(fold));
        return;
      case "failed":
        fail(update.message);
        return;
      case "compose":
        if (draft.value === "") draft.value = update.text;
        composeRequests.value++;
    }
  }

  return {
    session,
    view,
    draft,
    stick,
    problem,
    isRejecting,
    isStarting,
    toConfirm,
    workingDir,
    composeRequests,
    displayOf: (row) => displays.value(row),
    post,
    send: (text) => {
      sent.value = text;
      stick.value = true;
      const id = conversationId.value;
      isStarting.value = id === null;
      post(id === null ? { type: "task.start", text } : { type: "command", command: { type: "message.send", conversationId: id, text } });
    },
    compose: (text) => {
      draft.value = text;
      composeRequests.value++;
    },
    answer: (actions, answer) => {
      const id = conversationId.value;
      if (id === null) return;
      const reason = answer.accept || answer.reason === "" ? {} : { reason: answer.reason };
      const actionIds = actions.map((action) => action.id);
      post({ type: "command", command: { type: "confirmation.respond", conversationId: id, accept: answer.accept, ...reason, actionIds } });
      answered.value = idsOf(actions);
      isRejecting.value = false;
    },
    run: (type) => {
      const id = conversationId.value;
      if (id !== null) post({ type: "command", command: { type, conversationId: id } });
    },
    receive: (message) => {
      const update = parseUpdate(message);
      batch(() => {
        if (update !== undefined) handle(update);
        else fail("The view got a message that it cannot read. The conversation is kept.");
      });
    },
    reload: () => {
      queue.length = 0;
      askedAfter = undefined;
      view.value = initialView;
      ask(-1);
    },
  };
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
