import { matchEach } from "../agent/namePatterns.ts";

/**
 * Those whose names begin with a match of `filter`, as the official server takes it; all without one. One that is no regular expression, or takes too long,
 * lets none pass: a filter keeps tools from an agent.
 */
export function filtered<Named extends { readonly name: string }>(
  all: readonly Named[],
  filter: string | null | undefined,
): readonly Named[] {
  if (!filter) return all;
  const found = matchEach(all.map(({ name }) => ({ pattern: `^(?:${filter})`, text: name })));
  return all.filter((_, index) => found[index] ?? false);
}
