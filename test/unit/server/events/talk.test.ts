import assert from "node:assert/strict";
import type { Event } from "../../../../src/protocol/events.ts";
import { type EventServer, openEventServer } from "../../../support/eventServer.ts";
import { bash, call, gate, playedLlm, say } from "../../../support/scripts.ts";
import { openSocketServer } from "../../../support/socketServer.ts";
import { newId } from "../../../support/workspaces.ts";

const message = (text: string, run?: boolean) => ({ content: [{ type: "text", text }], ...(run === undefined ? {} : { run }) });
const done = { status: 200, body: { success: true } };

async function kindsOf(server: EventServer): Promise<string[]> {
  const { items } = (await server.get("/search")).body as { items: Event[] };
  return items.filter(({ kind }) => kind !== "ConversationStateUpdateEvent" && kind !== "SystemPromptEvent").map(({ kind }) => kind);
}

describe("messages over REST", () => {
  it("begin a run when they say so, and only then", async () => {
    await using server = await openEventServer({ llm: playedLlm([say("Hi.")]) });
    assert.deepEqual(await server.post("", message("Wait.")), done);
    assert.deepEqual(await kindsOf(server), ["MessageEvent"]);
    assert.deepEqual(await server.post("", message("Go.", true)), done);
    await server.test.untilStatus("finished");
    assert.deepEqual(await kindsOf(server), ["MessageEvent", "MessageEvent", "MessageEvent"]);
  });

  it("have pictures of some megabytes, also over a socket; what is larger is refused, and so is all else of that size", async () => {
    await using server = await openSocketServer({ llm: playedLlm([say("Hi.")]) });
    const pictured = (bytes: number) => {
      const image = { type: "image", image_urls: [`data:image/png;base64,${"A".repeat(bytes)}`] };
      return { role: "user", content: [...message("Look.").content, image] };
    };
    const post = async (below: string, body: object): Promise<number> => {
      const url = `http://127.0.0.1:${server.port}/api/conversations/${server.id}/events${below}`;
      const response = await fetch(url, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
      await response.text();
      return response.status;
    };
    assert.equal(await post("", pictured(3_000_000)), 200);
    assert.equal(await post("", pictured(16_000_000)), 413);
    assert.equal(await post("/respond_to_confirmation", { accept: true, reason: "x".repeat(2_000_000) }), 413);
    const client = await server.connect().live();
    await client.send(pictured(3_000_000));
    await server.test.untilStatus("finished");
    assert.deepEqual(await kindsOf(server), ["MessageEvent", "MessageEvent", "MessageEvent"]);
  });

  it("§10.9 is answered when it comes while a run is about to end, by one more run", async () => {
    const hold = gate();
    await using server = await openEventServer({ llm: playedLlm([{ text: "First.", gate: hold }, say("Second.")]) });
    await server.post("", message("One.", true));
    await hold.reached;
    await server.post("", message("Two.", true));
    hold.release();
    await server.test.host.settled(server.id);
    const { items } = (await server.get("/search?kind=MessageEvent")).body as { items: Event[] };
    assert.deepEqual(
      items.map((event) =>
        event.kind === "MessageEvent" && event.llm_message.content[0]?.type === "text" ? event.llm_message.content[0].text : "",
      ),
      ["One.", "Two.", "First.", "Second."],
    );
  });

  it("§10.10 begins nothing when it only stands there", async () => {
    const hold = gate();
    await using server = await openEventServer({ llm: playedLlm([{ text: "First.", gate: hold }]) });
    await server.post("", message("One.", true));
    await hold.reached;
    await server.post("", message("Two.", false));
    hold.release();
    await server.test.host.settled(server.id);
    assert.deepEqual(await kindsOf(server), ["MessageEvent", "MessageEvent", "MessageEvent"]);
  });

  it("are refused with a sentence when they are none, or somebody else's, or of a conversation that is not there", async () => {
    await using server = await openEventServer();
    for (const body of [{ content: "words" }, {}, { content: [{ type: "video" }] }]) {
      const { status, body: refusal } = await server.post("", body);
      assert.equal(status, 422);
      assert.deepEqual((refusal as { detail: { loc: unknown[] }[] }).detail[0]?.loc.slice(0, 2), ["body", "content"]);
    }
    for (const role of ["assistant", "system"]) assert.equal((await server.post("", { ...message("Hi"), role })).status, 400);
    assert.equal((await server.post("", message("  "))).status, 400);
    const pictures = { content: [{ type: "image", image_urls: ["file:///etc/passwd"] }] };
    assert.equal((await server.post("", pictures)).status, 400);
    assert.equal((await server.get("/count")).body, 0);
    const elsewhere = `/api/conversations/${newId()}/events`;
    const request = { method: "POST", body: JSON.stringify(message("Hi")), headers: { "content-type": "application/json" } };
    assert.equal((await server.app.request(elsewhere, request)).status, 404);
    const answer = { ...request, body: JSON.stringify({ accept: true }) };
    assert.equal((await server.app.request(`${elsewhere}/respond_to_confirmation`, answer)).status, 404);
  });

  it("gets several events by their ids, in that order, with null for what is not there", async () => {
    await using server = await openEventServer();
    await server.post("", message("One."));
    const { items } = (await server.get("/search?kind=MessageEvent")).body as { items: Event[] };
    const { status, body } = await server.post("", [newId(), items[0]?.id]);
    assert.deepEqual([status, (body as (Event | null)[]).map((event) => event?.id ?? null)], [200, [null, items[0]?.id]]);
    assert.equal((await server.post("", Array.from({ length: 101 }, newId))).status, 422);
  });
});

describe("answers over REST", () => {
  const asking = { policy: { kind: "AlwaysConfirm" } } as const;

  it("§10.8 allow what waits, and are fine when nothing does or it runs already", async () => {
    const hold = gate();
    const llm = playedLlm([call(bash("echo hi")), { text: "Done.", gate: hold }]);
    await using server = await openEventServer({ llm, ...asking });
    await server.post("", message("Go.", true));
    await server.test.untilStatus("waiting_for_confirmation");
    assert.deepEqual(await server.post("/respond_to_confirmation", { accept: true }), done);
    await hold.reached;
    assert.deepEqual(await server.post("/respond_to_confirmation", { accept: true }), done);
    assert.deepEqual(await server.post("/respond_to_confirmation", { accept: false }), done);
    hold.release();
    await server.test.untilStatus("finished");
    assert.deepEqual(await kindsOf(server), ["MessageEvent", "ActionEvent", "ObservationEvent", "MessageEvent"]);
  });

  it("reject each waiting action with the reason, and nothing runs until somebody says so", async () => {
    const llm = playedLlm([call(bash("echo 1"), bash("echo 2")), say("All right.")]);
    await using server = await openEventServer({ llm, ...asking });
    await server.post("", message("Go.", true));
    await server.test.untilStatus("waiting_for_confirmation");
    assert.deepEqual(await server.post("/respond_to_confirmation", { accept: false, reason: "Too risky." }), done);
    await server.test.host.settled(server.id);
    assert.equal((await server.test.host.look(server.id)).state.execution_status, "idle");
    const { items } = (await server.get("/search?kind=UserRejectObservation")).body as { items: Event[] };
    assert.deepEqual(
      items.map((event) => event.kind === "UserRejectObservation" && [event.rejection_reason, event.rejection_source]),
      [
        ["Too risky.", "user"],
        ["Too risky.", "user"],
      ],
    );
    assert.equal(llm.requests.length, 1);
    assert.equal((await server.post("/respond_to_confirmation", { reason: "?" })).status, 422);
  });

  it("come with a message that runs: what waits is allowed, and the agent reads the message next", async () => {
    const llm = playedLlm([call(bash("echo hi")), say("Done.")]);
    await using server = await openEventServer({ llm, ...asking });
    await server.post("", message("Go.", true));
    await server.test.untilStatus("waiting_for_confirmation");
    await server.post("", message("Only a note.", false));
    assert.equal((await server.test.host.look(server.id)).state.execution_status, "waiting_for_confirmation");
    await server.post("", message("Yes.", true));
    await server.test.untilStatus("finished");
    assert.deepEqual(await kindsOf(server), [
      "MessageEvent",
      "ActionEvent",
      "MessageEvent",
      "MessageEvent",
      "ObservationEvent",
      "MessageEvent",
    ]);
  });
});
