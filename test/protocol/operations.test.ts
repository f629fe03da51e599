import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { type OnWire, openStage, type Stage, startOf, type WireEvent } from "./server.ts";

type Status = "idle" | "finished" | "paused" | "waiting_for_confirmation";

/** What is known of a conversation without asking the server. */
interface Expected {
  status: Status;
  /** Messages of the person in the whole tree. */
  said: number;
  /** Something is there that a run would answer. */
  isOpen: boolean;
  /** The head was moved: what a run would do then is not modelled. */
  isMoved: boolean;
  title: string | null;
  /** All events so far: nothing is ever taken away or changed. */
  events: readonly WireEvent[];
}

/** The conversations in the order of their creation. */
interface Model {
  readonly conversations: Map<string, Expected>;
}

interface Real {
  readonly stage: Stage;
}

type Operation = fc.AsyncCommand<Model, Real>;

/** One that is done to a conversation: which one is chosen by a number, so that a smaller example is still one. */
abstract class OnConversation implements Operation {
  readonly choice: number;
  readonly how: string;

  constructor(choice: number, how: string) {
    this.choice = choice;
    this.how = how;
  }

  check({ conversations }: Model): boolean {
    const chosen = this.#chosen(conversations);
    return chosen !== undefined && this.fits(chosen[1]);
  }

  async run(model: Model, { stage }: Real): Promise<void> {
    const [id, expected] = this.#chosen(model.conversations) ?? [];
    if (id === undefined || expected === undefined) throw new Error("There is no conversation.");
    await this.act({ stage, id, expected, model });
    if (model.conversations.has(id)) await check(stage, id, expected);
  }

  toString(): string {
    return `${this.constructor.name}(${this.choice}, ${this.how})`;
  }

  fits(_expected: Expected): boolean {
    return true;
  }

  abstract act(on: On): Promise<void>;

  #chosen(conversations: ReadonlyMap<string, Expected>): [string, Expected] | undefined {
    return [...conversations][this.choice % Math.max(1, conversations.size)];
  }
}

interface On {
  readonly stage: Stage;
  readonly id: string;
  readonly expected: Expected;
  readonly model: Model;
}

/** Once it rests, it is as expected, and its log is the old one with more behind. */
async function check(stage: Stage, id: string, expected: Expected): Promise<void> {
  await stage.untilStatus(id, expected.status);
  const events = await stage.events(id);
  assert.deepEqual(events.slice(0, expected.events.length), expected.events);
  assert.equal(new Set(events.map((event) => event.id)).size, events.length);
  assert.equal(events.filter(({ kind, source }) => kind === "MessageEvent" && source === "user").length, expected.said);
  assert.equal(await stage.client.conversations.getEventCount(id), events.length);
  const info = await stage.client.conversations.getConversation(id);
  assert.deepEqual([info.title, info.execution_status], [expected.title, expected.status]);
  expected.events = events;
}

function ok({ status, json }: OnWire): void {
  assert.deepEqual([status, json], [200, { success: true }]);
}

class Create implements Operation {
  readonly isAsking: boolean;

  constructor(isAsking: boolean) {
    this.isAsking = isAsking;
  }

  check = ({ conversations }: Model) => conversations.size < 5;

  async run({ conversations }: Model, { stage }: Real): Promise<void> {
    const conversation_id = randomUUID();
    const confirmation_policy = { kind: this.isAsking ? "AlwaysConfirm" : "NeverConfirm" };
    const request = startOf(stage, { conversation_id, confirmation_policy });
    assert.equal((await stage.wire("POST", "/api/conversations", request)).status, 201);
    assert.equal((await stage.wire("POST", "/api/conversations", request)).status, 200);
    conversations.set(conversation_id, { status: "idle", said: 0, isOpen: false, isMoved: false, title: null, events: [] });
  }

  toString = () => `Create(${this.isAsking})`;
}

class Message extends OnConversation {
  override async act({ stage, id, expected }: On): Promise<void> {
    const [run, what] = this.how.split(" ");
    const { confirmation_policy } = await stage.client.conversations.getConversation(id);
    const isAsking = confirmation_policy.kind === "AlwaysConfirm" && what === "terminal";
    await stage.say(id, `Number ${expected.said}.\n> ${what === "terminal" ? "terminal echo done\n> " : ""}say Answered.`, run === "run");
    expected.said += 1;
    expected.isOpen = true;
    expected.isMoved = false;
    if (run === "run") rest(expected, isAsking);
    else if (expected.status === "finished") expected.status = "idle";
    if (run !== "run") this.#remember(expected, isAsking);
  }

  #remember(expected: Expected, isAsking: boolean): void {
    asks.set(expected, isAsking);
  }
}

/** Whether the message that waits for a run would ask then. */
const asks = new WeakMap<Expected, boolean>();

/** After a run. */
function rest(expected: Expected, isAsking: boolean): void {
  expected.status = isAsking ? "waiting_for_confirmation" : "finished";
  expected.isOpen = isAsking;
  asks.set(expected, false);
}

class Run extends OnConversation {
  override fits({ isOpen, isMoved, status }: Expected): boolean {
    return !isMoved && (isOpen || status === "finished");
  }

  override async act({ stage, id, expected }: On): Promise<void> {
    ok(await stage.wire("POST", `/api/conversations/${id}/run`));
    if (expected.isOpen) rest(expected, asks.get(expected) ?? false);
  }
}

class Halt extends OnConversation {
  override async act({ stage, id, expected }: On): Promise<void> {
    ok(await stage.wire("POST", `/api/conversations/${id}/${this.how}`));
    // What waits for an answer is rejected by an interrupt: it may not run later, when nobody thinks of it any more.
    const isRejected = expected.status === "waiting_for_confirmation" && this.how === "interrupt";
    if (expected.status === "idle" || isRejected) expected.status = "paused";
  }
}

class Respond extends OnConversation {
  override fits({ isMoved, status }: Expected): boolean {
    return !isMoved && (this.how === "reject" || status === "waiting_for_confirmation");
  }

  override async act({ stage, id, expected }: On): Promise<void> {
    ok(await stage.wire("POST", `/api/conversations/${id}/events/respond_to_confirmation`, { accept: this.how === "accept" }));
    if (expected.status !== "waiting_for_confirmation") return;
    if (this.how === "accept") rest(expected, asks.get(expected) ?? false);
    else expected.status = "idle";
  }
}

class Navigate extends OnConversation {
  override fits({ status }: Expected): boolean {
    return status !== "waiting_for_confirmation";
  }

  override async act({ stage, id, expected }: On): Promise<void> {
    const places = expected.events.filter(({ kind }) => kind === "MessageEvent");
    const event_id = places[Number(this.how) % (places.length + 1)]?.id ?? null;
    const { status, json } = await stage.wire("POST", `/api/conversations/${id}/navigate`, { event_id });
    assert.deepEqual([status, json.leaf_event_id], [200, event_id]);
    expected.isMoved = true;
  }
}

class Fork extends OnConversation {
  override fits({ status }: Expected): boolean {
    return status !== "waiting_for_confirmation";
  }

  override async act({ stage, id, expected, model }: On): Promise<void> {
    if (model.conversations.size >= 5) return;
    const { status, json } = await stage.wire("POST", `/api/conversations/${id}/fork`, {});
    assert.deepEqual([status, json.execution_status, json.forked_from_conversation_id], [201, "idle", id]);
    const events = await stage.events(json.id);
    const said = events.filter(({ kind, source }) => kind === "MessageEvent" && source === "user").length;
    assert.ok(said <= expected.said);
    model.conversations.set(json.id, { status: "idle", said, isOpen: false, isMoved: true, title: json.title, events });
  }
}

class Patch extends OnConversation {
  override async act({ stage, id, expected }: On): Promise<void> {
    ok(await stage.wire("PATCH", `/api/conversations/${id}`, { title: this.how }));
    expected.title = this.how;
  }
}

class Delete extends OnConversation {
  override async act({ stage, id, model }: On): Promise<void> {
    ok(await stage.wire("DELETE", `/api/conversations/${id}`));
    model.conversations.delete(id);
    assert.equal((await stage.wire("GET", `/api/conversations/${id}`)).status, 404);
    assert.equal((await stage.wire("DELETE", `/api/conversations/${id}`)).status, 400);
  }
}

class Restart extends OnConversation {
  override async act({ stage, model }: On): Promise<void> {
    await stage.restart();
    for (const [id, expected] of model.conversations) {
      assert.equal(await stage.status(id), expected.status);
      assert.deepEqual(await stage.events(id), expected.events);
    }
  }
}

class Pages extends OnConversation {
  override async act({ stage, id, expected, model }: On): Promise<void> {
    const limit = Number(this.how);
    const pages = async (route: string) => {
      const ids: string[] = [];
      for (let page: string | null = ""; page !== null; ) {
        const { json }: OnWire = await stage.wire("GET", `${route}limit=${limit}${page && `&page_id=${page}`}`);
        assert.ok(json.items.length === limit || json.next_page_id === null);
        ids.push(...json.items.map((item: { id: string }) => item.id));
        page = json.next_page_id;
      }
      return ids;
    };
    const created = [...model.conversations.keys()];
    assert.deepEqual(await pages("/api/conversations/search?"), created.toReversed());
    assert.deepEqual(await pages("/api/conversations/search?sort_order=CREATED_AT&"), created);
    const statuses = [...model.conversations.values()].map(({ status }) => status);
    assert.equal((await stage.wire("GET", "/api/conversations/count")).json, created.length);
    for (const status of new Set(statuses))
      assert.equal(
        (await stage.wire("GET", `/api/conversations/count?status=${status}`)).json,
        statuses.filter((one) => one === status).length,
      );
    const events = expected.events.map((event) => event.id);
    assert.deepEqual(await pages(`/api/conversations/${id}/events/search?`), events);
    assert.deepEqual(await pages(`/api/conversations/${id}/events/search?sort_order=TIMESTAMP_DESC&`), events.toReversed());
  }
}

describe("any operations, in any order", () => {
  const choice = fc.nat(4);
  const of = (Kind: new (choice: number, how: string) => Operation, ...how: string[]) =>
    fc.tuple(choice, fc.constantFrom(...how)).map(([which, one]) => new Kind(which, one));
  const operations = [
    fc.boolean().map((isAsking) => new Create(isAsking)),
    of(Message, "run say", "run terminal", "wait say", "wait terminal"),
    of(Message, "run say", "run terminal", "wait say", "wait terminal"),
    of(Run, ""),
    of(Halt, "pause", "interrupt"),
    of(Respond, "accept", "reject"),
    of(Navigate, "0", "1", "2", "3"),
    of(Fork, ""),
    of(Patch, "One", "Two"),
    of(Delete, ""),
    of(Restart, ""),
    of(Pages, "1", "3", "100"),
  ];

  it("leave the server in the state, with the counts and in the order of a small model", async function () {
    this.timeout(180_000);
    await using stage = await openStage();
    await fc.assert(
      fc.asyncProperty(fc.commands(operations, { maxCommands: 25, size: "max" }), async (commands) => {
        const model: Model = { conversations: new Map() };
        try {
          await fc.asyncModelRun(() => ({ model, real: { stage } }), commands);
        } finally {
          // Because the next run expects none.
          const { json } = await stage.wire("GET", "/api/conversations/search");
          for (const { id } of json.items) await stage.wire("DELETE", `/api/conversations/${id}`);
        }
      }),
      { numRuns: 12, endOnFailure: false, plugins: [fc.interruptAfterTimeLimit(60_000)] },
    );
  });
});
