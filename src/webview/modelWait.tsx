import type { JSX } from "preact";
import type { View } from "../protocol/view.ts";
import { useSecondsLeft } from "./countdown.ts";
import { Icon } from "./icon.tsx";

/** Why the model does not answer, and when it is asked again. */
export function ModelWait({ waiting }: { readonly waiting: NonNullable<View["waiting"]> }): JSX.Element {
  const seconds = useSecondsLeft(waiting);
  return (
    <div class="row notice wait" role="group" aria-label={`The model does not answer: ${waiting.reason}`}>
      <Icon name="watch" />
      <span>
        {waiting.reason} {seconds > 0 ? `Next try in ${seconds} s.` : "Trying again."}
      </span>
    </div>
  );
}
