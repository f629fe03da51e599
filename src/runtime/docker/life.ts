import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Log } from "../../protocol/log.ts";
import { RuntimeError } from "../runtime.ts";
import type { Attached } from "./attached.ts";
import { type Death, deathSentence } from "./deaths.ts";
import { ifMissing } from "./engineAnswers.ts";
import { type ContainerEvent, watchEvents } from "./engineEvents.ts";
import { startHeartbeat } from "./heartbeat.ts";

export interface LifeOptions {
  readonly docker: Docker;
  readonly container: string;
  readonly memoryMegabytes: number;
  /** How long it may be paused; a minute. */
  readonly pauseMs?: number | undefined;
  /** Hears while the sandbox is paused, and an empty text when it goes on. */
  readonly onPhase: (phase: string) => void;
  readonly log: Log;
}

const intervalMs = 2_000;
const patienceMs = 5_000;
/** One that runs, as the engine says, may be silent for so long. */
const busyPatienceMs = 30_000;
const usualPauseMs = 60_000;
/** So long after a connection has broken, what the engine says of the container may still come. */
const settleMs = 400;
const answerMs = 2_000;

/** Whether a container lives, and why it does not any more. Starts to listen before the container is started; disposing ends it, and nothing is lost then. */
export class Life implements Disposable {
  readonly #options: LifeOptions;
  readonly #lost = new AbortController();
  readonly #disposables = new DisposableStack();
  #attached: Attached | undefined;
  #oomAt = -Infinity;
  #signal: number | undefined;
  #isEngineGone = false;
  /** Runs while it is paused. */
  #pause: NodeJS.Timeout | undefined;
  #isDeciding = false;
  /** Aborts with a RuntimeError when the container has gone. */
  readonly lost: AbortSignal = this.#lost.signal;

  constructor(options: LifeOptions) {
    this.#options = options;
    const { docker, container } = options;
    const listener = { onEvent: (event: ContainerEvent) => this.#take(event), onEnd: () => void (this.#isEngineGone = true) };
    this.#disposables.use(watchEvents(docker, container, listener));
    this.#disposables.defer(() => clearTimeout(this.#pause));
  }

  /** From here on the stream is watched, too, and the server is asked for an answer again and again. */
  attach(attached: Attached, ping: () => Promise<unknown>): void {
    this.#attached = attached;
    attached.stream.once("close", () => void this.#broken());
    this.#disposables.use(startHeartbeat({ ping, intervalMs, patienceMs, onSilence: (silentMs) => this.#isStillThere(silentMs) }));
  }

  /** Why requests fail; waits a moment for it. Undefined: it lives, or was ended on purpose. */
  async cause(): Promise<RuntimeError | undefined> {
    const known = (): RuntimeError | undefined => (this.lost.reason instanceof RuntimeError ? this.lost.reason : undefined);
    if (this.lost.aborted || this.#disposables.disposed || this.#attached?.stream.destroyed !== true) return known();
    await sleep(settleMs + answerMs, undefined, { signal: this.lost }).catch(() => undefined);
    return known();
  }

  [Symbol.dispose](): void {
    this.#disposables.dispose();
  }

  #take({ action, exitCode, signal }: ContainerEvent): void {
    this.#options.log.debug("the engine says of a sandbox", { action, exitCode, signal });
    if (action === "oom") this.#oomAt = performance.now();
    if (action === "kill") this.#signal = signal;
    if (action === "pause") this.#paused();
    if (action === "unpause") this.#resumed();
    if (action === "die" || action === "died") void this.#died(exitCode);
    if (action === "destroy" || action === "remove") void this.#died(undefined);
  }

  #paused(): void {
    if (this.#pause !== undefined) return;
    this.#options.onPhase("The sandbox is paused from outside");
    this.#pause = setTimeout(() => this.#end({ kind: "paused" }), this.#options.pauseMs ?? usualPauseMs);
  }

  #resumed(): void {
    if (this.#pause === undefined) return;
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#options.onPhase("");
  }

  async #died(exitCode: number | undefined): Promise<void> {
    if (this.#isDeciding) return;
    this.#isDeciding = true;
    // An engine that stops ends its containers first.
    await sleep(settleMs / 2);
    if (this.#isEngineGone) return this.#end({ kind: "engine" });
    const isMemory = this.#signal === undefined && performance.now() - this.#oomAt < 5_000;
    if (isMemory) return this.#end({ kind: "memory", megabytes: this.#options.memoryMegabytes });
    if (this.#signal !== undefined) return this.#end({ kind: this.#signal === 9 ? "killed" : "stopped" });
    this.#end({ kind: "ended", exitCode, words: this.#attached?.errors() ?? "" });
  }

  /** The stream has ended: by the container's end, of which the engine tells; or by that of the connection. */
  async #broken(): Promise<void> {
    await sleep(settleMs);
    if (this.#isDeciding || this.#disposables.disposed) return;
    if (this.#isEngineGone) return this.#end({ kind: "engine" });
    const found = await this.#inspect();
    if (this.#isDeciding) return;
    this.#end(found === "unreachable" ? { kind: "engine" } : found === undefined ? { kind: "removed" } : { kind: "connection" });
  }

  /** Nothing was heard for long: whether there is a reason to wait on. */
  async #isStillThere(silentMs: number): Promise<boolean> {
    if (this.#disposables.disposed || this.#pause !== undefined) return true;
    const found = await this.#inspect();
    if (found !== undefined && found !== "unreachable" && found.State.Paused) {
      this.#paused();
      return true;
    }
    // While its memory is used up and the kernel looks for what to end, everything in there stands still.
    if (found !== undefined && found !== "unreachable" && silentMs < busyPatienceMs) return true;
    this.#end(found === "unreachable" ? { kind: "engine" } : found === undefined ? { kind: "removed" } : { kind: "silent" });
    return false;
  }

  async #inspect(): Promise<Docker.ContainerInspectInfo | "unreachable" | undefined> {
    const { docker, container } = this.#options;
    try {
      return await docker
        .getContainer(container)
        .inspect({ abortSignal: AbortSignal.timeout(answerMs) })
        .catch(ifMissing);
    } catch {
      // Because an engine that does not answer is what is to be told.
      return "unreachable";
    }
  }

  #end(death: Death): void {
    if (this.#disposables.disposed || this.lost.aborted) return;
    const sentence = deathSentence(death);
    this.#options.log.warn("a sandbox is lost", { ...death, words: undefined });
    this.#lost.abort(new RuntimeError("unreachable", sentence));
    this.#disposables.dispose();
    this.#attached?.stream.destroy();
  }
}
