/** A text file as it is edited: its text, and what must come back when it is written. */
export interface TextFile {
  /** With the line ends of the file, without its byte order mark. */
  readonly text: string;
  readonly encoding: "utf-8" | "utf-16le" | "latin1";
  readonly hasBom: boolean;
}

/** The text in `bytes`, or undefined when they are no text (a NUL byte outside UTF-16, half a character in it). Bytes that are no UTF-8 are read as Latin-1. */
export function decodeText(bytes: Uint8Array): TextFile | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes);
  if (bytes.includes(0)) return undefined;
  const hasBom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "utf-8", hasBom };
  } catch {
    // Not UTF-8. Latin-1 maps every byte to one character and back, so that nothing outside the edit changes.
    return { text: Buffer.from(bytes).toString("latin1"), encoding: "latin1", hasBom: false };
  }
}

/** Bytes that are not wholly UTF-16 would not come back as they were, so they are no text. */
function decodeUtf16(bytes: Uint8Array): TextFile | undefined {
  try {
    return { text: new TextDecoder("utf-16le", { fatal: true }).decode(bytes), encoding: "utf-16le", hasBom: true };
  } catch {
    return undefined;
  }
}

/** The bytes of `file` with `text` in place of its text. A character that Latin-1 lacks turns the file into UTF-8. */
export function encodeText(file: Omit<TextFile, "text">, text: string): Uint8Array {
  if (file.encoding === "utf-16le") return Buffer.from(`\uFEFF${text}`, "utf16le");
  if (file.encoding === "latin1" && /^[\0-\u00FF]*$/.test(text)) return Buffer.from(text, "latin1");
  return Buffer.from(file.hasBom ? `\uFEFF${text}` : text, "utf-8");
}

/** The line end that most lines of `text` have. */
export function lineEndOf(text: string): "\n" | "\r\n" {
  const all = text.split("\n").length - 1;
  const windows = text.split("\r\n").length - 1;
  return windows * 2 > all ? "\r\n" : "\n";
}

/** Where `part` (with `\n` line ends) stands in `text` (with any), as offsets of `text`. Overlaps are not counted. */
export function occurrences(text: string, part: string): { readonly start: number; readonly end: number }[] {
  const { normal, offsets } = normalized(text);
  const wanted = part.replaceAll("\r\n", "\n");
  const found: { start: number; end: number }[] = [];
  for (let at = normal.indexOf(wanted); at !== -1; at = normal.indexOf(wanted, at + wanted.length)) {
    found.push({ start: offsets(at), end: offsets(at + wanted.length) });
  }
  return found;
}

/** `text` with `\n` line ends, and the way back from its offsets to those of `text`. */
function normalized(text: string): { readonly normal: string; readonly offsets: (offset: number) => number } {
  if (!text.includes("\r\n")) return { normal: text, offsets: (offset) => offset };
  const removed: number[] = [];
  let count = 0;
  const normal = text.replaceAll("\r\n", (_, at: number) => {
    removed.push(at - count++);
    return "\n";
  });
  return { normal, offsets: (offset) => offset + countBelow(removed, offset) };
}

/** How many of the ascending `numbers` are smaller than `limit`. */
function countBelow(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
