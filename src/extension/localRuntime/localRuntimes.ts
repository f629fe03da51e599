import type * as vscode from "vscode";
import type { RuntimeNeeds } from "../../host/host.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { workspaceFolders } from "../workspaceFolders.ts";
import { type CoveredView, Reveal } from "./reveal.ts";
import type { ShownTerminal } from "./shownTerminal.ts";

export interface LocalRuntimesOptions {
  readonly log: Log;
  /** The chat view, which a terminal does not cover. */
  readonly chatView: () => CoveredView | undefined;
  /** Tells what the conversation is called, now and whenever that changes. */
  readonly watchTitle: (id: ConversationId, listener: (title: string) => void) => Disposable;
}

/** The places in this window where conversations act, one for each, and their terminals. */
export class LocalRuntimes {
  readonly #options: LocalRuntimesOptions;
  readonly #reveal: Reveal;
  readonly #terminals = new Map<ConversationId, ShownTerminal>();

  constructor(options: LocalRuntimesOptions) {
    this.#options = options;
    this.#reveal = new Reveal(options.chatView);
  }

  /** Rejects with a sentence when the folder cannot be worked in. */
  async open(id: ConversationId, { workingDir, folders }: Pick<RuntimeNeeds, "workingDir" | "folders">): Promise<Runtime> {
    const { log, watchTitle } = this.#options;
    const { virtualRoot } = workspaceFolders();
    const options = { workingDir, folders, log, reveal: (terminal: vscode.Terminal) => this.#reveal.reveal(terminal) };
    if (virtualRoot !== undefined) {
      const { openVirtualRuntime } = await import("./virtualRuntime.ts");
      return openVirtualRuntime({ ...options, root: virtualRoot });
    }
    const { openLocalRuntime } = await import("./localRuntime.ts");
    const runtime = await openLocalRuntime(options);
    const { terminal } = runtime;
    const watching = watchTitle(id, (title) => terminal.rename(title));
    this.#terminals.set(id, terminal);
    return {
      ...runtime,
      [Symbol.asyncDispose]: async () => {
        watching[Symbol.dispose]();
        if (this.#terminals.get(id) === terminal) this.#terminals.delete(id);
        await runtime[Symbol.asyncDispose]();
      },
    };
  }

  /** Shows the conversation's terminal, opened again when it was closed; the keyboard stays where it is. Throws a sentence when there is none. */
  showTerminal(id: ConversationId): void {
    const terminal = this.#terminals.get(id);
    if (terminal === undefined) throw new Error("This conversation has no terminal yet: it gets one with its next command.");
    terminal.show();
  }
}
