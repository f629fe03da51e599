/** Whether `shortText` has left something out of `text`. */
export function isShort(text: string): boolean {
  return /\n\[… \d+ characters are left out here …\]\n/.test(text);
}

/** `text` with the middle left out when it has more than `most` characters: two thirds of what is left are from its beginning. */
export function shortText(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, Math.ceil((most * 2) / 3)).replace(/[\uD800-\uDBFF]$/, "");
  const tail = text.slice(text.length - Math.floor(most / 3)).replace(/^[\uDC00-\uDFFF]/, "");
  return `${head}\n[… ${text.length - head.length - tail.length} characters are left out here …]\n${tail}`;
}
