/** Our private OSC number; nobody else uses it, and terminals ignore what they do not know. */
const osc = "7717";
/** A folder's path of 4096 bytes, each written as `%XX`, fits. */
const longestBody = 16 * 1024;

/** A marker's text begins with this, and ends with BEL; `token` is a secret of the shell's session. */
export function markerStart(token: string): string {
  return `\x1b]${osc};${token};`;
}

/** How a shell's `printf` and prompt strings write the same, with the escape character as a backslash sequence. */
export function markerStartInShell(token: string): string {
  return `\\e]${osc};${token};`;
}

/** A stretch of the stream: bytes as they came, or the body of one of our markers. */
export type Piece = { readonly kind: "bytes"; readonly bytes: Buffer } | { readonly kind: "marker"; readonly body: Buffer };

/**
 * Takes our markers out of a stream of bytes, wherever a chunk may end.
 *
 * What only looks like a marker (another token, too long, never ended) comes out as the bytes it is. At most one
 * unfinished marker is kept back from one chunk to the next.
 */
export class MarkerScanner {
  readonly #start: Buffer;
  #held: Buffer = Buffer.alloc(0);

  constructor(token: string) {
    this.#start = Buffer.from(markerStart(token), "latin1");
  }

  push(chunk: Buffer): Piece[] {
    const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const pieces: Piece[] = [];
    let from = 0;
    let searchFrom = 0;
    for (;;) {
      const at = data.indexOf(this.#start, searchFrom);
      if (at === -1) return this.#keep(pieces, data, from, this.#beginOfPartialStart(data, searchFrom));
      const bodyAt = at + this.#start.length;
      const end = data.indexOf(0x07, bodyAt);
      if (end === -1 && data.length - bodyAt <= longestBody) return this.#keep(pieces, data, from, at);
      searchFrom = bodyAt;
      if (end === -1 || end - bodyAt > longestBody) continue;
      addBytes(pieces, data.subarray(from, at));
      pieces.push({ kind: "marker", body: data.subarray(bodyAt, end) });
      from = searchFrom = end + 1;
    }
  }

  /** What was kept back, when the stream has ended. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }

  #keep(pieces: Piece[], data: Buffer, from: number, keepFrom: number): Piece[] {
    addBytes(pieces, data.subarray(from, keepFrom));
    // A copy, because a small rest would keep the whole chunk alive.
    this.#held = Buffer.from(data.subarray(keepFrom));
    return pieces;
  }

  /** Where the longest end of `data` begins that could still become a marker. */
  #beginOfPartialStart(data: Buffer, searchFrom: number): number {
    let at = data.indexOf(0x1b, Math.max(searchFrom, data.length - this.#start.length + 1));
    while (at !== -1) {
      if (this.#start.subarray(0, data.length - at).equals(data.subarray(at))) return at;
      at = data.indexOf(0x1b, at + 1);
    }
    return data.length;
  }
}

function addBytes(pieces: Piece[], bytes: Buffer): void {
  if (bytes.length > 0) pieces.push({ kind: "bytes", bytes });
}
