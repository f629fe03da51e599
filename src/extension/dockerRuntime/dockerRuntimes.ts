import * as vscode from "vscode";
import type { RuntimeNeeds } from "../../host/host.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { DockerRef, SandboxNetwork } from "../../protocol/sandbox.ts";
import { sandboxOf } from "../../protocol/settings.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { ListedSandbox, Sandbox, SandboxesOptions, SandboxNeeds } from "../../runtime/docker/sandboxes.ts";
import { type Runtime, RuntimeError } from "../../runtime/runtime.ts";
import type { Review } from "../../runtime/workspaceCopy/review.ts";
import { readSettings } from "../settings.ts";
import type { AgentTerminals } from "../terminals/agentTerminals.ts";
import { ShownShell } from "../terminals/shownShell.ts";
import { ShownTerminal } from "../terminals/shownTerminal.ts";
import { workspaceFolders } from "../workspaceFolders.ts";

export interface DockerRuntimesOptions extends Pick<SandboxesOptions, "dist" | "stateFolder" | "hostFiles" | "log"> {
  readonly terminals: AgentTerminals;
  /** Throws a sentence in Restricted Mode. */
  readonly refuseUntrusted: () => void;
  /** Whether a conversation is there, or can still be restored. */
  readonly isKnown: (id: ConversationId) => Promise<boolean>;
  /** Reads what talks to an engine, which nobody needs before the first sandbox. */
  readonly openSandboxes: (options: SandboxesOptions) => Promise<OpenSandboxes>;
}

/** What is used of `Sandboxes`. */
export interface OpenSandboxes extends AsyncDisposable {
  open(needs: SandboxNeeds): Promise<Sandbox>;
  onDidChange(listener: (id: ConversationId) => void): Disposable;
  list(signal: AbortSignal): Promise<ListedSandbox[]>;
  remove(id: ConversationId, signal: AbortSignal): Promise<void>;
  prune(keep: (id: ConversationId) => boolean, signal: AbortSignal): Promise<ListedSandbox[]>;
  sweep(known: (id: ConversationId) => Promise<boolean>): Promise<void>;
  review(id: ConversationId, signal: AbortSignal): Promise<Review & AsyncDisposable>;
  images(signal: AbortSignal): Promise<string[]>;
}

/** A sandbox that runs, and what this window shows of it. */
interface Running {
  readonly sandbox: Sandbox;
  readonly terminal: ShownTerminal;
  readonly shells: Set<ShownShell>;
  /** Aborted with a sentence when the person has ended it. */
  readonly ended: AbortController;
  ending?: PromiseLike<void>;
}

/** The sandboxes of this window's conversations: opened when one acts, with their terminals; and what a person does with them. */
export class DockerRuntimes implements AsyncDisposable {
  readonly #options: DockerRuntimesOptions;
  readonly #running = new Map<ConversationId, Running>();
  /** All that are shown, also those whose sandbox has ended. */
  readonly #shells = new Set<ShownShell>();
  /** Terminals of sandboxes that were lost: they stay, for their last line, until the next sandbox of the conversation. */
  readonly #left = new Map<ConversationId, ShownTerminal>();
  readonly #changed = new vscode.EventEmitter<ConversationId>();
  #sandboxes: Promise<OpenSandboxes> | undefined;
  /** Something of this conversation's sandbox is another than before: it was opened, has ended or was lost, or its network was switched. */
  readonly onDidChange = this.#changed.event;

  constructor(options: DockerRuntimesOptions) {
    this.#options = options;
  }

  /** Rejects with a sentence where there can be no sandbox. Nothing acts on this machine instead. */
  async open(needs: RuntimeNeeds & { readonly runtime: DockerRef }): Promise<Runtime> {
    const { conversationId, workingDir, folders, runtime: ref, onPhase, signal } = needs;
    if (workspaceFolders().virtualRoot !== undefined)
      throw new Error(
        "This workspace is virtual: its files are on no disk of this machine, so no sandbox can have them. Begin a conversation without one.",
      );
    const sandboxes = await this.#open();
    await this.#running.get(conversationId)?.ending;
    const firstFolders = [workingDir, ...folders.filter((folder) => folder !== workingDir)];
    const sandbox = await sandboxes.open({ conversationId, folders: firstFolders, ref, onPhase, signal });
    return this.#show(conversationId, sandbox);
  }

  /** A terminal of VS Code with a shell of the person's own in the sandbox. Throws a sentence when it does not run. */
  openShell(id: ConversationId): void {
    const { sandbox, shells } = this.#needRunning(id);
    const shown = new ShownShell({
      watchTitle: (listener) => this.#options.terminals.watchTitle(id, listener),
      open: (size) => sandbox.openShell(size),
      onClosed: () => {
        for (const all of [shells, this.#shells]) all.delete(shown);
      },
    });
    for (const all of [shells, this.#shells]) all.add(shown);
  }

  /** Removes it with its workspace: what was changed there and not applied is lost. */
  async remove(id: ConversationId, signal: AbortSignal): Promise<void> {
    const running = this.#running.get(id);
    if (running) await this.#end(running, "The sandbox was deleted, and its workspace with it.");
    await (await this.#open()).remove(id, signal);
  }

  /** For a sandbox that runs; one that does not gets its network when it is opened. */
  async setNetwork(id: ConversationId, network: SandboxNetwork, signal: AbortSignal): Promise<void> {
    await this.#running.get(id)?.sandbox.setNetwork(network, signal);
  }

  /** What runs, with the name of its image; undefined where no sandbox runs. */
  running(id: ConversationId): DockerRef | undefined {
    return this.#running.get(id)?.sandbox.ref;
  }

  /** What has changed there; of a sandbox that does not run, in its kept workspace. */
  async review(id: ConversationId, signal: AbortSignal): Promise<Review & AsyncDisposable> {
    return (await this.#open()).review(id, signal);
  }

  /** Names of the images that are present. */
  async images(signal: AbortSignal): Promise<string[]> {
    return (await this.#open()).images(signal);
  }

  async list(signal: AbortSignal): Promise<ListedSandbox[]> {
    return (await this.#open()).list(signal);
  }

  /** Removes what belongs to no conversation; gives what it has removed. */
  async prune(signal: AbortSignal): Promise<ListedSandbox[]> {
    const sandboxes = await this.#open();
    const known = new Set<ConversationId>();
    for (const { conversationId } of await sandboxes.list(signal))
      if (await this.#options.isKnown(conversationId)) known.add(conversationId);
    return sandboxes.prune((id) => known.has(id), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const shown of [...this.#shells, ...this.#left.values()]) shown[Symbol.dispose]();
    const sandboxes = await this.#sandboxes?.catch(() => undefined);
    await sandboxes?.[Symbol.asyncDispose]();
    this.#changed.dispose();
  }

  #show(id: ConversationId, sandbox: Sandbox): Runtime {
    const { terminals, log } = this.#options;
    this.#left.get(id)?.[Symbol.dispose]();
    this.#left.delete(id);
    const terminal = new ShownTerminal({ shell: sandbox.terminal, log, reveal: terminals.reveal });
    const kept = terminals.keep(id, terminal);
    const running: Running = { sandbox, terminal, shells: new Set(), ended: new AbortController() };
    this.#running.set(id, running);
    const lost = AbortSignal.any([sandbox.lost, running.ended.signal]);
    const tell = (): void => {
      const sentence = messageOf(lost.reason);
      terminal.end(sentence);
      for (const shell of running.shells) shell.end(sentence);
    };
    lost.addEventListener("abort", tell, { once: true });
    return {
      get info() {
        return sandbox.info;
      },
      terminal,
      files: sandbox.files,
      search: sandbox.search,
      lost,
      [Symbol.asyncDispose]: async () => {
        lost.removeEventListener("abort", tell);
        kept[Symbol.dispose]();
        if (lost.aborted) this.#left.set(id, terminal);
        else terminal[Symbol.dispose]();
        for (const shell of running.shells)
          shell.end("The sandbox has ended: you have restarted or deleted it, or its conversation was closed or is not used.");
        await sandbox[Symbol.asyncDispose]();
        if (this.#running.get(id) === running) this.#running.delete(id);
      },
    };
  }

  async #end(running: Running, sentence: string): Promise<void> {
    running.ending ??= running.sandbox[Symbol.asyncDispose]();
    running.ended.abort(new RuntimeError("closed", sentence));
    await running.ending;
    for (const [id, one] of this.#running) if (one === running) this.#running.delete(id);
  }

  #needRunning(id: ConversationId): Running {
    const running = this.#running.get(id);
    if (running === undefined) throw new Error("This conversation has no sandbox that runs: it gets one with its next command.");
    return running;
  }

  /** What is needed of the engine, read at the first use; then what was left behind is swept away. */
  async #open(): Promise<OpenSandboxes> {
    this.#options.refuseUntrusted();
    this.#sandboxes ??= this.#openFirst().catch((error: unknown) => {
      this.#sandboxes = undefined;
      throw error;
    });
    return this.#sandboxes;
  }

  async #openFirst(): Promise<OpenSandboxes> {
    const { dist, stateFolder, hostFiles, log, openSandboxes, isKnown } = this.#options;
    const sandboxes = await openSandboxes({
      dist,
      stateFolder,
      hostFiles,
      log,
      settings: () => sandboxOf(readSettings()),
      environment: process.env,
    });
    sandboxes.onDidChange((id) => this.#changed.fire(id));
    // Nobody waits for it.
    sandboxes
      .sweep(isKnown)
      .catch((error: unknown) => log.warn("sandboxes that were left behind could not be looked for", { error: messageOf(error) }));
    return sandboxes;
  }
}
