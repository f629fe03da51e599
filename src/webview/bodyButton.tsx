import type { JSX } from "preact";

interface BodyButtonProps {
  readonly label: string;
  /** The accessible name, when the label alone would not say it. */
  readonly name?: string;
  readonly title?: string;
  readonly onClick: () => void;
}

/** What can be done with the evidence above it. */
export function BodyButton({ label, name, title, onClick }: BodyButtonProps): JSX.Element {
  return (
    <button type="button" class="text-button" aria-label={name} title={title} onClick={onClick}>
      {label}
    </button>
  );
}
