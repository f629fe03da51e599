import type { JSX } from "preact";
import { Icon } from "./icon.tsx";

interface ButtonProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly kind?: "primary" | "secondary";
  readonly title?: string;
  readonly disabled?: boolean;
}

export function Button({ label, onClick, kind = "secondary", title, disabled = false }: ButtonProps): JSX.Element {
  return (
    <button type="button" class={`button ${kind}`} title={title} disabled={disabled} onClick={onClick}>
      {label}
    </button>
  );
}

interface IconButtonProps {
  readonly icon: string;
  /** The accessible name. */
  readonly label: string;
  readonly title?: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

export function IconButton({ icon, label, title = label, disabled = false, onClick }: IconButtonProps): JSX.Element {
  return (
    <button type="button" class="icon-button" aria-label={label} title={title} disabled={disabled} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
