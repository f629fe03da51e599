import type { JSX } from "preact";
import type { View } from "../protocol/view.ts";
import { Icon } from "./icon.tsx";

/** Why the model does not answer; when it is asked again is in the status line. */
export function ModelWait({ waiting }: { readonly waiting: NonNullable<View["waiting"]> }): JSX.Element {
  return (
    <div class="row notice wait" role="group" aria-label={`The model does not answer: ${waiting.reason}`}>
      <Icon name="watch" />
      <span>{waiting.reason}</span>
    </div>
  );
}
