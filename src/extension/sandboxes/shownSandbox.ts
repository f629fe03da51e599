import * as vscode from "vscode";
import type { ConversationId } from "../../protocol/ids.ts";
import type { DockerRef } from "../../protocol/sandbox.ts";
import type { ConversationState } from "../../protocol/state.ts";
import type { Chats } from "../chat/chats.ts";

/** The conversation that the person works with, when it is in a sandbox. */
export interface Sandboxed {
  readonly id: ConversationId;
  readonly ref: DockerRef;
  /** Where its folders are. */
  readonly state: Pick<ConversationState, "working_dir" | "folders" | "runtime">;
}

/** Which sandbox the person works with. A chat that is out of sight keeps what was known of its conversation. */
export class ShownSandbox implements vscode.Disposable {
  readonly #chats: Chats;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];
  /** It is another one, or not as it was. */
  readonly onDidChange = this.#changed.event;
  #current: Sandboxed | undefined;

  constructor(chats: Chats) {
    this.#chats = chats;
    this.#subscriptions = [this.#changed, chats.onDidChange(() => this.#look()), chats.onDidStep(() => this.#look())];
  }

  get current(): Sandboxed | undefined {
    return this.#current;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #look(): void {
    const { conversationId: id, state } = this.#chats.current.chat;
    const before = this.#current;
    if (id !== null && state === undefined && before?.id === id) return;
    this.#current = id !== null && state?.runtime?.kind === "docker" ? { id, ref: state.runtime, state } : undefined;
    if (before?.id !== this.#current?.id || before?.ref !== this.#current?.ref) this.#changed.fire();
  }
}
