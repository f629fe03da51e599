import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { displaySeconds } from "../protocol/display.ts";

const minuteMs = 60_000;

/**
 * The time of the log's clock in ms, each second while `isRunning`.
 *
 * The log's timestamps are local times of the host, which may be in another zone than the view.
 */
export function createClock(isRunning: ReadonlySignal<boolean>, hostOffset: ReadonlySignal<number | undefined>): ReadonlySignal<number> {
  const now = signal(Date.now());
  effect(() => {
    if (!isRunning.value) return undefined;
    const tick = (): void => {
      const here = new Date().getTimezoneOffset();
      now.value = Date.now() + (here - (hostOffset.value ?? here)) * minuteMs;
    };
    tick();
    const timer = setInterval(tick, 1000);
    return () => {
      clearInterval(timer);
    };
  });
  return now;
}

/** Whole seconds since `from`: "4 s", "2 min 5 s". Empty when `from` is not a time. */
export function elapsed(from: string, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(from)) / 1000));
  return Number.isNaN(seconds) ? "" : displaySeconds(seconds);
}
