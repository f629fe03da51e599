import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icon.tsx";
import { useKept } from "./kept.ts";

interface CollapsibleProps {
  /** Unique in the log: what the person has chosen is kept by it. */
  readonly name: string;
  /** What the line says; also the button's accessible name. */
  readonly line: ComponentChildren;
  readonly class?: string;
  /** Holds until the person opens or closes it. */
  readonly isOpen: boolean;
  /** Drawn only while open. */
  readonly body: () => ComponentChildren;
}

/** One line that opens: by click, Enter, or the right arrow; the left arrow closes. */
export function Collapsible({ name, line, class: kind = "", isOpen, body }: CollapsibleProps): JSX.Element {
  const [chosen, choose] = useKept(name);
  const open = chosen ?? isOpen;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowRight") choose(true);
    if (event.key === "ArrowLeft") choose(false);
  };
  return (
    <>
      <button type="button" class={`line ${kind}`} aria-expanded={open} onClick={() => choose(!open)} onKeyDown={onKeyDown}>
        <Icon name={open ? "chevron-down" : "chevron-right"} />
        {line}
      </button>
      {open && <div class="line-body">{body()}</div>}
    </>
  );
}
