import { ok } from "node:assert/strict";

const busyMs = 10_000;

/**
 * Fails when `tookMs` is far over what is promised of a machine that has nothing else to do. A busy one may take some seconds longer, which is
 * still far from the time after which a test gives up waiting.
 */
export function tookAtMost(promisedMs: number, tookMs: number, what = "It"): void {
  ok(tookMs < promisedMs + busyMs, `${what} took ${Math.round(tookMs)} ms; promised are ${promisedMs}.`);
}
