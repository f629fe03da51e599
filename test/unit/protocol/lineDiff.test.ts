import assert from "node:assert/strict";
import fc from "fast-check";
import { type DiffLine, diffCounts, lineDiff, withContext } from "../../../src/protocol/lineDiff.ts";

const line = fc.constantFrom("", "a", "b", "c", "  a", "}");
const texts = fc.tuple(fc.array(line, { maxLength: 30 }), fc.array(line, { maxLength: 30 }));
const textOf = (lines: readonly string[]): string => lines.map((each) => `${each}\n`).join("");

describe("the diff of two texts", () => {
  it("has all lines of both, in order and numbered, and is no longer than need be", () => {
    fc.assert(
      fc.property(texts, ([old, now]) => {
        const diff = lineDiff(textOf(old), textOf(now));
        const side = (left: DiffLine["side"]) => diff.filter(({ side: at }) => at !== left);
        assert.deepEqual(
          side("new").map(({ text }) => text),
          old,
        );
        assert.deepEqual(
          side("old").map(({ text }) => text),
          now,
        );
        assert.deepEqual(
          side("new").map(({ oldNumber }) => oldNumber),
          old.map((_, index) => index + 1),
        );
        assert.deepEqual(
          side("old").map(({ newNumber }) => newNumber),
          now.map((_, index) => index + 1),
        );
        const { added, removed } = diffCounts(diff);
        const kept = commonLength(old, now);
        assert.deepEqual({ added, removed }, { added: now.length - kept, removed: old.length - kept });
      }),
      { numRuns: 500 },
    );
  });

  it("shows every change with the lines around it, and a gap where lines are left out", () => {
    fc.assert(
      fc.property(texts, fc.nat(3), ([old, now], context) => {
        const diff = lineDiff(textOf(old), textOf(now));
        const shown = withContext(diff, context);
        const isNear = (index: number): boolean => diff.some(({ side }, at) => side !== "same" && Math.abs(at - index) <= context);
        assert.deepEqual(
          shown.filter((each) => each !== undefined),
          diff.filter((_, index) => isNear(index)),
        );
        assert.ok(
          shown.every((each, index) => each !== undefined || (index > 0 && index < shown.length - 1 && shown[index + 1] !== undefined)),
        );
      }),
    );
  });

  it("takes no notice of line ends and of a missing last one", () => {
    assert.deepEqual(diffCounts(lineDiff("a\r\nb\r\n", "a\nb")), { added: 0, removed: 0 });
    assert.deepEqual(lineDiff("", ""), []);
    assert.deepEqual(diffCounts(lineDiff("", "a\n\nb")), { added: 3, removed: 0 });
  });

  it("of large texts costs little: a small change is still found, an all different middle is replaced as a whole", () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `line ${index}`);
    assert.deepEqual(diffCounts(lineDiff(textOf(many), textOf(many.with(25_000, "changed")))), { added: 1, removed: 1 });
    const other = many.map((each, index) => (index % 2 === 0 ? each : `${each} too`));
    assert.deepEqual(diffCounts(lineDiff(textOf(many), textOf(other))), { added: 49_999, removed: 49_999 });
  });
});

function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const each of a) {
    const next = [0];
    for (let j = 0; j < b.length; j++) next.push(each === b[j] ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    row = next;
  }
  return row.at(-1) ?? 0;
}
