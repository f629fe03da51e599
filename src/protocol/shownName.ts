const mostCharacters = 400;

/**
 * A file's name, or a sentence with some, that a sandbox has given, as a person may read it: what cannot be seen, ends a line or turns its
 * direction is written out, so that it looks like no other name; nothing of it is a link where VS Code would make one; and it is short.
 */
export function shownName(name: string): string {
  const short = name.length > mostCharacters ? `${name.slice(0, mostCharacters)}…` : name;
  return short.replaceAll(unseen, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`).replaceAll("](", "] (");
}

/** Control and format characters, ends of lines, halves of pairs, and letters without a shape. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f]/gu;
