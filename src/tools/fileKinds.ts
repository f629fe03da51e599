/** What bytes begin with, what that makes them, and the media type of the images that a model can be shown. */
const kinds: readonly { readonly begin: string; readonly at?: number; readonly name: string; readonly image?: string }[] = [
  { begin: "\x89PNG\r\n\x1a\n", name: "a PNG image", image: "image/png" },
  { begin: "\xff\xd8\xff", name: "a JPEG image", image: "image/jpeg" },
  { begin: "GIF87a", name: "a GIF image", image: "image/gif" },
  { begin: "GIF89a", name: "a GIF image", image: "image/gif" },
  { begin: "WEBP", at: 8, name: "a WebP image", image: "image/webp" },
  { begin: "%PDF-", name: "a PDF document" },
  { begin: "PK\x03\x04", name: "a ZIP archive or a document made of one" },
  { begin: "\x1f\x8b", name: "gzip data" },
  { begin: "\x7fELF", name: "a program" },
  { begin: "MZ", name: "a Windows program" },
  { begin: "SQLite format 3\0", name: "an SQLite database" },
  { begin: "\0asm", name: "a WebAssembly module" },
  { begin: "\xca\xfe\xba\xbe", name: "a Java class or a macOS program" },
];
const bitmap = { name: "a BMP image", image: "image/bmp" };

export interface FileKind {
  /** In words: "a PNG image". */
  readonly name: string;
  /** The media type of an image that a model can be shown. */
  readonly image?: string;
}

/** What the bytes of a binary file are, by how they begin; the name of the file says nothing. */
export function fileKind(bytes: Uint8Array): FileKind {
  const begin = Buffer.from(bytes.subarray(0, 32)).toString("latin1");
  const found = kinds.find((kind) => begin.startsWith(kind.begin, kind.at ?? 0));
  if (found !== undefined) return found;
  // Two letters are little, so that the bytes which must be zero are looked at too.
  return begin.startsWith("BM") && begin.slice(6, 10) === "\0\0\0\0" ? bitmap : { name: "a binary file" };
}
