import * as vscode from "vscode";
import { ConversationStore } from "../conversation/store.ts";
import { Host } from "../host/host.ts";
import type { Llm } from "../llm/llm.ts";
import { openLlm, type WorkFolder } from "../llm/openLlm.ts";
import { isVscodeModel } from "../llm/vscodeModel.ts";
import type { LlmRef } from "../protocol/state.ts";
import { homeFiles } from "../runtime/machine/homeFiles.ts";
import { ApiKeys } from "./apiKeys.ts";
import { openChats } from "./chat/openChats.ts";
import { registerCommands } from "./commands.ts";
import { DockerRuntimes } from "./dockerRuntime/dockerRuntimes.ts";
import { openLocal } from "./localRuntime/openLocal.ts";
import { windowFiles } from "./localRuntime/windowFiles.ts";
import { toLog } from "./log.ts";
import { Models } from "./models.ts";
import { Servers } from "./servers/servers.ts";
import { SwitchedHost } from "./servers/switchedHost.ts";
import { Sharing } from "./sharing/sharing.ts";
import { AgentTerminals } from "./terminals/agentTerminals.ts";
import { watchTitle } from "./terminals/watchTitle.ts";
import { Workspace } from "./workspace.ts";

let closing: (() => Promise<void>) | undefined;

/** Composes the extension; nothing is started before the person asks for it. */
export function activate(context: vscode.ExtensionContext): void {
  const channel = vscode.window.createOutputChannel("OpenHands", { log: true });
  const log = toLog(channel);
  const demoFolder = vscode.Uri.joinPath(context.extensionUri, "media", "demo").fsPath;
  const keys = new ApiKeys(context.secrets, process.env);
  const models = new Models(keys, process.env);
  const workspace = new Workspace(demoFolder, vscode.Uri.joinPath(context.globalStorageUri, "demo").fsPath);
  const openModel = async (ref: LlmRef, folder: WorkFolder): Promise<Llm> => {
    if (isVscodeModel(ref)) return (await import("./vscodeLlm.ts")).openVscodeLlm(ref.model);
    return openLlm(ref, folder, { demoFolder, demoWordDelayMs: 25, apiKey: await keys.get(ref.base_url) });
  };
  const store = new ConversationStore(vscode.Uri.joinPath(context.globalStorageUri, "conversation-logs").fsPath);
  const terminals = new AgentTerminals({
    chatView: () => chats.view.webview,
    watchTitle: (id, listener) => watchTitle(host, id, listener),
  });
  const sandboxes = new DockerRuntimes({
    dist: vscode.Uri.joinPath(context.extensionUri, "dist").fsPath,
    stateFolder: context.globalStorageUri.fsPath,
    hostFiles: windowFiles(),
    log,
    terminals,
    refuseUntrusted: () => workspace.refuseUntrusted(),
    isKnown: async (id) => (await store.ids()).includes(id) || (await store.deletedIds()).includes(id),
    openSandboxes: async (options) => new (await import("../runtime/docker/sandboxes.ts")).Sandboxes(options),
  });
  const local = new Host({
    store,
    openLlm: openModel,
    keysVersion: () => keys.version,
    openRuntime: async (needs) => {
      workspace.refuseElsewhere(needs.workingDir);
      const { runtime } = needs;
      return runtime.kind === "docker" ? sandboxes.open({ ...needs, runtime }) : openLocal(needs, { log, terminals });
    },
    home: homeFiles(),
    log,
  });
  const host = new SwitchedHost(local);
  const servers = new Servers({ context, host, apiKeyOf: (ref) => keys.get(ref.base_url), log });
  const sharing = new Sharing(local, log);
  const openForTest = (ref: LlmRef, folder = workspace.folder ?? demoFolder): Promise<Llm> =>
    openModel(ref, { host: folder, shown: folder });
  context.subscriptions.push(channel, models, workspace, servers, sharing);
  const { chats, commands } = openChats(context, { host, servers, sharing, models, workspace, terminals, sandboxes, log });
  registerCommands(context, { context, commands, models, keys, host, servers, workspace, channel, openLlm: openForTest });
  closing = async () => {
    await sharing.stop();
    await host[Symbol.asyncDispose]();
    await sandboxes[Symbol.asyncDispose]();
  };
}

/** Runs are paused, shells ended and logs closed before the window goes. */
export async function deactivate(): Promise<void> {
  await closing?.();
}
