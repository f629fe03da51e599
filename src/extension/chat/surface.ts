import type { Column } from "../edits/edits.ts";
import type { Chat } from "./chat.ts";

/** A place of the window that shows a chat. */
export interface Surface {
  readonly chat: Chat;
  readonly isVisible: boolean;
  /** Where editors are opened from here, so that they do not cover it. */
  readonly column: Column;
  /** Brings it to the front, with the keyboard. */
  reveal(): Promise<void>;
}

/** Is told what happens to a surface. */
export interface SurfaceListener {
  /** It shows something else, or is shown or hidden. */
  onChanged(surface: Surface): void;
  /** The person works in it. */
  onUsed(surface: Surface): void;
  /** Where its conversation acts has become known, or a step of it is over. */
  onStep(surface: Surface): void;
}
