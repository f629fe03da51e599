import type { JSX } from "preact";

/** A codicon; never read aloud, so what it means is also in words. */
export function Icon({ name }: { readonly name: string }): JSX.Element {
  return <span class={`codicon codicon-${name}`} aria-hidden="true" />;
}
