import { useMemo } from "preact/hooks";
import type { View } from "../protocol/view.ts";
import { useSurroundings } from "./context.ts";

/** Whole seconds until the model is asked again; 0 when that is now, or nothing is waited for. */
export function useSecondsLeft(waiting: View["waiting"]): number {
  const { now } = useSurroundings();
  const until = useMemo(() => now.peek() + (waiting?.retryInMs ?? 0), [waiting]);
  return waiting === undefined ? 0 : Math.max(0, Math.ceil((until - now.value) / 1000));
}
