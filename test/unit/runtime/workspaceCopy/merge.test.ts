import assert from "node:assert/strict";
import fc from "fast-check";
import { mergeText } from "../../../../src/runtime/workspaceCopy/merge.ts";

const line = fc
  .constantFrom("a", "b", "c", "", "long line", "\uFEFFx", "x\ry")
  .chain((text) => fc.constantFrom(`${text}\n`, `${text}\r\n`));
const text = fc.tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom("", "end", "\r")).map(([lines, last]) => lines.join("") + last);

const linesOf = (whole: string): string[] => whole.match(/[^\n]*\n|[^\n]+$/g) ?? [];

function count(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of lines) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

describe("A merge of three texts", () => {
  it("with a side that has not changed is the other side", () => {
    fc.assert(
      fc.property(text, text, (base, changed) => {
        assert.deepEqual(mergeText(base, changed, base), { outcome: "merged", text: changed });
        assert.deepEqual(mergeText(base, base, changed), { outcome: "merged", text: changed });
        assert.deepEqual(mergeText(base, changed, changed), { outcome: "merged", text: changed });
      }),
    );
  });

  it("has the edits of both at places that do not touch", () => {
    const edit = fc.constantFrom("", "new\n", "new\r\nmore\n");
    const part = fc.array(fc.nat(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.tuple(part, part, part), edit, edit, (parts, mine, other) => {
        const kept = parts.map((numbers, at) => numbers.map((number, index) => `${at}.${index} ${number}\n`).join(""));
        const base = `${kept[0]}old mine\n${kept[1]}old other\n${kept[2]}`;
        const yours = `${kept[0]}${mine}${kept[1]}old other\n${kept[2]}`;
        const theirs = `${kept[0]}old mine\n${kept[1]}${other}${kept[2]}`;
        assert.deepEqual(mergeText(base, yours, theirs), { outcome: "merged", text: `${kept[0]}${mine}${kept[1]}${other}${kept[2]}` });
      }),
    );
  });

  it("loses no line that a side has added, unless it says that there is a conflict, and then it has both", () => {
    fc.assert(
      fc.property(text, text, text, (base, yours, theirs) => {
        const merged = mergeText(base, yours, theirs);
        const before = count(linesOf(base));
        const after = count(linesOf(merged.text));
        for (const side of [yours, theirs]) {
          for (const [one, times] of count(linesOf(side))) {
            const isAdded = times > (before.get(one) ?? 0);
            const ends = [one, `${one}\n`, `${one}\r\n`];
            if (isAdded)
              assert.ok(
                ends.some((written) => after.has(written)),
                `${JSON.stringify(one)} in ${JSON.stringify(merged)}`,
              );
          }
        }
      }),
    );
  });

  it("takes notice of line ends, of a missing last one, and of a byte order mark", () => {
    assert.deepEqual(mergeText("a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n"), { outcome: "merged", text: "A\r\nb\r\nC\r\n" });
    assert.deepEqual(mergeText("a\nb\nc", "A\nb\nc", "a\nb\nc\n"), { outcome: "merged", text: "A\nb\nc\n" });
    assert.deepEqual(mergeText("\uFEFFa\nb\nc\n", "a\nb\nc\n", "\uFEFFa\nb\nC\n"), { outcome: "merged", text: "a\nb\nC\n" });
    assert.deepEqual(mergeText("", "", ""), { outcome: "merged", text: "" });
    assert.deepEqual(mergeText("", "a", "b"), { outcome: "conflicts", text: "<<<<<<< yours\na\n=======\nb\n>>>>>>> sandbox\n" });
    assert.deepEqual(mergeText("a\nb\n", "A\nb\n", "a\nB\n").outcome, "conflicts");
  });
});
