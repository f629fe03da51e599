import type * as vscode from "vscode";
import { ConversationError } from "../../conversation/conversationError.ts";
import { type ChatRequest, type ChatUpdate, isMessage } from "../../protocol/chat.ts";
import type { CommandOf, PageCommand } from "../../protocol/commands.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { RuntimeRef } from "../../protocol/sandbox.ts";
import { type ConversationState, initialState } from "../../protocol/state.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Column } from "../edits/edits.ts";
import { type FollowedSettings, settingCommands } from "../modelChoice.ts";
import { filesAtHand } from "../sandboxes/agentFiles.ts";
import { newRuntime } from "../sandboxes/newRuntime.ts";
import { NotOpenHere } from "../workspace.ts";
import { ChangedFiles } from "./changedFiles.ts";
import type { ChatParts } from "./chatParts.ts";
import { runDoorCommand } from "./doorCommands.ts";
import { Feed } from "./feed.ts";
import { newConversation } from "./newConversation.ts";
import { type OpenRequest, openFor } from "./openers.ts";
import { readinessOf, sessionOf } from "./surroundings.ts";

/** Where a chat is shown, as far as the chat knows it. */
export interface ChatFace {
  /** Where editors are opened from here. */
  readonly column: Column;
  post(update: ChatUpdate): void;
  /** It shows another conversation, or a new one, from now on. */
  onShown(id: ConversationId | null): void;
  /** The person has done something here. */
  onUsed(): void;
  /** Where the conversation acts is known, or is another; or a step is over, which may have changed files there. */
  onStep(): void;
}

/** One place where a conversation is shown, or where a new one begins: what its page is told, and what the page asks for. */
export class Chat implements vscode.Disposable {
  readonly #parts: ChatParts;
  readonly #face: ChatFace;
  readonly #subscriptions: vscode.Disposable[];
  readonly #ended = new AbortController();
  #conversationId: ConversationId | null;
  #feed: Feed | undefined;
  #state: ConversationState = initialState;
  #changed: ChangedFiles;
  #followed: FollowedSettings;
  /** The page can be told something. */
  #isListening = false;
  readonly #forLater: ChatUpdate[] = [];

  constructor(parts: ChatParts, face: ChatFace, conversationId: ConversationId | null) {
    this.#parts = parts;
    this.#face = face;
    this.#conversationId = conversationId;
    this.#changed = new ChangedFiles();
    this.#followed = followedOf(parts.models);
    this.#subscriptions = [
      parts.models.onDidChange(() => this.#inBackground(this.#settingsChanged())),
      parts.workspace.onDidChange(() => this.#inBackground(this.#postSession())),
      parts.servers.onDidChange(() => this.#inBackground(this.#serverChanged())),
      parts.sandboxes.onDidChange((id) => (id === this.#conversationId ? this.#inBackground(this.#postSession()) : undefined)),
      parts.highlighter.onDidChange(() => face.post({ type: "theme.changed" })),
      parts.edits.onDidChangeFile((path) => this.#inBackground(this.#countAgain(path))),
    ];
  }

  get conversationId(): ConversationId | null {
    return this.#conversationId;
  }

  /** Of the conversation that is shown; undefined until it is known, and while nobody sees the page. */
  get state(): ConversationState | undefined {
    return this.#state === initialState ? undefined : this.#state;
  }

  /** Whether a task can begin here. */
  async isReady(): Promise<boolean> {
    return (await readinessOf(this.#parts)) === "ready";
  }

  /** Does what the page asks; what goes wrong is told there. */
  async receive(request: ChatRequest): Promise<void> {
    if (isOfPerson(request)) this.#face.onUsed();
    try {
      await this.#handle(request);
    } catch (error) {
      this.#parts.log.error("a request of the view failed", { type: request.type, error: String(error) });
      this.#face.post({ type: "failed", message: messageOf(error), isUnsent: isMessage(request) });
      if (error instanceof NotOpenHere) await this.#parts.workspace.offerToOpen(error);
    }
  }

  /** A new conversation with this task as its first message. Rejects with a sentence when no task can begin here. */
  async startTask(text: string, images: readonly string[] = []): Promise<void> {
    const { host } = this.#parts;
    const start = await newConversation(this.#parts);
    await host.handle({ type: "conversation.create", start });
    await this.#parts.drafts.save(this.#conversationId, "");
    await this.show(start.id);
    await host.handle({ type: "message.send", conversationId: start.id, text, images: [...images] });
  }

  /** Null: the next task begins a conversation of its own. What runs goes on. */
  async show(id: ConversationId | null): Promise<void> {
    if (id === this.#conversationId) return;
    this.#conversationId = id;
    this.#changed = new ChangedFiles();
    this.#state = initialState;
    this.#face.onShown(id);
    if (!this.#isListening) return;
    await this.#postSession();
    this.#postPictures();
    await this.#feedPage(-1);
  }

  /** Tells the page this, or as soon as it is there. */
  tell(update: ChatUpdate): void {
    if (this.#isListening) this.#face.post(update);
    else this.#forLater.push(update);
  }

  /** Nobody sees the page, and what it is told would be lost: it asks again when it is back. */
  hide(): void {
    this.#isListening = false;
    this.#endFeed();
  }

  dispose(): void {
    this.hide();
    this.#ended.abort();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Where the conversation acts, or a new one would; undefined until that is known. */
  get #runtime(): RuntimeRef | undefined {
    if (this.#conversationId === null) return newRuntime(this.#parts.models.settings);
    return this.state && (this.state.runtime ?? { kind: "local" });
  }

  /** Whether the conversation, and its files, are on a server. */
  get #isElsewhere(): boolean {
    return this.#conversationId !== null && this.#parts.host.serverOf?.(this.#conversationId) !== undefined;
  }

  async #handle(request: ChatRequest): Promise<void> {
    switch (request.type) {
      case "chat.ready":
        return this.#ready(request);
      case "events.before":
        return request.conversationId === this.#feed?.id ? this.#feed.before(request.beforeSeq) : undefined;
      case "task.start":
        return this.startTask(request.text, request.images);
      case "command":
        return this.#command(request.command);
      case "chat.focused":
        // It is of a person, and that is all.
        return;
      case "door":
        return runDoorCommand(request.command, this.#parts);
      case "draft.save":
        return this.#parts.drafts.save(request.conversationId, request.text);
      case "pictures.save":
        return this.#parts.drafts.savePictures(request.conversationId, request.pictures);
      case "files.find": {
        // Those of the server are not at hand.
        const paths = this.#parts.servers.place ? [] : await this.#parts.finder.find(request.query);
        return this.#face.post({ type: "files.found", requestId: request.requestId, paths });
      }
      case "code.highlight": {
        const lines = await this.#parts.highlighter.highlight(request.language, request.text);
        return this.#face.post({ type: "code.highlighted", requestId: request.requestId, ...(lines ? { lines } : {}) });
      }
      default:
        return this.#open(request);
    }
  }

  /** What is shown elsewhere than in the chat. */
  async #open(request: OpenRequest): Promise<void> {
    await openFor(request, { ...this.#parts, id: this.#conversationId, state: this.#state, column: this.#face.column });
  }

  async #command(command: PageCommand): Promise<void> {
    if (command.conversationId !== this.#conversationId) throw new Error("Another conversation is shown here by now, so nothing was done.");
    if (letsAct(command) && !this.#isElsewhere) this.#parts.workspace.refuseElsewhere(this.#state.working_dir);
    if (command.type === "conversation.restore") return this.#restore(command);
    await this.#parts.host.handle(command);
  }

  async #restore(command: CommandOf<"conversation.restore">): Promise<void> {
    await this.#parts.host.handle(command).catch((error: unknown) => {
      // Another window was quicker.
      if (!(error instanceof ConversationError) || error.code !== "exists") throw error;
    });
    // Because nothing more comes of a conversation that was deleted.
    if (command.conversationId === this.#conversationId) await this.#feedPage(-1);
  }

  async #ready({ conversationId, afterSeq }: Extract<ChatRequest, { type: "chat.ready" }>): Promise<void> {
    this.#isListening = true;
    await this.#postSession();
    this.#postPictures();
    await this.#feedPage(conversationId === this.#conversationId ? afterSeq : -1);
    for (const update of this.#forLater.splice(0)) this.#face.post(update);
  }

  /** The page has events up to `afterSeq`; it gets the rest, or the newest when it has none of them. */
  async #feedPage(afterSeq: number): Promise<void> {
    this.#endFeed();
    const id = this.#conversationId;
    this.#state = initialState;
    // It may have been hidden, or closed, while it was made ready.
    if (id === null || !this.#isListening) return;
    const feed = new Feed({
      host: this.#parts.host,
      id,
      afterSeq,
      post: (update) => this.#face.post(update),
      onState: (state) => this.#stateIs(state),
    });
    this.#feed = feed;
    await feed.start();
  }

  #endFeed(): void {
    this.#feed?.[Symbol.dispose]();
    this.#feed = undefined;
  }

  #stateIs(state: ConversationState): void {
    const before = this.#state;
    this.#state = state;
    if (state.runtime !== before.runtime || before === initialState) this.#inBackground(this.#postSession());
    if (before.pending.length > state.pending.length || before.runtime !== state.runtime || before === initialState) this.#face.onStep();
    if (state.progress.changes !== before.progress.changes) this.#inBackground(this.#postChanges());
  }

  async #postChanges(): Promise<void> {
    const { id } = this.#feed ?? {};
    if (id === undefined) return;
    const { changes } = this.#state.progress;
    const files = await this.#changed.count(
      changes,
      filesAtHand(this.#isElsewhere ? "elsewhere" : this.#state, this.#parts.files),
      this.#ended.signal,
    );
    if (id === this.#feed?.id && changes === this.#state.progress.changes) this.#face.post({ type: "changes", conversationId: id, files });
  }

  async #countAgain(path: string): Promise<void> {
    if (this.#changed.forget(path)) await this.#postChanges();
  }

  /** Nobody waits for it: what goes wrong is told in the view. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#ended.signal.aborted) this.#face.post({ type: "failed", message: messageOf(error) });
    });
  }

  /** Changed settings hold for the conversation that is shown, too. */
  async #settingsChanged(): Promise<void> {
    const { models, host, activities } = this.#parts;
    const before = this.#followed;
    const now = followedOf(models);
    this.#followed = now;
    await this.#postSession();
    const conversationId = this.#conversationId;
    if (conversationId === null || !this.#feed || activities.get(conversationId)?.isReadOnly) return;
    for (const command of settingCommands(conversationId, this.#state, { before, now })) await host.handle(command);
  }

  /** What could not be shown while the server was away is asked for again. */
  async #serverChanged(): Promise<void> {
    await this.#postSession();
    if (this.#state === initialState && this.#isListening) await this.#feedPage(-1);
  }

  #postPictures(): void {
    const pictures = this.#parts.drafts.pictures(this.#conversationId);
    if (pictures.length > 0) this.#face.post({ type: "pictures", conversationId: this.#conversationId, pictures: [...pictures] });
  }

  async #postSession(): Promise<void> {
    const session = await sessionOf(this.#conversationId, this.#runtime, this.#parts);
    // Another one may be shown by now, of which the page has been told.
    if (session.conversationId === this.#conversationId) this.#face.post({ type: "session", session });
  }
}

const followedOf = ({ settings, current }: FollowedSettings): FollowedSettings => ({ settings, current });

/** What a page says by itself does not tell that a person is there. */
function isOfPerson({ type }: ChatRequest): boolean {
  return type !== "chat.ready" && type !== "code.highlight" && type !== "events.before";
}

/** Whether the agent acts because of it. */
function letsAct(command: PageCommand): boolean {
  return command.type === "message.send" || command.type === "run.start" || (command.type === "confirmation.respond" && command.accept);
}
