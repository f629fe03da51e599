import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "mocha";
import * as z from "zod";
import { EventId } from "../../../../src/protocol/ids.ts";
import type { ActivityNotice } from "../../../../src/protocol/summary.ts";
import { viewOf, withEarlier } from "../../../../src/protocol/view.ts";
import { newCall } from "../../../support/events.ts";
import { OfficialServer } from "../../../support/officialServer.ts";
import { Door, idOf, type World, world } from "../../../support/remoteWorld.ts";
import { until } from "../../../support/until.ts";
import { startOf } from "../../../support/workspaces.ts";

const Started = z.object({
  agent: z.object({ llm: z.object({ api_key: z.string(), stream: z.boolean() }), tools: z.array(z.object({ name: z.string() })) }),
  security_analyzer: z.object({ kind: z.string() }),
  max_iterations: z.number(),
  workspace: z.object({ working_dir: z.string() }),
});

describe("a host on a server", () => {
  let there: World;
  beforeEach(async () => (there = await world()));
  afterEach(() => there[Symbol.asyncDispose]());

  it("begins a conversation with model, key and tools, and follows its run to the end", async () => {
    const { server, host } = there;
    server.onRun = (_, id) => {
      server.tell(id, { kind: "StreamingDeltaEvent", id: "d1", timestamp: "2026-01-01T00:00:00.000000", source: "agent", content: "Hel" });
      server.say(id, "Hello.");
      server.status(id, "finished");
    };
    const start = startOf({ confirmation_policy: { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true } });
    await host.handle({ type: "conversation.create", start });
    const door = new Door();
    using _ = await host.subscribe(start.id, -1, door.hear);
    await host.handle({ type: "message.send", conversationId: start.id, text: "Say hello" });
    await host.settled(start.id);
    assert.deepEqual(door.texts, ["Say hello", "Hello."]);
    assert.equal(door.view.state.execution_status, "finished");
    assert.ok(door.heard.some((one) => one.type === "delta" && one.content === "Hel"));
    const request = Started.parse(server.askedFor("POST", "/conversations")[0]?.body);
    assert.deepEqual(request, {
      agent: {
        llm: { api_key: "sk-model", stream: true },
        tools: ["terminal", "file_editor", "task_tracker", "glob", "grep"].map((name) => ({ name })),
      },
      security_analyzer: { kind: "LLMSecurityAnalyzer" },
      max_iterations: 20,
      workspace: { working_dir: "/workspace" },
    });
  });

  it("gives each event its place in the log, and older ones on demand", async () => {
    const { server, host } = there;
    const id = server.begin();
    for (let n = 0; n < 450; n++) server.say(id, `m${n}`);
    using followed = await host.follow(idOf(id), { limit: 50 }, () => undefined);
    assert.equal(followed.snapshot.firstSeq, 400);
    assert.equal(followed.snapshot.events.length, 50);
    let view = viewOf(followed.snapshot);
    while (view.firstSeq > 0) {
      const page = await host.page(idOf(id), { beforeSeq: view.firstSeq, limit: 120 });
      view = withEarlier(view, page.firstSeq, page.events);
    }
    assert.deepEqual(
      view.rows.map((row) => row.type === "agent" && row.text),
      Array.from({ length: 450 }, (_, n) => `m${n}`),
    );
  });

  it("loses no event and tells none twice, whatever the connection does", async () => {
    const { server, host } = there;
    const id = server.begin();
    for (let n = 0; n < 10; n++) server.say(id, `m${n}`);
    const door = new Door();
    using _ = await host.subscribe(idOf(id), -1, door.hear);
    server.copies = 3;
    server.repeatsAll = true;
    for (let round = 0; round < 5; round++) {
      server.say(id, `live ${round}`);
      server.drop();
      // Told to nobody: it is only in the log.
      for (let n = 0; n < 130; n++)
        server.append(
          id,
          {
            kind: "MessageEvent",
            source: "agent",
            llm_message: { role: "assistant", content: [{ type: "text", text: `gap ${round} ${n}` }] },
          },
          { isTold: false },
        );
      server.failures = 2;
      await until("the gap to be closed", async () => door.view.lastSeq === 10 + (round + 1) * 131 - 1);
    }
    assert.deepEqual(
      door.seqs,
      Array.from({ length: 10 + 5 * 131 }, (_unused, seq) => seq),
    );
    assert.deepEqual(door.texts, server.textsOf(id));
  });

  it("says when the server is gone, what is kept, and that it is back", async () => {
    const { server, host } = there;
    const id = server.begin();
    server.say(id, "Before");
    const door = new Door();
    using _ = await host.subscribe(idOf(id), -1, door.hear);
    const { port } = server;
    await server[Symbol.asyncDispose]();
    await until("the loss to be told", async () => door.view.readOnly !== undefined);
    assert.equal(door.view.readOnly?.reason, "server-gone");
    assert.match(door.view.readOnly?.message ?? "", /^The server [\d.:]+ cannot be reached \([^()]*\)\. What is shown here is kept/);
    await assert.rejects(host.handle({ type: "message.send", conversationId: idOf(id), text: "Now?" }), /cannot be reached/);
    await using again = await OfficialServer.open({ port });
    for (const [known, kept] of server.conversations) again.conversations.set(known, kept);
    again.say(id, "After");
    await until("the server to be back", async () => door.view.readOnly === undefined);
    assert.deepEqual(door.texts, ["Before", "After"]);
  });

  it("calls a conversation by its first message until its server gives it a title", async () => {
    const { server, host } = there;
    const id = server.begin();
    const titles: (string | undefined)[] = [];
    using _watching = host.watch((notice) => {
      if (notice.type === "changed" && notice.activity.id === idOf(id)) titles.push(notice.activity.title);
    });
    using _ = await host.subscribe(idOf(id), -1, () => undefined);
    server.say(id, "Mend the date\nand say why.", "user");
    await until("the message to be its name", async () => titles.at(-1) === "Mend the date");
    const kept = server.conversations.get(id);
    Object.assign(kept?.info ?? {}, { title: "Date mending" });
    server.status(id, "finished");
    await until("the title of the server", async () => titles.at(-1) === "Date mending");
  });

  it("answers exactly the actions that were shown", async () => {
    const { server, host } = there;
    const id = server.begin();
    const actionId = EventId.parse(server.append(id, { ...newCall("rm x"), summary: 'terminal: {"command":"rm x"}' }));
    server.status(id, "waiting_for_confirmation");
    const conversationId = idOf(id);
    const respond = { type: "confirmation.respond", conversationId, accept: true } as const;
    const notices: ActivityNotice[] = [];
    using _watching = host.watch((notice) => notices.push(notice));
    const door = new Door();
    using _ = await host.subscribe(conversationId, -1, door.hear);
    const [shown] = door.view.state.pending;
    assert.deepEqual([shown?.id, shown?.summary], [actionId, undefined], "what the server made up of the call is not said by the agent");
    await assert.rejects(host.handle({ ...respond, actionIds: [EventId.parse("00000000-0000")] }), /not waiting for an answer/);
    await assert.rejects(host.handle({ ...respond, actionIds: [actionId], remember: true }), /does not remember/);
    assert.equal(server.askedFor("POST", "respond_to_confirmation").length, 0);
    // A server would take a message that runs for a yes.
    await host.handle({ type: "message.send", conversationId, text: "Wait" });
    assert.deepEqual(
      server.askedFor("POST", "/events").map(({ body }) => body?.["run"]),
      [false],
    );
    await host.handle({ ...respond, actionIds: [actionId] });
    assert.deepEqual(
      server.askedFor("POST", "respond_to_confirmation").map(({ body }) => body),
      [{ accept: true }],
    );
    const asking = notices.find((notice) => notice.type === "changed" && notice.activity.waiting === 1);
    assert.ok(asking, "the watch tells that a person is asked");
  });

  it("takes what the protocol leaves out, nulls, strange fields and kinds that nobody knows", async () => {
    const { server, host } = there;
    const id = server.begin();
    server.append(id, {
      kind: "MessageEvent",
      source: "user",
      llm_message: { role: "user", content: [{ type: "text", text: "Hi" }], tool_calls: null },
      critic_result: null,
    });
    server.append(id, { kind: "QuantumEvent", source: "agent", amplitude: { deep: null } });
    server.append(id, {
      kind: "ObservationEvent",
      source: "environment",
      tool_name: "terminal",
      tool_call_id: "c",
      action_id: "00000000-0000",
      observation: { kind: "TerminalObservation", content: "text" },
    });
    server.append(id, { kind: "AgentErrorEvent", source: "agent", tool_name: "t", tool_call_id: "c", error: "no" });
    server.append(id, {
      kind: "ConversationStateUpdateEvent",
      source: "environment",
      key: "stats",
      value: {
        usage_to_metrics: {
          default: { model_name: "m", accumulated_cost: 0.25, accumulated_token_usage: { prompt_tokens: 5, completion_tokens: 2 } },
          condenser: { accumulated_cost: 0.5 },
        },
      },
    });
    const door = new Door();
    using _ = await host.subscribe(idOf(id), -1, door.hear);
    assert.equal(door.seqs.length, 5);
    assert.equal(door.view.state.usage.prompt_tokens, 5);
    assert.equal(door.view.state.accumulated_cost, 0.75);
    assert.deepEqual(door.texts, ["Hi"]);
  });

  it("refuses what the protocol cannot do, in a sentence, before anything is sent", async () => {
    const { server, host } = there;
    const conversationId = idOf(server.begin());
    const before = server.asked.length;
    await assert.rejects(host.handle({ type: "conversation.restore", conversationId }), /for good/);
    await assert.rejects(host.handle({ type: "note.add", conversationId, text: "x" }), /next message/);
    await assert.rejects(host.handle({ type: "limits.set", conversationId, limits: {} }), /fixed when it began/);
    assert.equal(server.asked.length, before);
    await assert.rejects(host.handle({ type: "conversation.create", start: startOf({ limits: { max_cost_usd: 1 } }) }), /no limit of cost/);
    await assert.rejects(host.handle({ type: "conversation.create", start: startOf({ llm: { model: "demo" } }) }), /this machine only/);
    assert.equal(server.askedFor("POST", "/conversations").length, 0);
  });

  it("reads a title that is told in no event", async () => {
    const { server, host } = there;
    const id = server.begin();
    const door = new Door();
    using _ = await host.subscribe(idOf(id), -1, door.hear);
    await host.handle({ type: "conversation.rename", conversationId: idOf(id), title: "A name" });
    assert.equal(door.view.state.title, "A name");
    assert.deepEqual(
      (await host.list()).map(({ title }) => title),
      ["A name"],
    );
  });

  it("ends a conversation's view when it is deleted there", async () => {
    const { server, host } = there;
    const id = server.begin();
    const door = new Door();
    using _ = await host.subscribe(idOf(id), -1, door.hear);
    await host.handle({ type: "conversation.delete", conversationId: idOf(id) });
    assert.equal(door.view.isDeleted, true);
    await assert.rejects(host.handle({ type: "conversation.delete", conversationId: idOf(id) }), /no such conversation/);
    await until("the socket to be closed", async () => server.followers === 0);
  });

  it("closes a conversation that nobody looks at and that does nothing", async () => {
    const { server, host } = there;
    const id = server.begin();
    const subscription = await host.subscribe(idOf(id), -1, () => undefined);
    assert.equal(server.followers, 1);
    subscription[Symbol.dispose]();
    await until("the socket to be closed", async () => server.followers === 0);
  });
});
