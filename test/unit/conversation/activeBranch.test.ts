import assert from "node:assert/strict";
import fc from "fast-check";
import { ActiveBranch, pathTo } from "../../../src/conversation/activeBranch.ts";
import { type EventDraft, newRoot, stamp, stateUpdate } from "../../../src/conversation/stamp.ts";
import { textContent } from "../../../src/protocol/content.ts";
import type { Event } from "../../../src/protocol/events.ts";
import { type ConversationState, initialState, reduceState, stateKeys } from "../../../src/protocol/state.ts";

const message = (text: string): EventDraft => ({
  kind: "MessageEvent",
  source: "user",
  llm_message: { role: "user", content: [textContent(text)], thinking_blocks: [] },
  activated_skills: [],
  extended_content: [],
});

/** Several drafts go in one append, as they do when the disk is busy. */
type Step = { readonly append: readonly ("message" | "update" | "note")[] } | { readonly goTo: number | null };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      append: fc.array(fc.constantFrom("message" as const, "update" as const, "note" as const), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ goTo: fc.option(fc.nat(), { nil: null }) }) },
);

/** A log in memory, and beside it who follows whom. */
class Log {
  readonly events: Event[] = [];
  state: ConversationState = initialState;
  /** Of each event that can be a parent, what is before it. */
  readonly before = new Map<string, string | undefined>();
  head: string | undefined;

  append(...drafts: readonly EventDraft[]): void {
    for (const event of stamp(drafts, this.state)) {
      this.events.push(event);
      this.state = reduceState(this.state, event);
      if (event.kind === "ConversationStateUpdateEvent") continue;
      this.before.set(event.id, this.head);
      this.head = event.id;
    }
  }

  goTo(index: number | null): void {
    const ids = [...this.before.keys()];
    if (index !== null && ids.length === 0) return;
    this.head = index === null ? undefined : ids[index % ids.length];
    this.append(stateUpdate(stateKeys.head, this.head ?? null));
  }

  get path(): string[] {
    const path: string[] = [];
    for (let id = this.head; id !== undefined; id = this.before.get(id)) path.unshift(id);
    return path;
  }
}

const draftOf = { message: message("m"), update: stateUpdate("title", "t"), note: stateUpdate(stateKeys.incomplete, true) };

describe("the branches of a conversation", () => {
  it("are those of a tree, whatever is appended and wherever its head is set", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const log = new Log();
        const followed = new ActiveBranch();
        let navigated = false;
        for (const one of steps) {
          // Nothing is said of a neighbour where there is none.
          if ("append" in one)
            log.append(...one.append.map((what) => draftOf[what === "note" && log.head === undefined ? "message" : what]));
          else {
            log.goTo(one.goTo);
            navigated = true;
          }
          const branch = followed.read(log);
          assert.deepEqual(new ActiveBranch().read(log), branch);
          const spoken = branch.filter(({ kind }) => kind !== "ConversationStateUpdateEvent");
          assert.deepEqual(
            spoken.map(({ id }) => id),
            log.path,
          );
          for (const [index, event] of spoken.entries()) assert.equal(event.parent_id ?? newRoot, spoken[index - 1]?.id ?? newRoot);
          // What a note is about stands before it.
          const notes = branch.filter((event) => event.kind === "ConversationStateUpdateEvent" && event.key === stateKeys.incomplete);
          assert.ok(notes.every((note) => log.path.includes(note.parent_id ?? "")));
          assert.equal(log.state.leaf_event_id, log.head);
          if (!navigated) assert.equal(branch, log.events);
        }
        for (const id of log.before.keys()) assert.equal([...pathTo(id, log.events)][0], id);
      }),
      { numRuns: 300 },
    );
  });

  it("are one chain in a log whose events name no parents", () => {
    const log = new Log();
    log.append(message("1"), draftOf.update, message("2"), message("3"));
    const chain = log.events.map(({ parent_id: _, ...event }) => event as Event);
    const [first, , second] = chain;
    const state = { has_branches: true as const, leaf_event_id: second?.id ?? "" };
    assert.deepEqual(
      new ActiveBranch().read({ events: chain, state }).map(({ id }) => id),
      [first?.id, chain[1]?.id, second?.id],
    );
  });
});
