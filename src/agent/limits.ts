import type { Llm, LlmReply } from "../llm/llm.ts";
import { displayCost } from "../protocol/display.ts";
import { defaultMaxSteps } from "../protocol/settings.ts";
import type { ConversationState, Limits } from "../protocol/state.ts";

/** A run has used what it was allowed; the message says which limit, what is kept, and how to go on. */
export class LimitReached extends Error {
  override readonly name = "LimitReached";
  readonly code: "MaxIterationsReached" | "MaxBudgetReached" | "MaxTokensReached" | "MaxTimeReached";

  constructor(code: LimitReached["code"], what: string) {
    super(`${what} Everything done so far is kept; send a message to go on, or raise the limit.`);
    this.code = code;
  }
}

/** What a run has used so far; it is counted on when an answer of the person lets it go on. */
export interface Spent {
  steps: number;
  tokens: number;
  costUsd: number;
  /** While it worked; waiting for an answer does not count. */
  workedMs: number;
}

export const nothingSpent = (): Spent => ({ steps: 0, tokens: 0, costUsd: 0, workedMs: 0 });

/**
 * What one run may use, counted from its begin (reliability.md LF-21). A limit that cannot be counted ends the run, because a person who
 * sets one relies on it.
 */
export class Allowance implements Disposable {
  readonly #limits: Limits;
  readonly #maxSteps: number;
  readonly #hasPrice: boolean;
  readonly #timeUp = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #spent: Spent;
  readonly #begunAt = performance.now();
  #uncounted: LimitReached | undefined;

  /** Counts on what is `spent`. */
  constructor({ limits = {}, max_iterations }: Pick<ConversationState, "limits" | "max_iterations">, llm: Llm, spent = nothingSpent()) {
    this.#spent = spent;
    this.#limits = limits;
    this.#maxSteps = max_iterations ?? defaultMaxSteps;
    this.#hasPrice = llm.hasPrice;
    const { max_wall_seconds } = limits;
    // Longer than a timer can be is longer than any run.
    if (max_wall_seconds !== undefined && max_wall_seconds < 2_000_000) {
      const error = new LimitReached("MaxTimeReached", `The limit of ${amount(max_wall_seconds, "second")} is reached.`);
      this.#timer = setTimeout(() => this.#timeUp.abort(error), Math.max(0, max_wall_seconds * 1000 - spent.workedMs));
    }
  }

  /** Aborts with a LimitReached when the time is up: what runs then is interrupted. */
  get timeUp(): AbortSignal {
    return this.#timeUp.signal;
  }

  /** Before each step: throws a LimitReached when nothing is left for it. */
  take(): void {
    const { max_cost_usd, max_tokens } = this.#limits;
    const { steps, tokens, costUsd } = this.#spent;
    if (this.#uncounted) throw this.#uncounted;
    if (max_cost_usd !== undefined && !this.#hasPrice) throw unknownPrice(max_cost_usd);
    if (steps >= this.#maxSteps)
      throw new LimitReached("MaxIterationsReached", `The limit of ${amount(this.#maxSteps, "step")} is reached.`);
    if (max_cost_usd !== undefined && costUsd >= max_cost_usd)
      throw new LimitReached(
        "MaxBudgetReached",
        `The limit of ${displayCost(max_cost_usd)} is reached: this run has cost ${displayCost(costUsd)}.`,
      );
    if (max_tokens !== undefined && tokens >= max_tokens)
      throw new LimitReached("MaxTokensReached", `The limit of ${amount(max_tokens, "token")} is reached: this run has used ${tokens}.`);
    this.#spent.steps++;
  }

  /** After each reply. */
  count({ usage, costUsd }: Pick<LlmReply, "usage" | "costUsd">): void {
    const { max_cost_usd, max_tokens } = this.#limits;
    this.#spent.tokens += (usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0);
    this.#spent.costUsd += costUsd ?? 0;
    if (max_cost_usd !== undefined && costUsd === undefined) this.#uncounted = unknownPrice(max_cost_usd);
    if (max_tokens !== undefined && usage === undefined)
      this.#uncounted = new LimitReached(
        "MaxTokensReached",
        `The provider does not say how many tokens a reply takes, so the limit of ${amount(max_tokens, "token")} cannot be kept.`,
      );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#spent.workedMs += performance.now() - this.#begunAt;
  }
}

function unknownPrice(maxCostUsd: number): LimitReached {
  return new LimitReached(
    "MaxBudgetReached",
    `What the model costs is not known, so the limit of ${displayCost(maxCostUsd)} cannot be kept. Set its prices, or leave out the limit.`,
  );
}

const amount = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
