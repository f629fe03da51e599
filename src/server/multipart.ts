import { Refusal } from "./answers.ts";

const mostHeaderBytes = 8 * 1024;
const mostOtherBytes = 1024 * 1024;

/**
 * The content of the field `file` of a multipart/form-data body (RFC 7578) while it comes; little more than one chunk is held. Rejects with a
 * Refusal when there is none. Reading it rejects when the body ends before the field does.
 */
export async function filePart(body: AsyncIterable<Uint8Array> | undefined, contentType: string): Promise<AsyncIterable<Uint8Array>> {
  const boundary = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  if (boundary === null || body === undefined) throw missing();
  const reader = new PartReader(body, boundary[1] ?? boundary[2] ?? "");
  await reader.skip();
  for (;;) {
    const headers = await reader.headers();
    if (headers === undefined) throw missing();
    if (/^content-disposition:.*;\s*name="?file"?\s*(?:;|$)/im.test(headers)) return reader.content();
    await reader.skip();
  }
}

function missing(): Refusal {
  return new Refusal(422, [{ type: "missing", loc: ["body", "file"], msg: "Field required", input: null }]);
}

async function* chunksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield* body;
}

class PartReader {
  readonly #chunks: AsyncIterator<Uint8Array, void>;
  readonly #delimiter: Buffer;
  /** As if the body began with a line break, which the first boundary has none of. */
  #held = Buffer.from("\r\n");
  #skipped = 0;

  constructor(body: AsyncIterable<Uint8Array>, boundary: string) {
    this.#chunks = chunksOf(body);
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  /** To behind the next delimiter. */
  async skip(): Promise<void> {
    for await (const part of this.content()) {
      this.#skipped += part.length;
      if (this.#skipped > mostOtherBytes) throw new Refusal(413, "The other fields of the form are too large.");
    }
  }

  /** Of the part that begins here; undefined at the end of the form. */
  async headers(): Promise<string | undefined> {
    for (;;) {
      if (this.#held.subarray(0, 2).toString("latin1") === "--") return undefined;
      const end = this.#held.indexOf("\r\n\r\n");
      if (end >= 0) {
        const text = this.#held.subarray(0, end).toString("utf8");
        this.#held = this.#held.subarray(end + 4);
        return text.trim();
      }
      if (this.#held.length > mostHeaderBytes) throw new Refusal(400, "The headers of a field are too long.");
      await this.#more();
    }
  }

  /** What comes before the next delimiter, which is read as well. */
  async *content(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const end = this.#held.indexOf(this.#delimiter);
      if (end >= 0) {
        const last = this.#held.subarray(0, end);
        this.#held = this.#held.subarray(end + this.#delimiter.length);
        if (last.length > 0) yield last;
        return;
      }
      // The end of what is held may be the begin of a delimiter.
      const safe = this.#held.length - this.#delimiter.length;
      if (safe > 0) {
        const part = this.#held.subarray(0, safe);
        this.#held = this.#held.subarray(safe);
        yield part;
      }
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw new Refusal(400, "The form ends before its last field does.");
    this.#held = Buffer.concat([this.#held, next.value]);
  }
}
