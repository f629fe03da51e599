import type { TerminalRequest, TerminalResult } from "../../protocol/runtime.ts";
import type { TerminalOptions } from "../runtime.ts";
import { HeadTail } from "./headTail.ts";
import { PlainText } from "./plainText.ts";

export type Outcome = TerminalResult["outcome"];
export type End = Extract<Outcome, { type: "completed" | "shell_ended" }>;

/** One command from its start to its end, with the output that nobody was told yet. */
export class RunningCommand {
  /** Whether it was typed at the terminal by a person. */
  readonly isPersons: boolean;
  readonly #kept = new HeadTail();
  readonly #plain = new PlainText((text) => this.#kept.append(text));
  readonly #outputListeners = new Set<(text: string) => void>();
  readonly #ended = Promise.withResolvers<End>();
  #end: End | undefined;
  #lastOutputAt = 0;
  /** Whether an answer has said that it still runs, so that its end has to be told too. */
  isTold = false;

  constructor(owner: "agent" | "person") {
    this.isPersons = owner === "person";
  }

  get end(): End | undefined {
    return this.#end;
  }

  receive(text: string): void {
    this.#lastOutputAt = performance.now();
    this.#plain.push(text);
    for (const listener of this.#outputListeners) listener(text);
  }

  finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#ended.resolve(end);
  }

  /** What is new since the last call. */
  takeOutput(): { readonly output: string; readonly omittedBytes: number } {
    this.#plain.flush();
    const { text, omittedBytes } = this.#kept.take();
    return { output: text, omittedBytes };
  }

  /** Whether it ended within the time. */
  endsWithin(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, timeoutMs, false);
    void this.#ended.promise.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
    return promise;
  }

  /** How it stands when it has ended, when a limit of `request` is reached, or when the signal is aborted (undefined). */
  async wait(request: TerminalRequest, { signal, onOutput }: TerminalOptions): Promise<Outcome | undefined> {
    if (this.#end !== undefined) return this.#end;
    const { promise, resolve } = Promise.withResolvers<Outcome | undefined>();
    const since = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const check = (): void => {
      const leftMs = this.#leftMs(request, since);
      if (leftMs <= 0) resolve({ type: "running", reason: request.timeoutMs === undefined ? "no_change" : "timeout" });
      else timer = setTimeout(check, Math.min(leftMs, longestTimer));
    };
    const abort = (): void => resolve(undefined);
    signal.addEventListener("abort", abort);
    if (onOutput !== undefined) this.#outputListeners.add(onOutput);
    void this.#ended.promise.then(resolve);
    check();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      if (onOutput !== undefined) this.#outputListeners.delete(onOutput);
    }
  }

  #leftMs(request: TerminalRequest, since: number): number {
    if (request.timeoutMs !== undefined) return since + request.timeoutMs - performance.now();
    return Math.max(since, this.#lastOutputAt) + request.noChangeTimeoutMs - performance.now();
  }
}

/** Because setTimeout takes no more than 31 bits, and anything above fires at once. */
const longestTimer = 2 ** 31 - 1;
