import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "mocha";
import { HeadTail } from "../../../src/runtime/machine/headTail.ts";

const limits = { headBytes: 10, tailBytes: 20 };

function keep(texts: readonly string[]): { readonly text: string; readonly omittedBytes: number } {
  const kept = new HeadTail(limits);
  for (const text of texts) kept.append(text);
  return kept.take();
}

describe("head and tail", () => {
  it("keeps a short text whole", () => {
    deepEqual(keep(["", "0123456789", "abc"]), { text: "0123456789abc", omittedBytes: 0 });
  });

  it("says how much is left out, where it is left out", () => {
    deepEqual(keep(["0123456789", "x".repeat(100), "abcdefghij"]), {
      text: `0123456789\n[… 90 bytes left out …]\n${"x".repeat(10)}abcdefghij`,
      omittedBytes: 90,
    });
  });

  it("begins anew after it was taken", () => {
    const kept = new HeadTail(limits);
    kept.append("x".repeat(100));
    kept.take();
    deepEqual(kept.take(), { text: "", omittedBytes: 0 });
    kept.append("new");
    deepEqual(kept.take(), { text: "new", omittedBytes: 0 });
  });

  it("accounts for every byte, keeps to its limits, and cuts no character", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 60 })), (texts) => {
        const whole = texts.join("").toWellFormed();
        const { text, omittedBytes } = keep(texts.map((one) => one.toWellFormed()));
        const notice = omittedBytes === 0 ? "" : `\n[… ${omittedBytes} bytes left out …]\n`;
        equal(Buffer.byteLength(text) - Buffer.byteLength(notice) + omittedBytes, Buffer.byteLength(whole));
        const [head = "", tail = ""] = notice === "" ? [text, ""] : text.split(notice);
        ok(whole.startsWith(head) && whole.endsWith(tail));
        ok(Buffer.byteLength(head + tail) <= limits.headBytes + limits.tailBytes);
        ok(whole.includes("\ufffd") || !text.includes("\ufffd"));
      }),
    );
  });
});
