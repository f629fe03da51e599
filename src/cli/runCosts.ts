import { displayCost, displaySeconds } from "../protocol/display.ts";
import type { TokenUsage } from "../protocol/metrics.ts";
import { initialState } from "../protocol/state.ts";
import { initialView, type View } from "../protocol/view.ts";

export interface RunCosts {
  /** When a run begins: what is there already is not counted, and the clock starts. */
  begin(view: View): void;
  /** After each notification: what the reply took, in words, when one has just been counted. */
  count(view: View): string | undefined;
  /** "3 steps · 12 s · 1,234 tokens · $0.01". */
  summary(view: View): string;
}

/** Counts what one run takes. */
export function runCosts(): RunCosts {
  let start = initialView;
  let usage: TokenUsage = initialState.usage;
  let startedAt: number | undefined;
  return {
    begin: (view) => {
      start = view;
      startedAt = performance.now();
      ({ usage } = view.state);
    },
    count: ({ state }) => {
      if (state.usage === usage) return undefined;
      const before = usage;
      ({ usage } = state);
      const { prompt_tokens, completion_tokens, cache_read_tokens } = difference(usage, before);
      const cached = cache_read_tokens > 0 ? ` (${number(cache_read_tokens)} from the cache)` : "";
      return `${tokensText(prompt_tokens)} in${cached}, ${number(completion_tokens)} out · ${costText(start, state)} so far`;
    },
    summary: ({ state, rows }) => {
      const { prompt_tokens, completion_tokens } = difference(state.usage, start.state.usage);
      const steps = rows.slice(start.rows.length).filter((row) => row.type === "action").length;
      const parts = [
        steps === 1 ? "1 step" : `${steps} steps`,
        startedAt === undefined ? "" : displaySeconds(Math.round((performance.now() - startedAt) / 1000)),
      ];
      const isCounted = state.usage !== initialState.usage;
      return [...parts, ...(isCounted ? [tokensText(prompt_tokens + completion_tokens), costText(start, state)] : [])]
        .filter((part) => part !== "")
        .join(" · ");
    },
  };
}

function difference(now: TokenUsage, before: TokenUsage): TokenUsage {
  return {
    prompt_tokens: now.prompt_tokens - before.prompt_tokens,
    completion_tokens: now.completion_tokens - before.completion_tokens,
    cache_read_tokens: now.cache_read_tokens - before.cache_read_tokens,
    reasoning_tokens: now.reasoning_tokens - before.reasoning_tokens,
  };
}

function costText(start: View, { accumulated_cost: now }: View["state"]): string {
  const { accumulated_cost: before = 0 } = start.state;
  return now == null || before === null ? "cost unknown" : displayCost(now - before);
}

/** Not by the system's own tables, which take ten milliseconds to load. */
const number = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
const tokensText = (count: number): string => (count === 1 ? "1 token" : `${number(count)} tokens`);
