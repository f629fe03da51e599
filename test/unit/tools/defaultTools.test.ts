import assert from "node:assert/strict";
import { defaultTools } from "../../../src/tools/defaultTools.ts";
import { descriptionFor } from "../../../src/tools/tool.ts";
import { matchesGolden } from "../../support/transcript.ts";

describe("the tools that a model is offered", () => {
  it("have no terminal where no command can run", () => {
    const names = defaultTools([], { shell: null }).map(({ name }) => name);
    assert.deepEqual([names.includes("terminal"), names.includes("file_editor")], [false, true]);
  });

  const specs = defaultTools().map((tool) => ({
    type: "function",
    function: { name: tool.name, description: descriptionFor(tool, { hasVision: true }), parameters: tool.parameters },
  }));

  it("are as the golden has them", () => {
    matchesGolden("tools.json", `${JSON.stringify(specs, undefined, 2)}\n`);
  });

  it("cost few words: all of them are read with every step", () => {
    const lengths = specs.map(({ function: { name, description } }) => ({ name, length: description.length }));
    assert.deepEqual(
      lengths.filter(({ length }) => length > 1_000),
      [],
    );
    assert.ok(JSON.stringify(specs).length < 5_500, `${JSON.stringify(specs).length} characters`);
  });
});
