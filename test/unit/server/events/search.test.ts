import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as fc from "fast-check";
import { textContent } from "../../../../src/protocol/content.ts";
import type { Event } from "../../../../src/protocol/events.ts";
import { openEventServer } from "../../../support/eventServer.ts";
import { agentSays, calls, environmentSays, personSays, succeeds } from "../../../support/events.ts";
import { playedLlm, say } from "../../../support/scripts.ts";
import { newId } from "../../../support/workspaces.ts";

interface Found {
  readonly items: readonly Event[];
  readonly next_page_id: string | null;
}

const at = <E extends Event>(event: E, second: number): E => ({
  ...event,
  timestamp: `2026-01-05T10:00:${String(second).padStart(2, "0")}.000000`,
});
const pauses = (index: number): Event => {
  const { id, timestamp } = personSays(String(index));
  return { kind: "PauseEvent", source: "user", id, timestamp };
};
const messages = (count: number): Event[] => Array.from({ length: count }, (_, index) => at(personSays(`message ${index}`), index));
const idsOf = (found: unknown): string[] => (found as Found).items.map(({ id }) => id);
const ids = (events: readonly Event[]): string[] => events.map(({ id }) => id);

describe("searching events", () => {
  it("shows nothing before the first message, and then the conversation without what only our log needs", async () => {
    await using server = await openEventServer({ llm: playedLlm([say("Hi.")]) });
    assert.deepEqual((await server.get("/search")).body, { items: [], next_page_id: null });
    assert.equal((await server.get("/count")).body, 0);
    await server.test.send("Hello.");
    await server.test.host.settled(server.id);
    const { items } = (await server.get("/search")).body as Found;
    const keys = items.flatMap((event) => (event.kind === "ConversationStateUpdateEvent" ? [event.key] : []));
    assert.ok(keys.includes("execution_status"));
    for (const hidden of ["id", "workspace", "agent", "title", "confirmation_policy", "max_iterations"]) assert.ok(!keys.includes(hidden));
    assert.deepEqual(
      items.flatMap((event) => (event.kind === "MessageEvent" ? [event.source] : [])),
      ["user", "agent"],
    );
    assert.equal((await server.get("/count")).body, items.length);
  });

  it("§10.14 ends with the last full page", async () => {
    const events = messages(6);
    await using server = await openEventServer({ events });
    const first = (await server.get("/search?limit=3")).body as Found;
    assert.deepEqual(idsOf(first), ids(events.slice(0, 3)));
    assert.equal(first.next_page_id, events[3]?.id);
    const second = (await server.get(`/search?limit=3&page_id=${first.next_page_id}`)).body as Found;
    assert.deepEqual(second, { items: second.items, next_page_id: null });
    assert.deepEqual(idsOf(second), ids(events.slice(3)));
  });

  it("§10.15 goes on with the next event that fits", async () => {
    const events = [personSays("1"), agentSays("2"), agentSays("3"), personSays("4"), agentSays("5")];
    await using server = await openEventServer({ events });
    const first = (await server.get("/search?limit=2&source=agent")).body as Found;
    assert.deepEqual([idsOf(first), first.next_page_id], [[events[1]?.id, events[2]?.id], events[4]?.id]);
    const fromOther = (await server.get(`/search?source=agent&page_id=${events[3]?.id}`)).body as Found;
    assert.deepEqual(idsOf(fromOther), [events[4]?.id]);
  });

  it("§10.16 begins at the start for an unknown page, and at the tail when the newest come first", async () => {
    const events = messages(4);
    await using server = await openEventServer({ events });
    assert.deepEqual(idsOf((await server.get(`/search?page_id=${newId()}`)).body), ids(events));
    const newest = (await server.get("/search?sort_order=TIMESTAMP_DESC&limit=2")).body as Found;
    assert.deepEqual([idsOf(newest), newest.next_page_id], [ids([...events].reverse().slice(0, 2)), events[1]?.id]);
    const older = (await server.get(`/search?sort_order=TIMESTAMP_DESC&page_id=${newest.next_page_id}`)).body as Found;
    assert.deepEqual([idsOf(older), older.next_page_id], [ids([...events].reverse().slice(2)), null]);
    assert.deepEqual(idsOf((await server.get(`/search?sort_order=TIMESTAMP_DESC&page_id=nothing`)).body), ids([...events].reverse()));
  });

  it("tells the newest page of a long conversation before it has looked at all of it, and the same as after", async () => {
    const states = (key: string): Event => {
      const { id, timestamp } = personSays(key);
      return { kind: "ConversationStateUpdateEvent", source: "environment", key, value: "x", id, timestamp };
    };
    const events = Array.from({ length: 60 }, (_, index) => [personSays(`m${index}`), states(index % 2 === 0 ? "title" : "goal")]).flat();
    for (const query of ["/search?sort_order=TIMESTAMP_DESC&limit=20", "/search?sort_order=TIMESTAMP_DESC&limit=90"]) {
      await using server = await openEventServer({ events });
      const early = await server.get(query);
      assert.equal((await server.get("/count")).body, 90);
      assert.deepEqual(early, await server.get(query));
    }
  });

  it("§10.17 passes over what cannot be read", async () => {
    const events = messages(5);
    await using server = await openEventServer({ events, keepBytes: 0 });
    assert.equal((await server.get("/count")).body, 5);
    // While it is open, as by a disk that fails.
    const log = path.join(server.test.storeFolder, server.id, "events.jsonl");
    const bytes = await readFile(log);
    bytes[bytes.indexOf("message 2")] = 0xff;
    await writeFile(log, bytes);
    const rest = ids(events.filter((_, index) => index !== 2));
    assert.deepEqual(idsOf((await server.get("/search")).body), rest);
    assert.equal((await server.get("/count?body=message")).body, 4);
    const page = (await server.get("/search?limit=2")).body as Found;
    assert.deepEqual([idsOf(page), page.next_page_id], [rest.slice(0, 2), rest[2]]);
    assert.equal((await server.get(`/${events[2]?.id}`)).status, 404);
  });

  it("§10.18 compares zoned times as the clock here shows them, and naive ones as they are", async () => {
    const events = messages(4);
    await using server = await openEventServer({ events });
    const naive = events[2]?.timestamp ?? "";
    const zoned = new Date(naive.slice(0, 23)).toISOString();
    const elsewhere = `${new Date(Date.parse(zoned) + 2 * 3_600_000).toISOString().slice(0, -1)}+02:00`;
    for (const time of [naive, zoned, encodeURIComponent(elsewhere), elsewhere]) {
      assert.deepEqual(idsOf((await server.get(`/search?timestamp__gte=${time}`)).body), ids(events.slice(2)), time);
      assert.deepEqual(idsOf((await server.get(`/search?timestamp__lt=${time}`)).body), ids(events.slice(0, 2)), time);
      assert.equal((await server.get(`/count?timestamp__gte=${time}`)).body, 2);
    }
    assert.equal((await server.get("/search?timestamp__gte=yesterday")).status, 422);
  });

  it("§10.19 finds a text in messages only, whatever its case, and in what was added to them", async () => {
    const added = { ...personSays("nothing"), extended_content: [textContent("The NEEDLE is here")] };
    const thought = agentSays("nothing");
    const reasoned = { ...thought, llm_message: { ...thought.llm_message, reasoning_content: "needles" } };
    const action = calls({ command: "find needle" });
    const events = [personSays("A Needle."), added, action, succeeds(action, "needle"), reasoned, environmentSays("hay")];
    await using server = await openEventServer({ events });
    const found = (await server.get("/search?body=nEEdle&limit=2")).body as Found;
    assert.deepEqual([idsOf(found), found.next_page_id], [[events[0]?.id, events[1]?.id], events[4]?.id]);
    assert.equal((await server.get("/count?body=needle")).body, 3);
  });

  it("finds kinds by their own name and by the official server's long one", async () => {
    const action = calls({ command: "ls" });
    await using server = await openEventServer({ events: [personSays("Hi"), action, succeeds(action, "")] });
    for (const kind of ["ActionEvent", "openhands.sdk.event.llm_convertible.action.ActionEvent"])
      assert.deepEqual(idsOf((await server.get(`/search?kind=${kind}`)).body), [action.id]);
    assert.deepEqual(idsOf((await server.get("/search?kind=NoSuchEvent")).body), []);
  });

  it("takes a page of at most a hundred, and refuses what is no number of items", async () => {
    await using server = await openEventServer({ events: messages(60).concat(messages(60)) });
    assert.equal(idsOf((await server.get("/search?limit=1000")).body).length, 100);
    assert.equal((await server.get("/search?limit=0")).status, 422);
    assert.equal((await server.get("/search?sort_order=NAME")).status, 422);
  });

  it("tells one event with its nulls and a page without them", async () => {
    const event: Event = { ...personSays("Hi"), parent_id: null, llm_response_id: null };
    await using server = await openEventServer({ events: [event] });
    const { items } = (await server.get("/search")).body as Found;
    assert.ok(items[0] !== undefined && !("parent_id" in items[0]) && !("llm_response_id" in items[0]));
    const { status, body } = await server.get(`/${event.id}`);
    const { llm_message, ...rest } = body as Record<string, unknown>;
    assert.deepEqual(
      [status, rest["parent_id"], rest["sender"], rest["critic_result"], rest["llm_response_id"]],
      [200, null, null, null, null],
    );
    assert.equal((llm_message as Record<string, unknown>)["tool_calls"], null);
  });

  it("says 404 to an unknown event and an unknown conversation, and 422 to what is no id", async () => {
    await using server = await openEventServer({ events: messages(1) });
    assert.deepEqual(await server.get(`/${newId()}`), { status: 404, body: { detail: "Not Found" } });
    for (const below of ["search", "count", newId()])
      assert.equal((await server.app.request(`/api/conversations/${newId()}/events/${below}`)).status, 404);
    assert.equal((await server.app.request("/api/conversations/mine/events/search")).status, 422);
    const hex = server.id.replaceAll("-", "").toUpperCase();
    assert.equal((await server.app.request(`/api/conversations/${hex}/events/count`)).status, 200);
  });

  it("never sends what only our own doors know", async () => {
    const action = { ...calls({ command: "ls" }), reasoning_ms: 5, granted: true as const };
    await using server = await openEventServer({ events: [{ ...agentSays("Hi"), reasoning_ms: 7 }, action] });
    const text = JSON.stringify([(await server.get("/search")).body, (await server.get(`/${action.id}`)).body]);
    assert.doesNotMatch(text, /reasoning_ms|granted|risk_reason/);
  });

  it("has every page in order and none twice, whatever is asked", async () => {
    const events = Array.from({ length: 37 }, (_, index) => {
      const event = index % 3 === 0 ? personSays(`m${index}`) : index % 3 === 1 ? agentSays(`m${index}`) : pauses(index);
      return at(event, index);
    });
    await using server = await openEventServer({ events });
    const filters = fc.record({
      limit: fc.integer({ min: 1, max: 12 }),
      source: fc.constantFrom(undefined, "user", "agent"),
      kind: fc.constantFrom(undefined, "MessageEvent", "PauseEvent"),
      gte: fc.option(fc.integer({ min: 0, max: 36 }), { nil: undefined }),
      lt: fc.option(fc.integer({ min: 0, max: 36 }), { nil: undefined }),
      isDescending: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(filters, async ({ limit, source, kind, gte, lt, isDescending }) => {
        const fitting = events.filter(
          (event, index) =>
            (source ?? event.source) === event.source && (kind ?? event.kind) === event.kind && index >= (gte ?? 0) && index < (lt ?? 37),
        );
        const query = new URLSearchParams({
          limit: String(limit),
          ...(source ? { source } : {}),
          ...(kind ? { kind } : {}),
          ...(gte === undefined ? {} : { timestamp__gte: events[gte]?.timestamp ?? "" }),
          ...(lt === undefined ? {} : { timestamp__lt: events[lt]?.timestamp ?? "" }),
          sort_order: isDescending ? "TIMESTAMP_DESC" : "TIMESTAMP",
        });
        const found: string[] = [];
        for (let next: string | null = ""; next !== null; ) {
          if (next !== "") query.set("page_id", next);
          const page = (await server.get(`/search?${query}`)).body as Found;
          found.push(...idsOf(page));
          next = page.next_page_id;
        }
        assert.deepEqual(found, ids(isDescending ? fitting.toReversed() : fitting));
      }),
      { numRuns: 60 },
    );
  });
});
