import assert from "node:assert/strict";
import { type Progress, progressOf } from "../../../src/agent/stuck.ts";
import type { Event } from "../../../src/protocol/events.ts";
import { agentSays, calls, environmentSays, fails, personSays, succeeds } from "../../support/events.ts";

const kinds = (events: readonly Event[]): Progress["kind"] => progressOf(events, 0).kind;
const times = (count: number, make: (index: number) => Event[]): Event[] => Array.from({ length: count }, (_, index) => make(index)).flat();

/** A call and what came of it. */
const done = (command: string, output: string): Event[] => {
  const action = calls({ command });
  return [action, succeeds(action, output)];
};
const failed = (command: string, error: string): Event[] => {
  const action = calls({ command });
  return [action, fails(action, error)];
};
const unrunnable = (name: string): Event[] => {
  const action = calls({ name, isExecutable: false });
  return [action, fails(action, `There is no tool "${name}".`)];
};

describe("the stuck detector", () => {
  it("lets the same call with the same result pass three times and stops at the fourth", () => {
    assert.deepEqual(
      [1, 2, 3, 4].map((count) => kinds(times(count, () => done("ls", "a")))),
      ["fine", "fine", "fine", "stuck"],
    );
  });

  it("§10.53 does not care what the model says beside the same call", () => {
    const events = times(4, (index) => {
      const action = calls({ command: "ls", thought: `Try ${index}.` });
      return [action, succeeds(action, "a")];
    });
    assert.equal(kinds(events), "stuck");
  });

  it("sees progress when the call or its result is another", () => {
    assert.equal(kinds(times(8, (index) => done("make", `${index} left`))), "fine");
    assert.equal(kinds([...times(3, () => done("ls", "a")), ...done("pwd", "/"), ...times(3, () => done("ls", "a"))]), "fine");
  });

  it("nudges once at the third equal failure and stops at the fourth", () => {
    const three = [personSays("Go."), ...times(3, () => failed("cat x", "boom"))];
    const nudged = progressOf(three, 0);
    assert.equal(nudged.kind, "nudge");
    assert.match(nudged.kind === "nudge" ? nudged.text : "", /"terminal" has now failed 3 times in a row with the same error: boom/);
    assert.equal(kinds([...three, environmentSays("Do something else.")]), "fine");
    assert.equal(kinds([...three, environmentSays("Do something else."), ...failed("cat x", "boom")]), "stuck");
  });

  it("stops after more than three replies in a row whose calls could not run, however they differ", () => {
    const names = ["one", "two", "three", "four"];
    assert.equal(kinds(names.slice(0, 3).flatMap(unrunnable)), "fine");
    assert.equal(kinds(names.flatMap(unrunnable)), "stuck");
    assert.equal(kinds([...names.slice(0, 2).flatMap(unrunnable), ...done("ls", "a"), ...names.slice(2).flatMap(unrunnable)]), "fine");
  });

  it("stops when two calls alternate six times and nothing changes", () => {
    const turns = (count: number): Event[] => times(count, (index) => (index % 2 === 0 ? done("a", "1") : done("b", "2")));
    assert.equal(kinds(turns(5)), "fine");
    assert.equal(kinds(turns(6)), "stuck");
  });

  it("stops a monologue at its third message, also when nudges stand between", () => {
    assert.equal(kinds([agentSays("Well"), environmentSays("Go on."), agentSays("Well")]), "fine");
    assert.equal(
      kinds([agentSays("Well"), environmentSays("Go on."), agentSays("Well"), environmentSays("Go on."), agentSays("Well")]),
      "stuck",
    );
  });

  it("§10.53 begins anew with the person's word, and where a run begins", () => {
    const looped = times(4, () => done("ls", "a"));
    assert.equal(kinds([...looped, personSays("Go on.")]), "fine");
    assert.equal(progressOf(looped, looped.length).kind, "fine");
  });

  it("lets the agent wait for a silent program for minutes, not for ever", () => {
    const polls = (count: number): Event[] => times(count, () => done("", "[No new output; the command still runs.]"));
    assert.equal(kinds(polls(9)), "fine");
    assert.equal(kinds(polls(10)), "stuck");
  });
});
