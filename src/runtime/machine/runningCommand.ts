import type { TerminalRequest, TerminalResult } from "../../protocol/runtime.ts";
import type { OutputListener, TerminalOptions } from "../runtime.ts";
import { HeadTail } from "./headTail.ts";
import type { Ready } from "./holdback.ts";
import { PlainText } from "./plainText.ts";
import type { WholeOutput } from "./wholeOutput.ts";

export type Outcome = TerminalResult["outcome"];
export type End = Extract<Outcome, { type: "completed" | "shell_ended" }>;

/** One command from its start to its end, with the output that nobody was told yet. */
export class RunningCommand {
  /** Whether it was typed at the terminal by a person. */
  readonly isPersons: boolean;
  /** Null: it was typed at the terminal, and what it says is not known. */
  readonly text: string | null;
  readonly #kept = new HeadTail();
  readonly #whole: WholeOutput | undefined;
  readonly #plain = new PlainText((text) => {
    this.#kept.append(text);
    this.#whole?.append(text);
  });
  readonly #outputListeners = new Set<OutputListener>();
  readonly #ended = Promise.withResolvers<End>();
  #end: End | undefined;
  #lastOutputAt = 0;
  /** Whether an answer has said that it still runs, so that its end has to be told too. */
  isTold = false;

  constructor(owner: "agent" | "person", text: string | null = null, whole?: WholeOutput) {
    this.isPersons = owner === "person";
    this.text = text;
    this.#whole = whole;
  }

  get end(): End | undefined {
    return this.#end;
  }

  /** Gives when all who watch can take more. */
  receive(text: string): Ready {
    this.#lastOutputAt = performance.now();
    this.#plain.push(text);
    const busy: PromiseLike<unknown>[] = [];
    for (const listener of this.#outputListeners) {
      const ready: unknown = listener(text);
      if (isPromise(ready)) busy.push(ready);
    }
    return busy.length === 0 ? undefined : Promise.all(busy).then(() => undefined);
  }

  finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#ended.resolve(end);
  }

  /** What is new since the last call. */
  takeOutput(): Pick<TerminalResult, "output" | "omittedBytes" | "fullOutput"> {
    this.#plain.flush();
    const { text, omittedBytes } = this.#kept.take();
    const fullOutput = this.#whole?.told();
    return { output: text, omittedBytes, ...(fullOutput === undefined ? {} : { fullOutput }) };
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
  async wait(request: TerminalRequest, { signal, onOutput }: TerminalOptions, isReading: IsReading = never): Promise<Outcome | undefined> {
    if (this.#end !== undefined) return this.#end;
    const { promise, resolve } = Promise.withResolvers<Outcome | undefined>();
    const since = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const reason = request.timeoutMs === undefined ? "no_change" : "timeout";
    const watchesInput = request.type !== "poll" && reason === "no_change";
    let looks = 0;
    const check = async (): Promise<void> => {
      const leftMs = this.#leftMs(request, since);
      const isSilent = watchesInput && performance.now() - Math.max(since, this.#lastOutputAt) >= silenceMs;
      const reads = (leftMs <= 0 || isSilent) && (await isReading());
      looks = isSilent && reads ? looks + 1 : 0;
      if (leftMs <= 0 || looks >= enoughLooks) resolve({ type: "running", reason, ...(reads ? { waitsForInput: true } : {}) });
      else if (!isOver) timer = setTimeout(() => void check(), Math.min(leftMs, watchesInput ? lookEveryMs : longestTimer));
    };
    const abort = (): void => resolve(undefined);
    signal.addEventListener("abort", abort);
    if (onOutput !== undefined) this.#outputListeners.add(onOutput);
    void this.#ended.promise.then(resolve);
    void check();
    try {
      return await promise;
    } finally {
      isOver = true;
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

/** Whether the command is blocked reading its terminal; must not reject. */
export type IsReading = () => Promise<boolean>;

const never: IsReading = () => Promise.resolve(false);

/** A program that asks has said what it wants by then; looking twice, because one that computes may look so for a moment. */
const silenceMs = 2000;
const lookEveryMs = 500;
const enoughLooks = 2;

/** Because setTimeout takes no more than 31 bits, and anything above fires at once. */
const longestTimer = 2 ** 31 - 1;

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return value instanceof Promise;
}
