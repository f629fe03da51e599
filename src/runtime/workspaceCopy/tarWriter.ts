import { Readable } from "node:stream";
import { type Header, type Pack, pack } from "tar-stream";
import { RuntimeError } from "../runtime.ts";

export type TarHeader = Pick<Header, "name" | "mode" | "mtime"> & Partial<Pick<Header, "type" | "size" | "linkname">>;

const chunkBytes = 256 * 1024;

/** A tar that is written while it is read. Each method resolves when there is room for more, and rejects when nobody reads any more. */
export class TarWriter {
  readonly #pack: Pack = pack();
  readonly #unread = Promise.withResolvers<never>();
  /** The tar's bytes; destroying it ends the writing. */
  readonly bytes: Readable;

  constructor() {
    this.#unread.promise.catch(() => undefined);
    this.#pack.on("error", () => undefined);
    this.bytes = Readable.from(inChunks(this.#pack), { objectMode: true, highWaterMark: 4 });
    this.bytes.once("close", () => this.#unread.reject(new RuntimeError("closed", "Nobody reads the copy any more.")));
  }

  async whole(header: TarHeader, content?: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (content === undefined) this.#pack.entry(header, () => resolve());
    else this.#pack.entry({ ...header, size: content.length }, content, () => resolve());
    await Promise.race([promise, this.#unread.promise]);
  }

  /** `parts` give exactly as many bytes as `header` says. */
  async inParts(header: TarHeader & { readonly size: number }, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const sink = this.#pack.entry(header, () => resolve());
    sink.on("error", () => undefined);
    for await (const part of parts) {
      if (!sink.write(part))
        await Promise.race([new Promise<void>((drained) => sink.once("drain", () => drained())), this.#unread.promise]);
    }
    sink.end(undefined);
    await Promise.race([promise, this.#unread.promise]);
  }

  end(): void {
    this.#pack.finalize();
  }

  /** Breaks the tar off: who reads it hears of the error. */
  fail(error: Error): void {
    this.bytes.destroy(error);
  }
}

/** Larger pieces than a tar's many small ones, because each piece costs time on its way. */
async function* inChunks(tar: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const part of tar) {
    if (!(part instanceof Uint8Array)) continue;
    waiting.push(part);
    size += part.length;
    if (size < chunkBytes) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    size = 0;
  }
  yield Buffer.concat(waiting);
}
