import { equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { PlainText, toPlainText } from "../../../src/runtime/machine/plainText.ts";

function inChunks(chunks: readonly string[]): string {
  let said = "";
  const plain = new PlainText((text) => (said += text));
  for (const chunk of chunks) plain.push(chunk);
  plain.flush();
  return said;
}

const terminalText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\r",
        "\n",
        "\r\n",
        "\b",
        "\x1b",
        "\x1b[",
        "\x1b[K",
        "\x1b[1K",
        "\x1b[2K",
        "\x1b[5G",
        "\x1b[3C",
        "\x1b[2D",
        "\x1b]0;t\x07",
        "\x1bP1$q\x1b\\",
        "\x9b1m",
        "\0",
        "\x07",
        "😀",
        "ä",
      ),
      fc.string({ maxLength: 8 }),
    ),
  )
  .map((parts) => parts.join("").toWellFormed());

describe("plain text", () => {
  const cases: readonly (readonly [name: string, terminal: string, plain: string])[] = [
    ["line ends", "a\r\nb\r\r\nc\n", "a\nb\nc\n"],
    ["colours and other sequences", "\x1b[1;31mred\x1b[0m\x1b(B\x1b=\x1b[?25l", "red"],
    ["titles and links, ended by BEL, ST or an eight-bit ST", "\x1b]0;t\x07a\x1b]8;;u\x1b\\b\x1b]2;t\x9cc", "abc"],
    ["device control, privacy and application strings", "\x1bPx\x1b\\a\x1b^x\x1b\\b\x1b_x\x1b\\c", "abc"],
    ["eight-bit introducers", "\x9b31mred\x9d0;t\x07!", "red!"],
    ["progress by carriage return", " 10%\r 50%\r100%\n", "100%\n"],
    ["a shorter text over a longer one", "12345\rab\n", "ab345\n"],
    ["erasing to the end, to the begin, and all", "12345\r\x1b[Kab\n12345\x1b[3D\x1b[1K\n12345\r\x1b[2Kx\n", "ab\n   45\nx\n"],
    ["backspace", "abc\b\bX\n\b\bx\n", "aXc\nx\n"],
    ["backspace over a character of two units", "a😀\bb\n", "ab\n"],
    ["cursor columns", "abc\x1b[1GX\x1b[5Gy\x1b[2Cz\n", "Xbc y  z\n"],
    ["control characters", "a\0b\x07c\x0bd\x7fe\tf", "abcde\tf"],
    ["a string that does not end", "a\x1b]0;t\nb\x1b\nc\x1b(\nd", "a\nb\nc\nd"],
    ["an unfinished sequence", "abc\x1b[31", "abc"],
    ["a sequence broken off by another", "a\x1b[3\x1b[1mb\x1b]0;t\x1b[1mc", "abc"],
  ];
  for (const [name, terminal, plain] of cases) it(`turns ${name} into what stays on the screen`, () => equal(toPlainText(terminal), plain));

  it("does not depend on where the text is split", () => {
    fc.assert(fc.property(fc.array(terminalText), (chunks) => equal(inChunks(chunks), toPlainText(chunks.join("")))));
  });

  it("leaves no control character but tab and line feed", () => {
    fc.assert(fc.property(terminalText, (text) => ok(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(toPlainText(text)))));
  });

  it("leaves plain text as it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        fc.pre(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(text));
        equal(toPlainText(text), text);
      }),
    );
  });

  it("tells an unfinished line once, and again only when it was written over", () => {
    let said = "";
    const plain = new PlainText((text) => (said += text));
    const flushed = (text: string): string => {
      said = "";
      plain.push(text);
      plain.flush();
      return said;
    };
    equal(flushed("10%"), "10%");
    equal(flushed(""), "");
    equal(flushed(" done"), " done");
    equal(flushed("\r20%"), "20% done");
    equal(flushed("\n"), "\n");
  });

  it("keeps little of a line without an end, whatever is done to it", () => {
    // Were it to look at the whole line each time, it would take hours.
    let length = 0;
    const plain = new PlainText((text) => (length += text.length));
    for (let round = 0; round < 100; round++) plain.push("x".repeat(100_000));
    ok(length > 9_900_000);
    plain.push("\bx".repeat(500_000));
    plain.push("\r".repeat(1_000_000));
    plain.push("\x1b]".repeat(200_000));
  });
});
