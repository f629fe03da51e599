import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { DockerRef, LeftOut, SandboxNetwork } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { type Files, type PersonRuntime, RuntimeError } from "../runtime.ts";
import type { Review } from "../workspaceCopy/review.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { hostId } from "./hostId.ts";
import { imageNames } from "./images.ts";
import { listSandboxes } from "./leftovers.ts";
import { openKept, openSandbox } from "./openSandbox.ts";
import { removeSandbox, type SandboxOwner, sweepSandboxes } from "./sweep.ts";

/** What a sandbox may use; Docker's own numbers. */
export interface SandboxLimits {
  readonly memoryMegabytes: number;
  readonly cpus: number;
  readonly pids: number;
}

/** A folder of the machine that a sandbox sees as well, beside its workspace. */
export interface SandboxMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** The person's settings; read anew for each sandbox. */
export interface SandboxSettings extends SandboxLimits {
  /** Where the engine is, such as `unix:///var/run/docker.sock` or `ssh://me@host`; empty: DOCKER_HOST, Docker's context, or where one is found. */
  readonly dockerHost: string;
  readonly mounts: readonly SandboxMount[];
  /** Whether the image's own files can be written; what is written goes with the container. */
  readonly writableRoot: boolean;
  /** The engine's OCI runtime, such as `runsc`; empty: its own default. */
  readonly ociRuntime: string;
}

export interface SandboxesOptions {
  /** `dist` of the package: sandbox-server, the prebuilt parts of node-pty, busybox. */
  readonly dist: string;
  /** Programs of Node for Linux besides this process's and those on the PATH, such as the one that VS Code has; tried last. */
  readonly nodePrograms?: readonly string[];
  /** A folder of ours on this machine: who we are for the engine's labels, and what each copy was made from. Made when missing. */
  readonly stateFolder: string;
  readonly settings: () => SandboxSettings;
  /** The person's own files, by which reviews compare and apply: those of the machine, or an editor's, which knows what is not saved. */
  readonly hostFiles: Files;
  /** How long a sandbox may be paused from outside before it is given up; a minute. */
  readonly pauseMs?: number;
  /** What commands of the engine's programs (ssh) inherit, and where DOCKER_HOST and the like are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

export interface SandboxNeeds {
  readonly conversationId: ConversationId;
  /** Folders of the workspace on this machine, the one that the agent works in first. */
  readonly folders: readonly string[];
  readonly ref: DockerRef;
  /** Hears what is being made ready, in words, such as "Copying the workspace · 12 of 80 MB". */
  readonly onPhase: (phase: string) => void;
  /** Aborting leaves nothing behind but what was there before. */
  readonly signal: AbortSignal;
}

/** A sandbox that runs: the conversation's runtime, and what a person can do with it. Disposing ends the container; its workspace stays. */
export interface Sandbox extends PersonRuntime {
  readonly lost: AbortSignal;
  readonly ref: DockerRef;
  /** Undefined where the folders themselves are in the sandbox: then there is nothing to bring back. */
  readonly review: Review | undefined;
  readonly leftOut: LeftOut;
  /** Takes effect at once, for what runs too; the model is told with its next command. */
  setNetwork(network: SandboxNetwork, signal: AbortSignal): Promise<void>;
}

/** A sandbox as the engine knows it, running or not. */
export interface ListedSandbox {
  readonly conversationId: ConversationId;
  readonly image: string;
  readonly isRunning: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Whether a workspace of it is kept, with whatever was changed there. */
  readonly hasWorkspace: boolean;
}

const sweepMs = 120_000;

/** The sandboxes of this host on the person's engine. Disposing ends those that run; their workspaces stay. */
export class Sandboxes implements AsyncDisposable {
  readonly #options: SandboxesOptions;
  readonly #running = new Map<ConversationId, Sandbox>();
  /** What has been said of the engine. */
  readonly #warned = new Set<string>();
  readonly #listeners = new Set<(id: ConversationId) => void>();
  readonly #ended = new AbortController();

  constructor(options: SandboxesOptions) {
    this.#options = options;
  }

  /** Rejects with RuntimeError, or with the signal's reason; then nothing of it runs. */
  async open(needs: SandboxNeeds): Promise<Sandbox> {
    needs.onPhase("Connecting to the engine");
    const [engine, host] = await Promise.all([this.#connect(needs.signal), hostId(this.#options.stateFolder)]);
    for (const warning of engine.facts.warnings) this.#warn(warning);
    const place = { docker: engine.docker, facts: engine.facts, hostId: host, options: this.#options };
    const { conversationId: id } = needs;
    try {
      const sandbox = await openSandbox(place, needs, {
        onChange: () => this.#tell(id),
        onEnded: () => {
          if (this.#running.get(id) === sandbox) this.#running.delete(id);
          engine[Symbol.dispose]();
          this.#tell(id);
        },
      });
      this.#running.set(id, sandbox);
      this.#tell(id);
      return sandbox;
    } catch (error) {
      engine[Symbol.dispose]();
      throw error;
    }
  }

  running(id: ConversationId): Sandbox | undefined {
    return this.#running.get(id);
  }

  /** Calls back when a sandbox was opened, has ended or is lost, and when its network has changed. */
  onDidChange(listener: (id: ConversationId) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** The names of the images that are on the engine. */
  async images(signal: AbortSignal): Promise<string[]> {
    using engine = await this.#connect(signal);
    return await imageNames(engine.docker, signal);
  }

  /** Those of this host, running or kept, the newest first. */
  async list(signal: AbortSignal): Promise<ListedSandbox[]> {
    return this.#asOwner(signal, ({ docker, hostId: host }) => listSandboxes(docker, host, signal));
  }

  /** Ends the sandbox, and removes its workspace with whatever was changed there. */
  async remove(id: ConversationId, signal: AbortSignal): Promise<void> {
    await this.#running.get(id)?.[Symbol.asyncDispose]();
    await this.#asOwner(signal, (owner) => removeSandbox(owner, id, signal));
  }

  /** Removes what processes that are gone have left, and the workspaces of conversations that are not to be kept; gives what it removed. */
  async prune(keep: (id: ConversationId) => boolean, signal: AbortSignal): Promise<ListedSandbox[]> {
    return this.#asOwner(signal, (owner) => sweepSandboxes(owner, async (id) => keep(id), signal));
  }

  /** The same at start, in the background: where there is no engine it does nothing, and it never rejects. Disposing stops it. */
  async sweep(known: (id: ConversationId) => Promise<boolean>): Promise<void> {
    const signal = AbortSignal.any([AbortSignal.timeout(sweepMs), this.#ended.signal]);
    try {
      await this.#asOwner(signal, (owner) => sweepSandboxes(owner, known, signal));
    } catch (error) {
      this.#options.log.info("What sandboxes may have left behind was not looked for.", { reason: messageOf(error) });
    }
  }

  /** What has changed in a conversation's sandbox; of one that does not run, in its kept workspace. Disposing ends what was started for it. */
  async review(id: ConversationId, signal: AbortSignal): Promise<Review & AsyncDisposable> {
    const running = this.#running.get(id);
    if (running !== undefined && !running.lost.aborted) return reviewOf(running, async () => undefined);
    const [engine, host] = await Promise.all([this.#connect(signal), hostId(this.#options.stateFolder)]);
    try {
      const kept = await openKept({ docker: engine.docker, facts: engine.facts, hostId: host, options: this.#options }, id, signal);
      return reviewOf(kept, async () => {
        await kept[Symbol.asyncDispose]();
        engine[Symbol.dispose]();
      });
    } catch (error) {
      engine[Symbol.dispose]();
      throw error;
    }
  }

  async #asOwner<T>(signal: AbortSignal, work: (owner: SandboxOwner) => Promise<T>): Promise<T> {
    const { stateFolder, log } = this.#options;
    using engine = await this.#connect(signal);
    return await work({ docker: engine.docker, hostId: await hostId(stateFolder), stateFolder, log });
  }

  #connect(signal: AbortSignal): Promise<Engine> {
    return connectEngine({ dockerHost: this.#options.settings().dockerHost, environment: this.#options.environment }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new RuntimeError("closed", "OpenHands is shutting down."));
    await Promise.allSettled([...this.#running.values()].map((sandbox) => sandbox[Symbol.asyncDispose]()));
  }

  #warn(sentence: string): void {
    if (this.#warned.has(sentence)) return;
    this.#warned.add(sentence);
    this.#options.log.warn(sentence);
  }

  #tell(id: ConversationId): void {
    for (const listener of this.#listeners) listener(id);
  }
}

function reviewOf({ review }: Sandbox, end: () => Promise<void>): Review & AsyncDisposable {
  if (review === undefined)
    throw new RuntimeError("not-found", "This sandbox works on the folders themselves: there is nothing to review.");
  return {
    list: (stop) => review.list(stop),
    read: (path, side, stop) => review.read(path, side, stop),
    apply: (paths, stop) => review.apply(paths, stop),
    discard: (paths, stop) => review.discard(paths, stop),
    [Symbol.asyncDispose]: end,
  };
}
