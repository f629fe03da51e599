/** A text file as it is edited: its text, and what must come back when it is written. */
export interface TextFile {
  /** With the line ends of the file, without its byte order mark. */
  readonly text: string;
  readonly encoding: Encoding;
  readonly hasBom: boolean;
}

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

export type Decoded =
  | { readonly type: "text"; readonly file: TextFile }
  /** `text` is what can be read of it; it would not come back as it was. */
  | { readonly type: "unknown"; readonly why: string; readonly text: string }
  | { readonly type: "binary" };

/**
 * The text in `bytes`. Of those without a mark, what is no UTF-8 is read as Windows-1252, which gives every byte back as it was; but not
 * when that is unlikely to be what was written, because then an edit would put wrong letters into the file.
 */
export function decodeText(bytes: Uint8Array): Decoded {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes, "utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes, "utf-16be");
  if (bytes.includes(0)) return { type: "binary" };
  const hasBom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    return { type: "text", file: { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "utf-8", hasBom } };
  } catch {
    // Not UTF-8, which is no fault: it may be an older encoding.
    return decodeOlder(bytes);
  }
}

/** The bytes of `file` with `text` in place of its text, and their encoding: UTF-8 when the file's own lacks a letter of `text`. */
export function encodeText(file: Omit<TextFile, "text">, text: string): { readonly bytes: Uint8Array; readonly encoding: Encoding } {
  const { encoding, hasBom } = file;
  if (encoding === "utf-16le") return { bytes: Buffer.from(`\uFEFF${text}`, "utf16le"), encoding };
  if (encoding === "utf-16be") return { bytes: Buffer.from(`\uFEFF${text}`, "utf16le").swap16(), encoding };
  const older = encoding === "windows-1252" ? toWindows1252(text) : undefined;
  if (older !== undefined) return { bytes: older, encoding };
  return { bytes: Buffer.from(hasBom ? `\uFEFF${text}` : text, "utf-8"), encoding: "utf-8" };
}

/** Bytes that are not wholly UTF-16 would not come back as they were. */
function decodeUtf16(bytes: Uint8Array, encoding: "utf-16le" | "utf-16be"): Decoded {
  try {
    return { type: "text", file: { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding, hasBom: true } };
  } catch {
    const why = "it begins like UTF-16 and has bytes that are not";
    return { type: "unknown", why, text: new TextDecoder(encoding).decode(bytes) };
  }
}

/** Control characters that text files do have: tabs, line and page ends, escape sequences. */
const noText = /[\x00-\x07\x0e-\x1a\x1c-\x1f]/;
const utf8Letter = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;
const high = /[\x80-\xff]/g;
/** Three letters beyond ASCII, not all the same: in Western languages they stand alone or in pairs. */
const highRun = /[\x80-\xff]{3,}/g;

function decodeOlder(bytes: Uint8Array): Decoded {
  const latin = Buffer.from(bytes).toString("latin1");
  if (noText.test(latin)) return { type: "binary" };
  const unknown = (why: string): Decoded => ({ type: "unknown", why, text: new TextDecoder().decode(bytes) });
  const whole = latin.match(utf8Letter)?.join("").length ?? 0;
  const all = latin.match(high)?.length ?? 0;
  if (whole > 0 && whole >= all - whole) return unknown("it mixes UTF-8 with other bytes");
  const inRuns = (latin.match(highRun) ?? []).filter((run) => new Set(run).size > 1).join("").length;
  if (inRuns > all / 2) return unknown("it is neither UTF-8 nor a Western encoding");
  return { type: "text", file: { text: fromWindows1252(latin), encoding: "windows-1252", hasBom: false } };
}

/** What Windows-1252 has at 0x80 to 0x9F; where it has nothing, the byte stands for itself. */
const windowsLetters = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
const letterOfByte = new Map(windowsLetters.split("").map((letter, index) => [String.fromCharCode(0x80 + index), letter]));
const byteOfLetter = new Map([...letterOfByte].map(([byte, letter]) => [letter, byte]));

function fromWindows1252(latin: string): string {
  return latin.replaceAll(/[\x80-\x9f]/g, (byte) => letterOfByte.get(byte) ?? byte);
}

/** Undefined when it has no byte for a letter. */
function toWindows1252(text: string): Uint8Array | undefined {
  const latin = text.replaceAll(/[^\0-\x7f\xa0-\xff]/g, (letter) => byteOfLetter.get(letter) ?? letter);
  return /^[\0-\xff]*$/.test(latin) ? Buffer.from(latin, "latin1") : undefined;
}
