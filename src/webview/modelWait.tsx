import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { View } from "../protocol/view.ts";
import { useSurroundings } from "./context.ts";
import { Icon } from "./icon.tsx";

/** Why the model does not answer, and when it is asked again. */
export function ModelWait({ waiting }: { readonly waiting: NonNullable<View["waiting"]> }): JSX.Element {
  const { now } = useSurroundings();
  const until = useMemo(() => now.peek() + waiting.retryInMs, [waiting]);
  const seconds = Math.max(0, Math.ceil((until - now.value) / 1000));
  return (
    <div class="row notice wait" role="group" aria-label={`The model does not answer: ${waiting.reason}`}>
      <Icon name="watch" />
      <span>
        {waiting.reason} {seconds > 0 ? `Next try in ${seconds} s.` : "Trying again."}
      </span>
    </div>
  );
}
