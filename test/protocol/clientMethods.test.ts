import { deepEqual } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { AgentServerClient, BashWebSocketClient, RemoteConversation, RemoteEventsList, RemoteWorkspace } from "./officialClient.ts";

/** Methods of the official client that no test here calls, and why. */
const left: Readonly<Record<string, string>> = {
  "llm.getOpenAISubscriptionModels": "subscriptions are left out (501)",
  "llm.startOpenAISubscriptionDeviceLogin": "subscriptions are left out (501)",
  "llm.pollOpenAISubscriptionDeviceLogin": "subscriptions are left out (501)",
  "llm.logoutOpenAISubscription": "subscriptions are left out (501)",
  "mcp.startOAuth": "signing in to MCP servers is left out (501)",
  "mcp.getOAuthStatus": "signing in to MCP servers is left out (501)",
  "mcp.submitOAuthCallback": "signing in to MCP servers is left out (501)",
  "metaProfiles.getMetaProfile": "meta profiles are not in the protocol's version (404)",
  "metaProfiles.saveMetaProfile": "meta profiles are not in the protocol's version (404)",
  "metaProfiles.deleteMetaProfile": "meta profiles are not in the protocol's version (404)",
  "metaProfiles.activateMetaProfile": "meta profiles are not in the protocol's version (404)",
  "plugins.installPlugin": "plugins are left out (501)",
  "plugins.getInstalledPlugin": "plugins are left out (501)",
  "plugins.setPluginEnabled": "plugins are left out (501)",
  "plugins.uninstallPlugin": "plugins are left out (501)",
  "plugins.refreshPlugin": "plugins are left out (501)",
  "shared.getSharedConversations": "the cloud's alone",
  "shared.getSharedConversation": "the cloud's alone",
  "shared.searchSharedEvents": "the cloud's alone",
  "vscode.getUrl": "refused with 503, which is asked for without the client",
  "desktop.getUrl": "refused with 503, which is asked for without the client",
  "RemoteWorkspace.downloadAndSave": "needs a page",
  "RemoteEventsList.addEvent": "a list of the client's own",
  "RemoteEventsList.append": "a list of the client's own",
  "RemoteEventsList.createDefaultCallback": "a list of the client's own",
  "RemoteEventsList.length": "a list of the client's own",
};

/** Its own business: what TypeScript calls private, and what ends it. */
const inner = new Set([
  "constructor",
  "close",
  "normalizeRequest",
  "connect",
  "reportError",
  "scheduleReconnect",
  "ensureWorkspacesSupported",
]);

describe("the official client's methods", () => {
  it("are each called by a test, or left out for a reason", () => {
    const client = new AgentServerClient({ host: "http://127.0.0.1:9" });
    const families = Object.entries(client).flatMap(([name, part]: [string, unknown]) =>
      isClient(part) && name !== "client" ? [[name, part] as const] : [],
    );
    const classes = [RemoteWorkspace, RemoteConversation, RemoteEventsList, BashWebSocketClient].map((one) => [one.name, one] as const);
    const methods = [
      ...families.flatMap(([name, part]) => methodsOf(Object.getPrototypeOf(part)).map((method) => `${name}.${method}`)),
      ...classes.flatMap(([name, one]) => methodsOf(one.prototype).map((method) => `${name}.${method}`)),
    ];
    const tests = testTexts();
    const uncalled = methods.filter((name) => !new RegExp(`\\.${name.split(".")[1]}(<\\w+>)?\\(`).test(tests));
    deepEqual(
      uncalled.filter((name) => left[name] === undefined),
      [],
    );
    deepEqual(
      Object.keys(left).filter((name) => !uncalled.includes(name)),
      [],
    );
  });
});

function isClient(part: unknown): part is object {
  return typeof part === "object" && part !== null;
}

function methodsOf(prototype: object): string[] {
  const named = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  return named.filter(([name, { value }]) => typeof value === "function" && !inner.has(name)).map(([name]) => name);
}

function testTexts(): string {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts"));
  return files.map((name) => readFileSync(path.join(import.meta.dirname, name), "utf8")).join("\n");
}
