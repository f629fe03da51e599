import assert from "node:assert/strict";
import { parseEvent } from "../../../src/protocol/events.ts";
import { knownEvents, otherEvents } from "./examples.ts";

/** Fields that a known kind may lack. */
const optional = new Set([
  "parent_id",
  "dynamic_context",
  "llm_response_id",
  "critic_result",
  "action",
  "summary",
  "summary_offset",
  "value",
]);

describe("events", () => {
  for (const example of [...knownEvents, ...otherEvents]) {
    it(`of the kind ${String(example["kind"])} survive a round trip letter for letter (${String(example["id"]).slice(0, 4)})`, () => {
      const text = JSON.stringify({ ...example, of_a_later_version: { x: [1, null, "ü"] } });
      assert.equal(JSON.stringify(parseEvent(JSON.parse(text))), text);
    });
  }

  it("of a known kind are refused when something is missing or of a wrong type", () => {
    const accepted = knownEvents.flatMap((example) =>
      Object.keys(example)
        .filter((field) => !optional.has(field))
        .flatMap((field) => [
          { ...example, [field]: undefined },
          { ...example, [field]: 7 },
        ])
        .filter(isAccepted),
    );
    assert.deepEqual(accepted, []);
  });

  it("of an unknown kind need only what all events have", () => {
    const [other] = otherEvents;
    assert.ok(isAccepted({ ...other, content: 7 }));
    for (const field of ["kind", "id", "timestamp", "source"]) assert.equal(isAccepted({ ...other, [field]: undefined }), false, field);
    for (const value of [null, undefined, 7, "text", [], {}]) assert.equal(isAccepted(value), false);
  });

  it("hold actions and observations of tools that this version does not know, but no broken ones of those it knows", () => {
    const find = (kind: string) => knownEvents.find((example) => example["kind"] === kind) ?? {};
    assert.ok(isAccepted({ ...find("ActionEvent"), action: { kind: "EditAction", path: "/a" } }));
    assert.ok(!isAccepted({ ...find("ActionEvent"), action: { kind: "TerminalAction" } }));
    assert.ok(!isAccepted({ ...find("ActionEvent"), action: {} }));
    assert.ok(isAccepted({ ...find("ActionEvent"), action: null }));
    assert.ok(
      isAccepted({ ...find("ObservationEvent"), observation: { kind: "EditObservation", content: [], is_error: false, path: "/a" } }),
    );
    assert.ok(!isAccepted({ ...find("ObservationEvent"), observation: { kind: "EditObservation", content: [] } }));
    assert.ok(!isAccepted({ ...find("ObservationEvent"), observation: { kind: "TerminalObservation", content: [], is_error: false } }));
  });
});

function isAccepted(value: unknown): boolean {
  try {
    parseEvent(value);
    return true;
  } catch {
    return false;
  }
}
