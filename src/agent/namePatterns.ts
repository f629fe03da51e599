import { TookTooLong, timeLimited } from "../runtime/timeLimited.ts";

/** All of them together, because nothing else happens in this process meanwhile. */
const longestLookMs = 100;

/**
 * Which of these texts match which of these regular expressions, which a client has sent. One that cannot be read matches nothing. What is not known in time
 * is undefined: an expression can take for ever on some text.
 */
export function matchEach(asked: readonly { readonly pattern: string; readonly text: string }[]): readonly (boolean | undefined)[] {
  // Most often there is none, and a context to look in takes a millisecond.
  if (asked.length === 0) return [];
  const found: (boolean | undefined)[] = asked.map(() => undefined);
  const look = timeLimited(longestLookMs, () => {
    for (const [index, { pattern, text }] of asked.entries()) found[index] = compiled(pattern)?.test(text) ?? false;
  });
  try {
    look();
  } catch (error) {
    if (!(error instanceof TookTooLong)) throw error;
  }
  return found;
}

function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}
