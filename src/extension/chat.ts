import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { demoModel } from "../llm/demo.ts";
import type { ChatRequest, ChatSession, ChatUpdate, DoorCommand } from "../protocol/chat.ts";
import { ConversationId } from "../protocol/ids.ts";
import type { Notification } from "../protocol/notifications.ts";
import { confirmPolicies, limitsOf } from "../protocol/settings.ts";
import { type ConversationState, initialState, reduceState } from "../protocol/state.ts";
import { messageOf } from "../protocol/thrown.ts";
import type { ChatParts } from "./chatView.ts";
import { settingCommands } from "./modelChoice.ts";
import { NotificationBatch } from "./notificationBatch.ts";

/** The page that shows the chat, as far as the chat knows it. */
export interface ChatFace {
  post(update: ChatUpdate): void;
  /** How many actions wait for the person. */
  badge(count: number): void;
}

const mementoKey = "conversation";
const sampleTasks = [
  "Explain what this project does and how it is built.",
  "Run the tests and fix what fails.",
  "Find a bug in the code and prove it with a test.",
];

/** The conversation of this window: which one it is, what the page is told of it, and what the page asks for. */
export class Chat implements vscode.Disposable {
  readonly #parts: ChatParts;
  readonly #face: ChatFace;
  readonly #batch: NotificationBatch;
  readonly #subscriptions: vscode.Disposable[];
  #conversationId: ConversationId | null;
  #listening: Disposable | undefined;
  #state: ConversationState = initialState;

  constructor(parts: ChatParts, face: ChatFace) {
    this.#parts = parts;
    this.#face = face;
    this.#batch = new NotificationBatch((notifications) => face.post({ type: "notifications", notifications }));
    this.#conversationId = ConversationId.safeParse(parts.memento.get(mementoKey)).data ?? null;
    this.#subscriptions = [
      parts.models.onDidChange(() => this.#inBackground(this.#settingsChanged())),
      parts.workspace.onDidChange(() => this.#inBackground(this.#postSession())),
    ];
  }

  get isBusy(): boolean {
    return this.#state.execution_status === "running" || this.#state.execution_status === "waiting_for_confirmation";
  }

  /** Whether a task can begin here. */
  async isReady(): Promise<boolean> {
    return (await this.#readiness()) === "ready";
  }

  async handle(request: ChatRequest): Promise<void> {
    switch (request.type) {
      case "chat.ready":
        return this.#ready(request.conversationId, request.afterSeq);
      case "task.start":
        return this.startTask(request.text);
      case "command":
        return this.#parts.host.handle(request.command);
      case "door":
        return runDoorCommand(request.command, this.#parts);
      case "link.open":
        return openLink(request.url);
      case "file.open":
        await vscode.window.showTextDocument(vscode.Uri.file(request.path), { preserveFocus: false, preview: true });
        return;
      case "terminal.show":
        vscode.window.terminals.find((terminal) => terminal.name.startsWith("OpenHands"))?.show(true);
    }
  }

  /** A new conversation with this task as its first message. Rejects with a sentence when no task can begin here. */
  async startTask(text: string): Promise<void> {
    const { host, models, workspace } = this.#parts;
    const refusal = refusals[await this.#readiness()];
    const { folder } = workspace;
    const { current: llm, settings } = models;
    if (refusal !== undefined || folder === undefined || llm === undefined) throw new Error(refusal ?? refusals["no-folder"]);
    const id = ConversationId.parse(randomUUID());
    const start = {
      id,
      working_dir: folder,
      llm,
      confirmation_policy: confirmPolicies[settings.confirm],
      max_iterations: settings.maxSteps,
      limits: limitsOf(settings),
    };
    await host.handle({ type: "conversation.create", start });
    await this.#show(id);
    await host.handle({ type: "message.send", conversationId: id, text });
  }

  /** The next task begins a conversation of its own; false when the person would rather stay in the one that is going. */
  async newConversation(): Promise<boolean> {
    if (!(await this.#mayLeave())) return false;
    await this.#show(null);
    return true;
  }

  async stop(): Promise<void> {
    if (this.#conversationId) await this.#parts.host.handle({ type: "run.interrupt", conversationId: this.#conversationId });
  }

  dispose(): void {
    this.#listening?.[Symbol.dispose]();
    this.#batch[Symbol.dispose]();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Nobody waits for it: what goes wrong is told in the view. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.#face.post({ type: "failed", message: messageOf(error) }));
  }

  /** Because a run that no view shows could act, or wait for an answer, unseen. */
  async #mayLeave(): Promise<boolean> {
    if (!this.isBusy) return true;
    const stop = "Stop and Leave";
    const detail = "What it has done so far is kept.";
    const answer = await vscode.window.showWarningMessage("The agent is still working. Stop it?", { modal: true, detail }, stop);
    if (answer === stop) await this.stop();
    return answer === stop;
  }

  async #show(id: ConversationId | null): Promise<void> {
    this.#conversationId = id;
    await this.#parts.memento.update(mementoKey, id ?? undefined);
    await this.#postSession();
    await this.#listen(-1);
  }

  /** The page has events up to `afterSeq` of `shown`; it gets the rest, or all when it shows another conversation. */
  async #ready(shown: ConversationId | null, afterSeq: number): Promise<void> {
    await this.#postSession();
    await this.#listen(shown === this.#conversationId ? afterSeq : -1);
  }

  async #listen(afterSeq: number): Promise<void> {
    this.#listening?.[Symbol.dispose]();
    this.#batch.clear();
    this.#state = initialState;
    const id = this.#conversationId;
    if (id !== null) {
      // The state is a fold of all events, whatever the page has already.
      this.#listening = await this.#parts.host.subscribe(id, -1, (notification) => this.#hear(notification, afterSeq));
    }
    this.#stateChanged();
  }

  #hear(notification: Notification, afterSeq: number): void {
    if (notification.type === "event.appended") {
      const before = this.#state;
      this.#state = reduceState(before, notification.event);
      if (this.#state.execution_status !== before.execution_status) this.#stateChanged();
      if (notification.seq <= afterSeq) return;
    }
    this.#batch.add(notification);
  }

  #stateChanged(): void {
    const isAsking = this.#state.execution_status === "waiting_for_confirmation";
    this.#face.badge(isAsking ? this.#state.pending.length : 0);
    void vscode.commands.executeCommand("setContext", "openhands.isBusy", this.isBusy);
  }

  /** Changed settings hold for the conversation that is shown, too. */
  async #settingsChanged(): Promise<void> {
    await this.#postSession();
    const { models, host } = this.#parts;
    const conversationId = this.#conversationId;
    if (conversationId === null) return;
    for (const command of settingCommands(conversationId, this.#state, models)) await host.handle(command);
  }

  async #readiness(): Promise<ChatSession["readiness"]> {
    const { workspace, models } = this.#parts;
    if (workspace.folder === undefined) return "no-folder";
    if (!workspace.isTrusted) return "untrusted";
    return (await models.isReady()) ? "ready" : "no-model";
  }

  async #postSession(): Promise<void> {
    const { models, workspace } = this.#parts;
    const [readiness, demoTask] = await Promise.all([this.#readiness(), workspace.demoTask()]);
    const session: ChatSession = {
      conversationId: this.#conversationId,
      readiness,
      modelLabel: models.label,
      isDemo: models.isDemo,
      isDemoWorkspace: demoTask !== undefined,
      wall: "Local · no sandbox",
      mode: models.settings.confirm,
      workingDir: workspace.folder ?? "",
      folders: workspace.folder === undefined ? [] : [workspace.folder],
      draft: "",
      sampleTasks: demoTask === undefined ? sampleTasks : [demoTask],
      timezoneOffset: new Date().getTimezoneOffset(),
    };
    this.#face.post({ type: "session", session });
  }
}

const refusals: Readonly<Record<ChatSession["readiness"], string | undefined>> = {
  ready: undefined,
  "no-folder": "Open a folder first: the agent works in it.",
  untrusted: "This folder is in Restricted Mode. Trust it to let an agent work in it.",
  "no-model": "Choose a model first: run OpenHands: Select Model…, or set its API key.",
};

async function runDoorCommand(command: DoorCommand, { models }: ChatParts): Promise<void> {
  if (command === "useDemoModel") return models.select(demoModel);
  await vscode.commands.executeCommand(doorCommands[command]);
}

const doorCommands: Readonly<Record<Exclude<DoorCommand, "useDemoModel">, string>> = {
  newConversation: "openhands.newConversation",
  showHistory: "openhands.history.focus",
  selectMode: "openhands.selectMode",
  openInEditor: "openhands.openInEditor",
  openSettings: "openhands.openSettings",
  reviewChanges: "openhands.reviewChanges",
  raiseLimits: "openhands.raiseLimits",
  setApiKey: "openhands.setApiKey",
  selectModel: "openhands.selectModel",
  openDemoWorkspace: "openhands.openDemoWorkspace",
  showLog: "openhands.showLog",
  openFolder: "workbench.action.files.openFolder",
  manageTrust: "workbench.trust.manage",
};

/** VS Code asks the person before it opens an address that is not trusted. */
async function openLink(url: string): Promise<void> {
  const uri = vscode.Uri.parse(url, true);
  if (uri.scheme !== "http" && uri.scheme !== "https") throw new Error("Only http and https links are opened.");
  await vscode.env.openExternal(uri);
}
