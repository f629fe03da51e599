import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { MarkerScanner, markerStart } from "../../../src/runtime/machine/markers.ts";

const token = "0123456789abcdef";
const mark = (body: string): string => `${markerStart(token)}${body}\x07`;

/** Everything that a scanner says of chunks: bytes as text, markers as objects; neighbouring bytes joined. */
function scan(chunks: readonly Buffer[]): unknown[] {
  const scanner = new MarkerScanner(token);
  const said: unknown[] = [];
  const addText = (text: string): void => {
    const last = said.at(-1);
    if (text === "") return;
    if (typeof last === "string") said[said.length - 1] = last + text;
    else said.push(text);
  };
  for (const chunk of chunks) {
    for (const piece of scanner.push(chunk)) {
      if (piece.kind === "bytes") addText(piece.bytes.toString("latin1"));
      else said.push({ marker: piece.body.toString("latin1") });
    }
  }
  addText(scanner.end().toString("latin1"));
  return said;
}

describe("marker scanner", () => {
  const stream = `before${mark("S;1")}out\x1b[31m${mark("E;1;0;/a")}${mark("B")}\x1b]7717;other;E;1;0;/\x07after\x1b`;
  const expected = [
    "before",
    { marker: "S;1" },
    "out\x1b[31m",
    { marker: "E;1;0;/a" },
    { marker: "B" },
    "\x1b]7717;other;E;1;0;/\x07after\x1b",
  ];

  it("finds markers wherever the stream is split", () => {
    const bytes = Buffer.from(stream, "latin1");
    for (let at = 0; at <= bytes.length; at++) deepEqual(scan([bytes.subarray(0, at), bytes.subarray(at)]), expected, `split at ${at}`);
    deepEqual(scan(Array.from(bytes, (byte) => Buffer.from([byte]))), expected);
  });

  it("changes no byte of a stream without markers, however it is split", () => {
    const pieces = fc.array(
      fc.oneof(fc.constantFrom("\x1b", "\x1b]", "\x1b]7717;", markerStart(token).slice(0, -1), "\x07", "x"), fc.string()),
    );
    fc.assert(
      fc.property(fc.array(pieces), (chunks) => {
        const texts = chunks.map((parts) => parts.join(""));
        const whole = texts.join("");
        fc.pre(!whole.includes(markerStart(token)));
        equal(scan(texts.map((text) => Buffer.from(text, "latin1"))).join(""), Buffer.from(whole, "latin1").toString("latin1"));
      }),
    );
  });

  it("gives up on a marker that does not end", () => {
    const endless = markerStart(token) + "x".repeat(20_000);
    deepEqual(scan([Buffer.from(endless), Buffer.from(mark("B"))]), [endless, { marker: "B" }]);
  });
});
