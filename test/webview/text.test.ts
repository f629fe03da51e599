import assert from "node:assert/strict";
import { visibleText } from "../../src/protocol/visibleText.ts";
import { plainTerminal } from "../../src/webview/plainTerminal.ts";

describe("webview: text", () => {
  it("of a terminal is what a person would have read (WV-14)", () => {
    const cases: readonly (readonly [raw: string, plain: string])[] = [
      ["\u001b[1;31mred\u001b[0m", "red"],
      ["10%\r 50%\r100%\n", "100%\n"],
      ["long line\rshort", "shortline"],
      ["abc\b\bX", "aXc"],
      ["a\r\nb", "a\nb"],
      ["\u001b]0;title\u0007text", "text"],
      ["\u001b]8;;https://evil\u001b\\link\u001b]8;;\u001b\\", "link"],
      ["\u001b]52;c;ZXZpbA==\u0007x", "x"],
      ["\u001bP1$r q\u001b\\a\u001b_apc\u001b\\b", "ab"],
      ["one\n\u001b[1A\u001b[2Ktwo", "one\ntwo"],
      ["\u001b[?1049hfull\u001b[?1049l", "full"],
      ["bell\u0007 nul\u0000", "bell nul"],
      ["cut\u001b[3", "cut"],
      ["cut\u001b]0;never ends", "cut"],
    ];
    assert.deepEqual(
      cases.map(([raw]) => plainTerminal(raw)),
      cases.map(([, plain]) => plain),
    );
  });

  it("of a command hides nothing, and leaves words alone", () => {
    const cases: readonly (readonly [text: string, visible: string])[] = [
      ["ls -la\n\tcat x", "ls -la\n\tcat x"],
      ["a\u202Eb\u2066c", "a\\u{202E}b\\u{2066}c"],
      ["a\u200Bb\uFEFFc\u2060", "a\\u{200B}b\\u{FEFF}c\\u{2060}"],
      ["a\u{E0061}b", "a\\u{E0061}b"],
      ["a\u001b[0mb\r", "a\\u{001B}[0mb\\u{000D}"],
      ["a\u00a0b\u3164", "a\\u{00A0}b\\u{3164}"],
      ["é ü 日本 שלום 👩‍💻 ✔️", "é ü 日本 שלום 👩‍💻 ✔️"],
      ["rm\u200D\uFE0F", "rm\\u{200D}\\u{FE0F}"],
    ];
    assert.deepEqual(
      cases.map(([text]) => visibleText(text)),
      cases.map(([, visible]) => visible),
    );
  });
});
