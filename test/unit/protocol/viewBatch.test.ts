import assert from "node:assert/strict";
import fc from "fast-check";
import type { Event } from "../../../src/protocol/events.ts";
import { ConversationId } from "../../../src/protocol/ids.ts";
import { initialState, reduceState } from "../../../src/protocol/state.ts";
import { initialView, reduceView, viewOf, withEarlier } from "../../../src/protocol/view.ts";
import { agentSays, calls, fails, personSays, succeeds } from "../../support/events.ts";

const conversationId = ConversationId.parse("b0c8f1a2-0000-4000-8000-000000000000");
const status = (value: string): Event =>
  ({ ...personSays(""), kind: "ConversationStateUpdateEvent", source: "environment", key: "execution_status", value }) as unknown as Event;

/** A conversation in which every kind of step can follow every other. */
function story(steps: readonly number[]): Event[] {
  const events: Event[] = [];
  for (const step of steps) {
    const last = events.findLast((event) => event.kind === "ActionEvent");
    if (step === 0) events.push(personSays("Do it."));
    else if (step === 1) events.push(agentSays("Well."));
    else if (step === 2) events.push(calls({ command: "ls", thought: "I look." }));
    else if (step === 3 && last) events.push(succeeds(last, "out"));
    else if (step === 4 && last) events.push(fails(last, "no"));
    else if (step === 5) events.push(status("running"));
    else if (step === 6) events.push(status("waiting_for_confirmation"));
    else events.push(status("finished"));
  }
  return events;
}

describe("the view of many events", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 60 });

  it("is the same as that of each after the other, and changes no view that was there before", () => {
    fc.assert(
      fc.property(steps, (numbers) => {
        const events = story(numbers);
        const views = [initialView];
        for (const [seq, event] of events.entries())
          views.push(reduceView(views[seq] ?? initialView, { type: "event.appended", conversationId, seq, event }));
        const frozen = JSON.stringify(views.slice(0, -1));
        const state = events.reduce(reduceState, initialState);
        assert.deepEqual(viewOf({ state, firstSeq: 0, events }), views.at(-1));
        assert.equal(JSON.stringify(views.slice(0, -1)), frozen);
      }),
      { numRuns: 300 },
    );
  });

  it("has the same rows when the older half comes later", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 60 }), (numbers, cut) => {
        const events = story(numbers);
        const firstSeq = Math.min(cut, events.length);
        const state = events.reduce(reduceState, initialState);
        const whole = viewOf({ state, firstSeq: 0, events });
        const joined = withEarlier(viewOf({ state, firstSeq, events: events.slice(firstSeq) }), 0, events.slice(0, firstSeq));
        const shown = ({ rows }: typeof whole) => rows.map((row) => (row.type === "action" ? { ...row, startedAt: "" } : row));
        assert.deepEqual(shown(joined), shown(whole));
      }),
      { numRuns: 300 },
    );
  });
});
