import { equal } from "node:assert/strict";
import { descriptionOf, nameOf, spokenOf, tooltipOf } from "../../../src/extension/sandboxes/changeWords.ts";
import type { FileChange } from "../../../src/protocol/sandbox.ts";
import { shownName } from "../../../src/protocol/shownName.ts";
import { toRuntimeError } from "../../../src/runtime/remote/http2Client.ts";

describe("A name that a sandbox has given", () => {
  it("is shown with what cannot be seen written out, and is no link", () => {
    equal(shownName("src/größe 漢字 😀.ts"), "src/größe 漢字 😀.ts");
    equal(shownName("a\nM b.ts"), "a\\u{a}M b.ts");
    equal(shownName("\u001b[31mred"), "\\u{1b}[31mred");
    equal(shownName("exe\u202etxt.js"), "exe\\u{202e}txt.js");
    equal(shownName("[Look](command:x)"), "[Look] (command:x)");
    equal(shownName("n".repeat(5_000)).length, 401);
  });

  it("is shown so in the list of changes", () => {
    const change: FileChange = {
      path: "f\nolder/na\u202eme",
      from: "be\u200bfore",
      kind: "renamed",
      type: "file",
      sizeBytes: 1,
      isBinary: false,
      standing: "clean",
      isProtected: false,
    };
    const shown = [nameOf(change.path), descriptionOf(change), spokenOf(change), tooltipOf(change)];
    for (const text of shown) equal(/[\u202e\u200b]|f\nolder/.test(text), false, text);
  });

  it("is shown so in the sentence of an error, too, which keeps its lines", () => {
    const { message } = toRuntimeError({ code: "failed", detail: `[Fix](command:x)\u202e\nsecond${"x".repeat(50_000)}` });
    equal(message.replace(/x+…$/, "…"), "[Fix] (command:x)\\u{202e}\nsecond…");
    equal(message.length < 5_000, true);
  });
});
