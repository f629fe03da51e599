import assert from "node:assert/strict";
import fc from "fast-check";
import { readFrontMatter } from "../../../src/agent/skills/frontMatter.ts";
import { tookAtMost } from "../../support/tookAtMost.ts";

const read = (...lines: string[]): unknown => Object.fromEntries(readFrontMatter(["---", ...lines, "---", "Body."].join("\n")).fields);

describe("the front matter of a skill", () => {
  it("has texts, however they are written", () => {
    assert.deepEqual(
      read(
        "name: my-skill",
        "description: Use it when: the build fails # and only then",
        "license: 'It''s free'",
        'quoted: "a \\"b\\"\\tc" # comment',
        "folded: >-",
        "  one",
        "  two",
        "",
        "  three",
        "kept: |",
        "  first",
        "    second",
        "long: begins here",
        "  and goes on",
        "disable-model-invocation: true",
        "empty:",
        "nothing: ~",
      ),
      {
        name: "my-skill",
        description: "Use it when: the build fails",
        license: "It's free",
        quoted: 'a "b"\tc',
        folded: "one two\nthree",
        kept: "first\n  second",
        long: "begins here and goes on",
        "disable-model-invocation": "true",
        empty: "",
        nothing: "",
      },
    );
  });

  it("has lists and small maps", () => {
    assert.deepEqual(
      read(
        "triggers:",
        "- npm test",
        '- "a: b"',
        "paths: [src/**, 'a, b', \"c\"]",
        "inputs:",
        "  - name: VERSION",
        "    description: Which one",
        "  - name: NAME",
        "metadata:",
        "  author: somebody",
        "[a, b]: no field",
      ),
      {
        triggers: ["npm test", "a: b"],
        paths: ["src/**", "a, b", "c"],
        inputs: [{ name: "VERSION", description: "Which one" }, { name: "NAME" }],
        metadata: { author: "somebody" },
      },
    );
  });

  it("is only at the top, and only when it ends", () => {
    assert.deepEqual(readFrontMatter("\ufeff---\r\nname: x\r\n---\r\n\r\nText.\r\n"), { fields: new Map([["name", "x"]]), body: "Text." });
    for (const text of ["# Title\n---\nname: x\n---\n", "---\nname: x\nno end", "", "--- \n"])
      assert.equal(readFrontMatter(text).fields.size, 0, text);
    assert.equal(readFrontMatter(`---\nname: ${"x".repeat(20_000)}\n---\nText.`).fields.size, 0);
  });

  it("knows no anchors, and takes nothing for more than its text", () => {
    assert.deepEqual(read("a: &a [x, x]", "b: &b [*a, *a]", "c: *b", "__proto__: y", "d: !!js/function 'x'"), {
      a: "&a [x, x]",
      b: "&b [*a, *a]",
      c: "*b",
      ["__proto__"]: "y",
      d: "!!js/function 'x'",
    });
  });

  it("throws at nothing, and is quick with all", () => {
    const line = fc.stringMatching(/^[ -]{0,4}[a-z"'[\]{}:#|>&*!, -]{0,20}$/);
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 30 }),
        (lines) => readFrontMatter(["---", ...lines, "---", ""].join("\n")).body.length < 2_000,
      ),
    );
    const since = performance.now();
    readFrontMatter(`---\n${"- ".repeat(7_000)}\n---\n`);
    readFrontMatter(`---\na: ${'"'.repeat(15_000)}\n---\n`);
    readFrontMatter(`---\na: [${'"\\'.repeat(7_000)}]\n---\n`);
    tookAtMost(5_000, performance.now() - since);
  });
});
