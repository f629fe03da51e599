import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Conversation } from "../../../src/conversation/conversation.ts";
import { ConversationError } from "../../../src/conversation/conversationError.ts";
import { ConversationStore } from "../../../src/conversation/store.ts";
import type { Event } from "../../../src/protocol/events.ts";
import { initialState, reduceState } from "../../../src/protocol/state.ts";
import { newId, smallDisk, startOf, tempFolder } from "../../support/workspaces.ts";
import { message, openConversation, textsOf } from "./fixtures/messages.ts";

describe("a conversation", () => {
  it("comes back as it was left: events, state and the next event's parent", async () => {
    await using folder = await tempFolder();
    const store = new ConversationStore(folder.path);
    const start = startOf({ max_iterations: 7 });
    let before: Pick<Conversation, "events" | "state">;
    {
      await using conversation = await store.create(start);
      await conversation.append(message("one"), message("two"));
      before = { events: [...conversation.events], state: conversation.state };
    }
    await using conversation = await store.open(start.id);
    assert.deepEqual({ events: conversation.events, state: conversation.state }, before);
    assert.deepEqual(conversation.state, conversation.events.reduce(reduceState, initialState));
    const [third] = await conversation.append(message("three"));
    assert.equal(third?.parent_id, before.events.at(-1)?.id);
    const { execution_status, working_dir, llm, max_iterations, confirmation_policy, id } = conversation.state;
    assert.deepEqual(
      { execution_status, working_dir, llm, max_iterations, confirmation_policy, id },
      { execution_status: "idle", ...start },
    );
  });

  it("gives each event the one before it as its parent, and never a state update", async () => {
    await using folder = await tempFolder();
    await using conversation = await openConversation(path.join(folder.path, "events.jsonl"));
    const update = { kind: "ConversationStateUpdateEvent" as const, source: "environment" as const, key: "title", value: "t" };
    const [first, second, third, fourth] = await conversation.append(update, message("a"), update, message("b"));
    assert.deepEqual(
      [first, second, third, fourth].map((event) => event?.parent_id),
      [undefined, undefined, second?.id, second?.id],
    );
    assert.equal(Object.hasOwn(first ?? {}, "parent_id"), false);
  });

  it("keeps the order of the calls when many append at once, and tells each event after it is on the disk", async () => {
    await using folder = await tempFolder();
    const file = path.join(folder.path, "events.jsonl");
    await using conversation = await openConversation(file);
    const told: string[] = [];
    conversation.onAppended((event, seq) => {
      assert.equal(conversation.events[seq], event);
      assert.ok(statSync(file).size > 100 * told.length, "it is on the disk");
      told.push(...textsOf([event]));
    });
    const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`);
    const answers = await Promise.all(texts.map((text) => conversation.append(message(text), message(`${text} too`))));
    const both = texts.flatMap((text) => [text, `${text} too`]);
    assert.deepEqual(
      { answers: textsOf(answers.flat()), events: textsOf(conversation.events), told },
      { answers: both, events: both, told: both },
    );
  });

  it("refuses an id that is taken, one that is unknown, and a folder that is no conversation", async () => {
    await using folder = await tempFolder({ "not-a-conversation/file": "" });
    const store = new ConversationStore(folder.path);
    const start = startOf();
    await (await store.create(start))[Symbol.asyncDispose]();
    await assert.rejects(store.create(start), { name: "ConversationError", code: "exists" });
    await assert.rejects(store.open(newId()), { name: "ConversationError", code: "not-found" });
    assert.deepEqual(await store.ids(), [start.id]);
    assert.deepEqual(await new ConversationStore(path.join(folder.path, "none")).ids(), []);
  });

  it("says in a sentence that a conversation cannot be kept where something else is, or where there is no room", async function () {
    await using folder = await tempFolder({ file: "" });
    const refused = { name: "ConversationError", code: "not-readable", message: /^The conversation could not be opened \(.*\)\. Check / };
    await assert.rejects(new ConversationStore(path.join(folder.path, "file", "below")).create(startOf()), refused);
    await using disk = await smallDisk();
    if (disk === undefined) return this.skip();
    disk.fill();
    const full = { name: "ConversationError", code: "not-writable", message: /^The conversation cannot be written \(.*\)\..*free space/ };
    await assert.rejects(new ConversationStore(disk.path).create(startOf()), full);
  });

  it("acknowledges nothing that a full disk did not take, keeps what was there, and goes on when there is room", async function () {
    await using disk = await smallDisk();
    if (disk === undefined) return this.skip();
    const file = path.join(disk.path, "conversation", "events.jsonl");
    const acknowledged: Event[] = [];
    {
      await using conversation = await openConversation(file);
      const fill = async (): Promise<never> => {
        for (;;) acknowledged.push(...(await conversation.append(message("x".repeat(10_000)))));
      };
      await assert.rejects(
        fill(),
        (error) => error instanceof ConversationError && error.code === "not-saved" && /free space/.test(error.message),
      );
      assert.ok(acknowledged.length > 3);
      assert.deepEqual(conversation.events, acknowledged);
      acknowledged.push(...(await conversation.append(message("a short one fits"))));
    }
    await using again = await openConversation(file);
    assert.deepEqual({ events: again.events, damage: again.damage }, { events: acknowledged, damage: undefined });
    assert.deepEqual(await readdir(path.dirname(file)), ["events.jsonl"]);
  });
});
