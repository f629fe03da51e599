import assert from "node:assert/strict";
import { Feed } from "../../../src/extension/chat/feed.ts";
import { RemoteHost } from "../../../src/host/remote/remoteHost.ts";
import type { ChatUpdate } from "../../../src/protocol/chat.ts";
import { ConversationId } from "../../../src/protocol/ids.ts";
import { OfficialServer } from "../../support/officialServer.ts";
import { bash, call, edit, finish, playedLlm } from "../../support/scripts.ts";
import { until } from "../../support/until.ts";
import { openTestHost, quietLog, type TestHost } from "../../support/workspaces.ts";

interface Page extends AsyncDisposable {
  readonly updates: ChatUpdate[];
  readonly feed: Feed;
}

async function open({ host, id }: TestHost, afterSeq: number): Promise<Page> {
  const updates: ChatUpdate[] = [];
  const feed = new Feed({ host, id, afterSeq, post: (update) => updates.push(update), onState: () => undefined });
  await feed.start();
  return { updates, feed, [Symbol.asyncDispose]: async () => feed[Symbol.dispose]() };
}

/** The numbers of the events in these updates, in order. */
const seqs = (updates: readonly ChatUpdate[]): number[] =>
  updates.flatMap((update) => {
    if (update.type === "snapshot") return update.snapshot.events.map((_, index) => update.snapshot.firstSeq + index);
    if (update.type === "page") return update.events.map((_, index) => update.firstSeq + index);
    if (update.type !== "notifications") return [];
    return update.notifications.flatMap((told) => (told.type === "event.appended" ? told.seq : []));
  });

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe("what a page is told of its conversation", () => {
  it("is a snapshot without file texts when it has nothing, and only what is missing when it has the rest", async () => {
    await using it = await openTestHost({ llm: playedLlm([call(bash("echo hi")), call(finish("Done."))]) });
    await it.send("Say hi.");
    await it.untilStatus("finished");
    const count = it.events().length;
    await using whole = await open(it, -1);
    assert.deepEqual(seqs(whole.updates), range(0, count));
    const [snapshot] = whole.updates;
    assert.deepEqual(
      snapshot?.type === "snapshot" && [snapshot.snapshot.state.execution_status, snapshot.snapshot.state.progress.changes],
      ["finished", []],
    );
    await using rest = await open(it, count - 4);
    await until("the rest to come", async () => seqs(rest.updates).length === 3);
    assert.deepEqual([rest.updates.map(({ type }) => type).includes("snapshot"), seqs(rest.updates)], [false, range(count - 3, count)]);
  });

  it("is the newest part of a long one, older parts when asked, at most a megabyte at once, and then what comes, without a gap", async () => {
    const long = Array.from({ length: 120 }, (_, index) =>
      call(edit("create", `/workspace/${index}.txt`, { file_text: "x".repeat(11_000) })),
    );
    await using it = await openTestHost({ llm: playedLlm([...long, call(finish("Done."))]), maxSteps: 500 });
    await it.send("Go.");
    await it.untilStatus("finished");
    await using page = await open(it, -1);
    const [snapshot] = page.updates;
    assert.ok(snapshot?.type === "snapshot");
    const shown = seqs(page.updates).length;
    assert.ok(shown > 30 && shown < 300, `${shown} events`);
    for (let [oldest] = seqs(page.updates); oldest; oldest = Math.min(...seqs(page.updates))) await page.feed.before(oldest);
    for (const update of page.updates) assert.ok(JSON.stringify(update).length < 1_000_000);
    await it.host.handle({ type: "conversation.rename", conversationId: it.id, title: "Long" });
    const count = it.events().length;
    await until("the new name to come", async () => seqs(page.updates).includes(count - 1));
    assert.deepEqual(
      seqs(page.updates).toSorted((a, b) => a - b),
      range(0, count),
    );
  });

  it("is that its server is away from the beginning, and all of it as soon as the server answers", async () => {
    const before = await OfficialServer.open();
    const { port, url } = before;
    const id = ConversationId.parse(before.begin());
    before.say(id, "It is there.");
    await before[Symbol.asyncDispose]();
    await using host = new RemoteHost({ server: { url, key: async () => undefined }, apiKeyOf: async () => undefined, log: quietLog });
    const updates: ChatUpdate[] = [];
    const waits = { firstMs: 5, mostMs: 20 };
    using feed = new Feed({ host, id, afterSeq: -1, post: (update) => updates.push(update), onState: () => undefined, waits });
    await feed.start();
    const access = () =>
      updates.flatMap((update) =>
        update.type === "notifications" ? update.notifications.filter((told) => told.type === "access.changed") : [],
      );
    assert.deepEqual(
      access().map(({ access: to, reason }) => [to, reason]),
      [["read", "server-gone"]],
    );
    assert.match(access()[0]?.message ?? "", /127\.0\.0\.1:\d+ .*It is tried again by itself\.$/);

    await using back = await OfficialServer.open({ port });
    for (const [kept, conversation] of before.conversations) back.conversations.set(kept, conversation);
    await until("the conversation", async () => updates.some(({ type }) => type === "snapshot"));
    await until("the way back", async () => access().at(-1)?.access === "write");
  });

  it("is that its server takes no such key, which is not tried again by itself", async () => {
    await using there = await OfficialServer.open({ key: "the-key" });
    const id = ConversationId.parse(there.begin());
    await using host = new RemoteHost({
      server: { url: there.url, key: async () => undefined },
      apiKeyOf: async () => undefined,
      log: quietLog,
    });
    const updates: ChatUpdate[] = [];
    using feed = new Feed({ host, id, afterSeq: -1, post: (update) => updates.push(update), onState: () => undefined });
    await feed.start();
    assert.match(JSON.stringify(updates), /"server-gone","message":"The server 127\.0\.0\.1:\d+ [^"]*key/);
  });
});
