import assert from "node:assert/strict";
import * as vscode from "vscode";
import { readinessOf } from "../../src/extension/chat/surroundings.ts";
import { Servers } from "../../src/extension/servers/servers.ts";
import { SwitchedHost } from "../../src/extension/servers/switchedHost.ts";
import { Sharing } from "../../src/extension/sharing/sharing.ts";
import { RemoteHost } from "../../src/host/remote/remoteHost.ts";
import { OfficialServer } from "../support/officialServer.ts";
import { playedLlm, say } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { openTestHost, quietLog } from "../support/workspaces.ts";

class Memory implements vscode.Memento {
  readonly kept = new Map<string, unknown>();
  keys(): readonly string[] {
    return [...this.kept.keys()];
  }
  get<Value>(key: string, otherwise?: Value): Value | undefined {
    return (this.kept.get(key) as Value | undefined) ?? otherwise;
  }
  async update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.kept.delete(key);
    else this.kept.set(key, value);
  }
}

class Secrets implements vscode.SecretStorage {
  readonly kept = new Map<string, string>();
  readonly onDidChange = new vscode.EventEmitter<vscode.SecretStorageChangeEvent>().event;
  keys = async (): Promise<string[]> => [...this.kept.keys()];
  get = async (key: string): Promise<string | undefined> => this.kept.get(key);
  store = async (key: string, value: string): Promise<void> => void this.kept.set(key, value);
  delete = async (key: string): Promise<void> => void this.kept.delete(key);
}

/** A trusted folder with this model, in a window that is connected to a server or not. */
function around(model: string, isConnected: boolean): Parameters<typeof readinessOf>[0] {
  const models = { current: { model }, isReady: async () => true };
  const place = { url: "https://agents.example.com", name: "agents.example.com", folder: "/srv/project" };
  const servers = { place: isConnected ? place : undefined };
  return { models, workspace: { folder: "/workspace", isTrusted: true }, servers } as unknown as Parameters<typeof readinessOf>[0];
}

describe("servers in VS Code", () => {
  it("can begin no task with a model that is on this machine only", async () => {
    const models = ["demo", "vscode/copilot/gpt-5", "gpt-5"];
    assert.deepEqual(await Promise.all(models.map((model) => readinessOf(around(model, false)))), ["ready", "ready", "ready"]);
    assert.deepEqual(await Promise.all(models.map((model) => readinessOf(around(model, true)))), ["no-model", "no-model", "ready"]);
  });

  it("are connected to by the window, again after it was loaded anew, and left; the key is a secret only", async () => {
    await using there = await OfficialServer.open({ key: "the-key" });
    const id = there.begin();
    await using here = await openTestHost();
    const memory = [new Memory(), new Memory()] as const;
    const [workspaceState, globalState] = memory;
    const context = { workspaceState, globalState, secrets: new Secrets() } as unknown as vscode.ExtensionContext;
    const host = new SwitchedHost(here.host);
    const options = { context, host, apiKeyOf: async () => undefined, log: quietLog };
    const servers = new Servers(options);
    await servers.setKey(there.url, "the-key");
    await servers.connect(there.url, "/workspace");
    assert.deepEqual(
      (await host.list()).map((listed) => listed.id),
      [id],
    );
    assert.ok(!JSON.stringify(memory.flatMap(({ kept }) => [...kept])).includes("the-key"));
    servers.dispose();

    const again = new Servers(options);
    assert.equal(again.place?.folder, "/workspace");
    assert.deepEqual(
      (await host.list()).map((listed) => listed.id),
      [id],
    );
    await again.disconnect();
    assert.deepEqual(
      (await host.list()).map((listed) => listed.id),
      [here.id],
    );
    again.dispose();
  });

  it("are this window, too, for as long as it is shared", async () => {
    await using here = await openTestHost({ llm: playedLlm([say("Heard.")]) });
    const sharing = new Sharing(here.host, quietLog);
    const share = await sharing.start();
    assert.equal(await sharing.start(), share, "there is one share, however often it is asked for");
    await using client = new RemoteHost({
      server: { url: share.url, key: async () => share.key },
      apiKeyOf: async () => undefined,
      log: quietLog,
    });
    using _ = await client.subscribe(here.id, -1, () => undefined);
    await until("the client to be counted", async () => sharing.current?.clients.length === 1);
    await client.handle({ type: "message.send", conversationId: here.id, text: "Hello" });
    await client.settled(here.id);
    assert.ok(here.events().some((event) => event.kind === "MessageEvent" && event.source === "agent"));
    await sharing.stop();
    assert.equal(sharing.current, undefined);
    await assert.rejects(client.list(), /does not answer/);
    sharing.dispose();
  });
});
