import { Duplex } from "node:stream";
import { frameReader } from "./frames.ts";

/** Both directions of a container's main process. */
export interface Attached {
  readonly stream: Duplex;
  /** What it has last written as errors, at most 64 kB. */
  errors(): string;
}

const mostErrorBytes = 64 * 1024;

/** `socket` is the engine's own, taken over for an attached container: plain bytes go in, frames come out. */
export function attached(socket: Duplex): Attached {
  let errors = Buffer.alloc(0);
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (bytes: Buffer, _encoding, done) => void socket.write(bytes, done),
    writev: (pieces, done) => void socket.write(Buffer.concat(pieces.map(({ chunk }: { chunk: Buffer }) => chunk)), done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  const take = frameReader({
    onOutput: (bytes) => void (stream.push(bytes) || socket.pause()),
    onError: (bytes) => {
      errors = Buffer.concat([errors, bytes.subarray(-mostErrorBytes)]).subarray(-mostErrorBytes);
    },
  });
  socket.on("data", (piece: Buffer) => {
    try {
      take(piece);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : undefined);
    }
  });
  socket.once("end", () => void stream.push(null));
  socket.once("error", (error) => stream.destroy(error));
  socket.once("close", () => stream.destroy());
  return { stream, errors: () => errors.toString("utf8") };
}
