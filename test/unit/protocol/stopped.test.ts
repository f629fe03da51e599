import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { displayAction } from "../../../src/protocol/display.ts";
import { type ActionEvent, type AgentErrorEvent, parseEvent } from "../../../src/protocol/events.ts";
import { calls, fails } from "../../support/events.ts";

describe("an action that was cut off with its run", () => {
  it("was stopped, and has not failed", () => {
    const made = parseEvent({ ...calls({}), action: { kind: "TerminalAction", command: "sleep 60" } }) as ActionEvent;
    const shown = (error: string): string => {
      const { verb, target, outcome, status } = displayAction({ event: made, result: fails(made, error) as AgentErrorEvent }, "/w");
      return [verb, target, outcome, status].join(" | ");
    };
    assert.equal(shown("Interrupted by the person before it was done."), "Ran | sleep 60 | stopped | stopped");
    assert.equal(shown("There is no such folder."), "Ran | sleep 60 |  | failed");
  });
});
