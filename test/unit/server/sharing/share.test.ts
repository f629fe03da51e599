import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { stateUpdate } from "../../../../src/conversation/stamp.ts";
import { ConversationStore } from "../../../../src/conversation/store.ts";
import { RemoteHost } from "../../../../src/host/remote/remoteHost.ts";
import type { ConversationId } from "../../../../src/protocol/ids.ts";
import { type Share, type ShareOptions, shareHost } from "../../../../src/server/sharing/share.ts";
import { Door } from "../../../support/remoteWorld.ts";
import { bash, call, gate, type PlayedLlm, playedLlm, say } from "../../../support/scripts.ts";
import { until } from "../../../support/until.ts";
import { openTestHost, quietLog, startOf, type TestHost, tempFolder } from "../../../support/workspaces.ts";

interface Shared extends AsyncDisposable {
  readonly here: TestHost;
  readonly share: Share;
  /** Another client of the share, as far away as one can be. */
  client(): RemoteHost;
  /** How often its clients were others. */
  changes(): number;
}

async function shared(llm: PlayedLlm, options: Pick<ShareOptions, "activeMs"> = {}): Promise<Shared> {
  const stack = new AsyncDisposableStack();
  let changes = 0;
  const here = stack.use(await openTestHost({ llm, policy: { kind: "AlwaysConfirm" } }));
  const share = stack.use(
    await shareHost({
      host: here.host,
      platform: "test",
      usableTools: ["terminal"],
      log: quietLog,
      onClients: () => void changes++,
      ...options,
    }),
  );
  const client = (): RemoteHost => stack.use(clientOf(share));
  return { here, share, client, changes: () => changes, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function clientOf({ url, key }: Share): RemoteHost {
  return new RemoteHost({
    server: { url, key: async () => key },
    apiKeyOf: async () => undefined,
    log: quietLog,
    waits: { firstMs: 20, mostMs: 100 },
  });
}

/** A request of a program that follows nothing. */
async function asked(share: Share, path: string, name: string): Promise<number> {
  const response = await fetch(share.url + path, { headers: { "x-session-api-key": share.key, "user-agent": name } });
  await response.arrayBuffer();
  return response.status;
}

describe("a shared host", () => {
  it("shows who only asks, for as long as they go on asking, and takes them for no followers' own requests", async () => {
    await using there = await shared(playedLlm([]), { activeMs: 3_000 });
    const { here, share, changes } = there;
    assert.equal(await asked(share, "/api/conversations/search", "other client"), 200);
    assert.equal(await asked(share, `/api/conversations/${here.id}`, "curl/8.1"), 200);
    assert.equal(share.clients.length, 0, "who is going to follow asks first");
    await until("both to be shown", async () => share.clients.length === 2);
    const seen = share.clients.map(({ conversationId, asking }) => [asking?.name, conversationId]);
    assert.deepEqual(seen, [
      ["other client", undefined],
      ["curl/8.1", here.id],
    ]);
    const count = changes();
    assert.ok(count >= 1);
    await fetch(`${share.url}/api/conversations`, { headers: { "x-session-api-key": "no key", "user-agent": "stranger" } });
    assert.ok(!share.clients.some(({ asking }) => asking?.name === "stranger"), "who was not let in is nobody");
    await until("those who ask no more to be gone", async () => share.clients.length === 0);
    assert.ok(changes() > count, "that is told");

    using _ = await there.client().subscribe(here.id, -1, () => undefined);
    await until("the follower", async () => share.clients.length === 1);
    assert.deepEqual(
      share.clients.map(({ conversationId, asking }) => [conversationId, asking]),
      [[here.id, undefined]],
    );
  });

  it("remembers only so many who name themselves anew", async () => {
    await using there = await shared(playedLlm([]));
    for (let at = 0; at < 30; at++) await asked(there.share, "/alive", `client-${at}`);
    await until("those that are remembered", async () => there.share.clients.length === 20);
    assert.deepEqual([there.share.clients.length, there.share.clients.at(-1)?.asking?.name], [20, "client-29"]);
  });

  it("lists conversations without opening any; one that was cut off has failed, as it has when it is opened", async () => {
    await using folder = await tempFolder();
    const [idle, cut] = [startOf(), startOf()];
    const before = new ConversationStore(folder.path);
    for (const start of [idle, cut]) {
      await using conversation = await before.create(start);
      if (start === cut) await conversation.append(stateUpdate("execution_status", "running"));
    }
    const opened: ConversationId[] = [];
    const watch = ({ id }: { readonly id: ConversationId }): Disposable => {
      opened.push(id);
      return { [Symbol.dispose]: () => undefined };
    };
    await using here = await openTestHost({ host: { store: new ConversationStore(folder.path, { watch }) } });
    opened.length = 0;
    await using share = await shareHost({ host: here.host, platform: "test", usableTools: [], log: quietLog, onClients: () => undefined });
    await using client = clientOf(share);
    const listed = new Map((await client.list()).map(({ id, execution_status }) => [id, execution_status]));
    assert.deepEqual([listed.size, listed.get(idle.id), listed.get(cut.id)], [3, "idle", "error"]);
    assert.deepEqual(opened, []);
    assert.equal((await here.host.look(cut.id)).state.execution_status, "error");
    assert.deepEqual(opened, [cut.id]);
  });

  it("is followed and steered from outside: a message, a question, its answer", async () => {
    await using there = await shared(playedLlm([call(bash("echo hi")), say("Done.")]));
    const { here, share } = there;
    const client = there.client();
    const door = new Door();
    assert.deepEqual((await client.level()).notes, ["Its agents cannot use file_editor."]);
    assert.deepEqual(
      (await client.list()).map(({ id }) => id),
      [here.id],
    );
    using _ = await client.subscribe(here.id, -1, door.hear);
    assert.deepEqual(
      share.clients.map(({ conversationId }) => conversationId),
      [here.id],
    );
    await client.handle({ type: "message.send", conversationId: here.id, text: "From outside" });
    await until("the question", async () => door.view.state.execution_status === "waiting_for_confirmation");
    const actionIds = door.view.state.pending.map(({ id }) => id);
    await client.handle({ type: "confirmation.respond", conversationId: here.id, accept: true, actionIds });
    await client.settled(here.id);
    assert.deepEqual(door.texts, ["From outside", "Done."]);
    assert.equal(door.view.state.execution_status, "finished");
  });

  it("runs once, however many clients ask at the same time", async () => {
    const atWork = gate();
    const llm = playedLlm([{ text: "Once.", gate: atWork }, say("Twice.")]);
    await using there = await shared(llm);
    const { here } = there;
    const clients = [there.client(), there.client(), there.client()];
    await Promise.all(clients.map((client) => client.handle({ type: "message.send", conversationId: here.id, text: "Go" })));
    await atWork.reached;
    await Promise.all(clients.map((client) => client.handle({ type: "run.start", conversationId: here.id })));
    assert.equal(llm.requests.length, 1);
    const running = here.events().filter((event) => event.kind === "ConversationStateUpdateEvent" && event.value === "running");
    assert.equal(running.length, 1);
    atWork.release();
    await here.host.settled(here.id);
  });

  it("gives clients nothing else, and says so", async () => {
    await using there = await shared(playedLlm([]));
    const { here, share } = there;
    const ask = async (method: string, path: string, key = share.key): Promise<number> => {
      const body = method === "GET" ? null : "{}";
      const response = await fetch(share.url + path, {
        method,
        body,
        headers: { "x-session-api-key": key, "content-type": "application/json" },
      });
      const text = await response.text();
      if (response.status === 403) assert.match(text, /cannot begin or change conversations, read files or run commands/);
      return response.status;
    };
    const one = `/api/conversations/${here.id}`;
    const refused = [
      ["POST", "/api/conversations"],
      ["DELETE", one],
      ["PATCH", one],
      ["POST", `${one}/fork`],
      ["POST", `${one}/confirmation_policy`],
      ["POST", `${one}/secrets`],
      ["POST", `${one}/switch_llm`],
      ["GET", `${one}/workspace/a.txt`],
      ["GET", "/api/file/download?path=/etc/passwd"],
      ["POST", "/api/bash/execute_bash_command"],
      ["GET", "/api/git/changes?path=/"],
      ["GET", "/api/settings"],
      ["GET", "/docs"],
    ] as const;
    for (const [method, path] of refused) assert.equal(await ask(method, path), 403, `${method} ${path}`);
    assert.equal(await ask("GET", one), 200);
    assert.equal(await ask("GET", one, "wrong"), 401);
    const elsewhere = await fetch(`${share.url}${one}`, { headers: { "x-session-api-key": share.key, origin: "https://evil.example" } });
    assert.equal(elsewhere.status, 403);
  });

  it("sends its clients away when it ends, and nobody can come back with the key", async () => {
    await using there = await shared(playedLlm([]));
    const { here, share } = there;
    const door = new Door();
    using _ = await there.client().subscribe(here.id, -1, door.hear);
    await share[Symbol.asyncDispose]();
    await until("the client to hear of it", async () => door.view.readOnly?.reason === "server-gone");
    assert.deepEqual(share.clients, []);
    await assert.rejects(there.client().list(), /does not answer/);
    // The host goes on.
    await here.host.handle({ type: "conversation.rename", conversationId: here.id, title: "Still mine" });
  });
});
