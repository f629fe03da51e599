import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { Hono } from "hono";
import { serveStdio } from "../../../src/server/stdio.ts";

const frameTypes = ["DATA", "HEADERS"];

/** Those of requests, with the bytes that they carry; `end` where it says that nothing more comes (RFC 9113 §4.1). */
function framesIn(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    const type = frameTypes[bytes.readUInt8(at + 3)];
    const isEnd = (bytes.readUInt8(at + 4) & 1) !== 0;
    if (type !== undefined) frames.push(`${type}${isEnd ? " end" : ""}`);
  }
  return frames;
}

describe("HTTP/2 over a pair of streams", () => {
  it("ends an answer with its last frame", async () => {
    const app = new Hono();
    app.get("/", (c) => c.text("an answer"));
    app.get("/empty", (c) => c.body(null, 204));
    const [up, down] = [new PassThrough(), new PassThrough()];
    const sent: Buffer[] = [];
    down.on("data", (bytes: Buffer) => sent.push(bytes));
    const served = serveStdio(app, up, down);
    const session = connect("http://sandbox", { createConnection: () => Duplex.from({ readable: down, writable: up }) });
    const texts: string[] = [];
    for (const path of ["/", "/empty"]) {
      const stream = session.request({ ":path": path });
      const closed = once(stream, "close");
      texts.push(await text(stream));
      await closed;
    }
    session.destroy();
    up.end();
    await served;
    assert.deepEqual(texts, ["an answer", ""]);
    assert.deepEqual(framesIn(Buffer.concat(sent)), ["HEADERS", "DATA end", "HEADERS end"]);
  });
});
