import { deepEqual, equal, throws } from "node:assert/strict";
import { PassThrough } from "node:stream";
import { attached } from "../../../../src/runtime/docker/attached.ts";
import { frameReader } from "../../../../src/runtime/docker/frames.ts";

function frame(type: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

function reader() {
  const heard = { output: "", errors: "" };
  const take = frameReader({
    onOutput: (bytes) => (heard.output += bytes.toString()),
    onError: (bytes) => (heard.errors += bytes.toString()),
  });
  return { heard, take };
}

describe("the frames of an attached container", () => {
  const stream = Buffer.concat([frame(1, "one "), frame(2, "oh"), frame(1, ""), frame(0, "two "), frame(3, " no"), frame(1, "three")]);

  for (const size of [1, 3, 7, 8, 9, stream.length]) {
    it(`are read however they are cut: ${size} bytes at once`, () => {
      const { heard, take } = reader();
      for (let at = 0; at < stream.length; at += size) take(stream.subarray(at, at + size));
      deepEqual(heard, { output: "one two three", errors: "oh no" });
    });
  }

  it("are passed on before they are whole, however long they claim to be", () => {
    const { heard, take } = reader();
    take(Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]));
    take(Buffer.from("a part"));
    equal(heard.output, "a part");
  });

  for (const [what, bytes] of [
    ["another stream", [4, 0, 0, 0, 0, 0, 0, 1]],
    ["text", [...Buffer.from("HTTP/1.1 500")]],
    ["something behind the first byte", [1, 0, 1, 0, 0, 0, 0, 1]],
  ] as const) {
    it(`are refused when they begin with ${what}`, () => {
      throws(() => reader().take(Buffer.from(bytes)), /^Error: The container's stream is not one of Docker's frames\./);
    });
  }

  it("give a stream that ends with an error when they are none, and the last 64 kB of errors", async () => {
    const socket = new PassThrough();
    const { stream: both, errors } = attached(socket);
    both.on("error", () => undefined);
    for (let index = 0; index < 100; index++) socket.write(frame(2, `${index} ${"x".repeat(1_000)}\n`));
    socket.write(frame(2, "last words"));
    socket.write("nonsense");
    const { promise, resolve } = Promise.withResolvers<unknown>();
    both.once("error", resolve);
    equal(String(await promise), "Error: The container's stream is not one of Docker's frames.");
    deepEqual([errors().length, errors().endsWith("last words"), socket.destroyed], [64 * 1024, true, true]);
  });
});
