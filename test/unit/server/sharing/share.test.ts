import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { RemoteHost } from "../../../../src/host/remote/remoteHost.ts";
import { type Share, shareHost } from "../../../../src/server/sharing/share.ts";
import { Door } from "../../../support/remoteWorld.ts";
import { bash, call, gate, type PlayedLlm, playedLlm, say } from "../../../support/scripts.ts";
import { until } from "../../../support/until.ts";
import { openTestHost, quietLog, type TestHost } from "../../../support/workspaces.ts";

interface Shared extends AsyncDisposable {
  readonly here: TestHost;
  readonly share: Share;
  /** Another client of the share, as far away as one can be. */
  client(): RemoteHost;
}

async function shared(llm: PlayedLlm): Promise<Shared> {
  const stack = new AsyncDisposableStack();
  const here = stack.use(await openTestHost({ llm, policy: { kind: "AlwaysConfirm" } }));
  const share = stack.use(
    await shareHost({ host: here.host, platform: "test", usableTools: ["terminal"], log: quietLog, onClients: () => undefined }),
  );
  const client = (): RemoteHost =>
    stack.use(
      new RemoteHost({
        server: { url: share.url, key: async () => share.key },
        apiKeyOf: async () => undefined,
        log: quietLog,
        waits: { firstMs: 20, mostMs: 100 },
      }),
    );
  return { here, share, client, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("a shared host", () => {
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
