import * as vscode from "vscode";
import * as z from "zod";
import { ConversationId } from "../../protocol/ids.ts";
import type { Activities } from "../activity/activities.ts";
import { newTitle } from "../activity/titles.ts";
import type { ChatParts } from "./chatParts.ts";
import { ChatTab } from "./chatTab.ts";
import { ChatView } from "./chatView.ts";
import type { Surface } from "./surface.ts";

const SavedPage = z.object({ conversationId: ConversationId.nullable() }).catch({ conversationId: null });

/** All places of the window that show a chat: the view and any number of editor tabs. */
export class Chats implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly view: ChatView;
  readonly #parts: ChatParts;
  readonly #activities: Activities;
  readonly #tabs = new Set<ChatTab>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #stepped = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  /** Another conversation is shown, or another chat is the one that the person works in. */
  readonly onDidChange = this.#changed.event;
  /** A step is over in the chat that the person works in, or where it acts has become known. */
  readonly onDidStep = this.#stepped.event;
  #current: Surface;

  constructor(parts: ChatParts) {
    this.#parts = parts;
    this.#activities = parts.activities;
    this.view = new ChatView(parts, this.#listener);
    this.#current = this.view;
    this.#subscriptions = [this.#changed, this.#stepped, this.view, parts.activities.onDidChange(() => this.#nameTabs())];
  }

  /** The one that the person works in, or worked in last. */
  get current(): Surface {
    return this.#current;
  }

  get surfaces(): readonly Surface[] {
    return [this.view, ...this.#tabs];
  }

  /** Whether the person can see the conversation now. */
  isVisible(id: ConversationId): boolean {
    return vscode.window.state.focused && this.surfaceOf(id) !== undefined;
  }

  /** A place where the conversation is in view. */
  surfaceOf(id: ConversationId): Surface | undefined {
    return this.surfaces.find(({ chat, isVisible }) => isVisible && chat.conversationId === id);
  }

  /** Brings the conversation to the front, where it is shown already or else in the view; the keyboard goes into its composer. */
  async open(id: ConversationId): Promise<void> {
    const shown = this.surfaces.find(({ chat }) => chat.conversationId === id) ?? this.view;
    await this.#bring(shown, id);
  }

  /** The same in an editor tab. Null: a new conversation. */
  async openInTab(id: ConversationId | null): Promise<void> {
    const there = [...this.#tabs].find(({ chat }) => id !== null && chat.conversationId === id);
    if (there) return this.#bring(there, id);
    const panel = vscode.window.createWebviewPanel(ChatTab.viewType, newTitle, vscode.ViewColumn.Active);
    this.#adopt(panel, id);
  }

  /** The view with a new conversation. What ran there goes on. */
  async openNew(surface: Surface = this.view): Promise<void> {
    await this.#bring(surface, null);
  }

  /** The window works with another host: nothing that is shown is of it. */
  async beginAnew(): Promise<void> {
    for (const tab of [...this.#tabs]) tab.close();
    await this.view.chat.show(null);
  }

  /** Puts the keyboard into the composer of the chat that the person works in. */
  async focus(): Promise<void> {
    await this.#bring(this.#current, this.#current.chat.conversationId);
  }

  /** Puts text behind what is in the composer. */
  async insert(text: string): Promise<void> {
    await this.#current.reveal();
    this.#current.chat.tell({ type: "insert", text });
  }

  /** Nothing of a deleted conversation is left to show. */
  async forget(id: ConversationId): Promise<void> {
    for (const tab of [...this.#tabs].filter(({ chat }) => chat.conversationId === id)) tab.close();
    if (this.view.chat.conversationId === id) await this.view.chat.show(null);
  }

  /** VS Code brings back a tab that was open before the window was loaded anew. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, saved: unknown): Promise<void> {
    this.#adopt(panel, SavedPage.parse(saved).conversationId);
  }

  dispose(): void {
    for (const tab of this.#tabs) tab.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  get #listener(): ConstructorParameters<typeof ChatTab>[2]["listener"] {
    return {
      onChanged: () => {
        this.#nameTabs();
        this.#changed.fire();
      },
      onUsed: (surface) => this.#use(surface),
      onStep: (surface) => {
        if (surface === this.#current) this.#stepped.fire();
      },
      onClosed: (tab) => {
        this.#tabs.delete(tab);
        if (this.#current === tab) this.#current = this.view;
        this.#changed.fire();
      },
    };
  }

  #adopt(panel: vscode.WebviewPanel, id: ConversationId | null): void {
    const tab = new ChatTab(panel, this.#parts, { listener: this.#listener, id });
    this.#tabs.add(tab);
    if (panel.active) this.#current = tab;
    this.#nameTabs();
    this.#changed.fire();
  }

  async #bring(surface: Surface, id: ConversationId | null): Promise<void> {
    this.#use(surface);
    await surface.reveal();
    await surface.chat.show(id);
    surface.chat.tell({ type: "compose", text: "" });
  }

  #use(surface: Surface): void {
    if (this.#current === surface) return;
    this.#current = surface;
    this.#changed.fire();
  }

  #nameTabs(): void {
    for (const tab of this.#tabs) {
      const { conversationId } = tab.chat;
      const title = conversationId === null ? newTitle : this.#activities.get(conversationId)?.title;
      // One that is not open yet keeps the title that VS Code has kept for it.
      if (title !== undefined) tab.title = title;
    }
  }
}
