import { Worker } from "node:worker_threads";
import type { CodeToken } from "../../protocol/chat.ts";
import type { Log } from "../../protocol/log.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { CodeAnswer, type WorkerStart } from "./messages.ts";

/** The pieces of each line. */
export type Lines = CodeToken[][];

export interface ColourOptions {
  /** The program of the thread. */
  readonly worker: string | URL;
  readonly start: WorkerStart;
  readonly log: Log;
  /** For one block; the thread is ended when it takes longer. */
  readonly patienceMs?: number;
  /** Without a question for so long the thread is ended. */
  readonly idleMs?: number;
}

const mostKept = 200;

/**
 * Colours of code from a thread that is started with the first question and ended when nobody asks. Blocks are done one after the other. A
 * block that takes too long, or whose grammar fails, has no colours, and is not tried again.
 */
export class CodeColours implements Disposable {
  readonly #options: Required<ColourOptions>;
  readonly #kept = new Map<string, Lines | undefined>();
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #count = 0;
  #isDisposed = false;

  constructor(options: ColourOptions) {
    this.#options = { patienceMs: 10_000, idleMs: 60_000, ...options };
  }

  /** Whether the thread is there. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  async colour(scope: string, text: string): Promise<Lines | undefined> {
    const key = `${scope}\n${text}`;
    const turn = this.#last.then(async () => {
      if (this.#kept.has(key) || this.#isDisposed) return this.#kept.get(key);
      const lines = await this.#ask(scope, text);
      this.#keep(key, lines);
      return lines;
    });
    this.#last = turn;
    return turn;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#end();
  }

  /** The oldest ones go when there are too many. */
  #keep(key: string, lines: Lines | undefined): void {
    this.#kept.set(key, lines);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) return;
      this.#kept.delete(old);
    }
  }

  async #ask(scope: string, text: string): Promise<Lines | undefined> {
    clearTimeout(this.#idle);
    const id = this.#count++;
    const worker = (this.#worker ??= this.#start());
    const { promise, resolve } = Promise.withResolvers<CodeAnswer>();
    const hear = (message: unknown): void => {
      const answer = CodeAnswer.safeParse(message).data;
      if (answer?.id === id) resolve(answer);
    };
    const end = (error?: unknown): void => resolve({ id, fault: error instanceof Error ? messageOf(error) : "the thread ended" });
    const timer = setTimeout(() => resolve({ id, fault: "it took too long" }), this.#options.patienceMs);
    worker.on("message", hear).once("error", end).once("exit", end);
    worker.postMessage({ id, scope, text });
    const { lines, fault } = await promise;
    clearTimeout(timer);
    worker.off("message", hear).off("error", end).off("exit", end);
    if (fault !== undefined) this.#options.log.debug("code has no colours", { scope, fault });
    // A thread that is at work on a hopeless block, or that failed, is of no use.
    if (fault !== undefined) this.#end();
    else this.#idle = setTimeout(() => this.#end(), this.#options.idleMs).unref();
    return lines;
  }

  #start(): Worker {
    const worker = new Worker(this.#options.worker, {
      workerData: this.#options.start,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
      stdout: true,
      stderr: true,
    });
    // Without a listener an error of the thread, between two questions, would be ours.
    worker.on("error", () => undefined).on("exit", () => this.#worker === worker && (this.#worker = undefined));
    worker.unref();
    return worker;
  }

  #end(): void {
    clearTimeout(this.#idle);
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}
