import * as vscode from "vscode";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { DockerRef, SandboxNetwork } from "../../protocol/sandbox.ts";
import type { ConversationState } from "../../protocol/state.ts";
import type { Activities } from "../activity/activities.ts";
import type { Chats } from "../chat/chats.ts";
import { onlyThere } from "../chat/openers.ts";
import type { CommandMap } from "../commandMap.ts";
import { idShown } from "../conversationCommands.ts";
import type { DockerRuntimes } from "../dockerRuntime/dockerRuntimes.ts";
import { stateOf } from "../edits/conversationLog.ts";
import type { Models } from "../models.ts";
import type { Servers } from "../servers/servers.ts";
import type { WindowHost } from "../servers/switchedHost.ts";
import { writeSetting } from "../settings.ts";
import type { AgentTerminals } from "../terminals/agentTerminals.ts";
import type { Workspace } from "../workspace.ts";
import { chooseImage } from "./chooseImage.ts";
import { listSandboxes, pruneSandboxes } from "./sandboxList.ts";
import { selectRuntime } from "./selectRuntime.ts";
import type { Sandboxed } from "./shownSandbox.ts";

export interface RuntimeParts {
  readonly host: WindowHost;
  readonly chats: Chats;
  readonly activities: Activities;
  readonly models: Models;
  readonly workspace: Workspace;
  readonly sandboxes: DockerRuntimes;
  readonly terminals: AgentTerminals;
  readonly servers: Servers;
  readonly log: Log;
}

interface Shown extends Sandboxed {
  readonly state: ConversationState;
}

const patienceMs = 60_000;
/** So long is looked for what would be lost, before it is asked without knowing. */
const lookMs = 10_000;

/** Where conversations act, and what is done with their sandboxes: of the conversation that is shown, or of what begins next. */
export function runtimeCommands(parts: RuntimeParts): CommandMap {
  const { sandboxes } = parts;
  return {
    selectRuntime: () => selectRuntime(parts),
    chooseSandboxImage: () => chooseSandboxImage(parts),
    restartSandbox: () => restartSandbox(parts),
    deleteSandbox: () => deleteSandbox(parts),
    allowSandboxNetwork: () => setNetwork(parts, "bridge"),
    cutSandboxNetwork: () => setNetwork(parts, "none"),
    openSandboxShell: async () => sandboxes.openShell((await sandboxShown(parts)).id),
    listSandboxes: () => listSandboxes(parts),
    pruneSandboxes: () => pruneSandboxes(sandboxes),
    showTerminal: () => showTerminal(parts),
  };
}

function showTerminal({ chats, host, terminals }: RuntimeParts): void {
  const id = idShown(chats);
  const server = host.serverOf?.(id);
  if (server !== undefined) throw new Error(onlyThere(server));
  terminals.show(id);
}

/** Throws a sentence when the conversation that is shown is in none. */
async function sandboxShown({ chats, host }: Pick<RuntimeParts, "chats" | "host">): Promise<Shown> {
  const id = idShown(chats);
  const state = await stateOf(host, id);
  if (state.runtime?.kind !== "docker")
    throw new Error("This conversation works on this machine, not in a sandbox. A new one can begin in Docker.");
  return { id, ref: state.runtime, state };
}

/** For new conversations the setting; the sandbox of the conversation that is shown is made anew with it. */
async function chooseSandboxImage(parts: RuntimeParts): Promise<void> {
  const { chats, sandboxes, models, workspace } = parts;
  const folders = workspace.isTrusted ? workspace.folders : [];
  const id = chats.current.chat.conversationId;
  const isInSandbox = id !== null && (await stateOf(parts.host, id)).runtime?.kind === "docker";
  const shown = isInSandbox ? await sandboxShown(parts) : undefined;
  const inUse = shown?.ref.image ?? models.settings["sandbox.image"];
  const image = await chooseImage({ sandboxes, folders, inUse });
  if (image === undefined || image === inUse) return;
  if (shown === undefined) return writeSetting("sandbox.image", image);
  const detail = "Its files and changes are kept. What runs in it ends, and what was installed outside of the workspace is gone.";
  if (!(await isSure(`Restart the sandbox with ${image === "" ? "the usual image" : image}?`, detail, "Restart Sandbox"))) return;
  await end(shown.id, parts);
  await change(shown, { image }, parts);
}

/** A run that has failed for want of it goes on. */
async function restartSandbox(parts: RuntimeParts): Promise<void> {
  const { host } = parts;
  const { id, state } = await sandboxShown(parts);
  if (isBusy(state)) {
    const detail = "What runs in it ends. The files of the sandbox are kept.";
    if (!(await isSure("Restart the sandbox while the agent works?", detail, "Restart Sandbox"))) return;
  }
  await end(id, parts);
  if (state.execution_status === "error") await host.handle({ type: "run.start", conversationId: id });
}

async function deleteSandbox(parts: RuntimeParts): Promise<void> {
  const { sandboxes } = parts;
  const { id, ref } = await sandboxShown(parts);
  const detail = await lossOf(id, ref, sandboxes);
  if (detail !== "" && !(await isSure("Delete the sandbox of this conversation?", detail, "Delete Sandbox"))) return;
  await end(id, parts);
  await sandboxes.remove(id, AbortSignal.timeout(patienceMs));
}

/** What would be lost, in a sentence; empty when nothing would. */
async function lossOf(id: ConversationId, { workspace }: DockerRef, sandboxes: DockerRuntimes): Promise<string> {
  if (workspace === "bind") return "";
  try {
    await using review = await sandboxes.review(id, AbortSignal.timeout(lookMs));
    const { changes, more } = await review.list(AbortSignal.timeout(lookMs));
    const count = changes.filter(({ standing }) => standing !== "same").length + more;
    if (count === 0) return "";
    return `${count === 1 ? "1 file was" : `${count} files were`} changed in it and not applied. Those changes are lost. The conversation is kept.`;
  } catch {
    // Because it is asked also where nobody can look.
    return "Changes in it that were not applied are lost. The conversation is kept.";
  }
}

async function setNetwork(parts: RuntimeParts, network: SandboxNetwork): Promise<void> {
  const { sandboxes } = parts;
  const shown = await sandboxShown(parts);
  if (shown.ref.network === network)
    throw new Error(network === "none" ? "This sandbox has no network already." : "This sandbox has a network already.");
  const isAllowed =
    network === "none"
      ? await isSure("Cut this sandbox off from the network?", cutDetail, "Cut Network")
      : await isSure("Let this sandbox reach the network?", allowDetail, "Allow Network");
  if (!isAllowed) return;
  await sandboxes.setNetwork(shown.id, network, AbortSignal.timeout(patienceMs));
  await change(shown, { network }, parts);
}

const allowDetail =
  "Commands in it then reach all that this machine reaches, servers of your own network too, until you cut it again. What the agent has read can be sent away.";
const cutDetail = "What it fetches or serves at the moment breaks off. It can be allowed again.";

async function change({ id, ref }: Sandboxed, other: Partial<DockerRef>, { host }: Pick<RuntimeParts, "host">): Promise<void> {
  await host.handle({ type: "runtime.set", conversationId: id, runtime: { ...ref, ...other } });
}

/** The container goes, with what runs in it; the next run begins with another one around the same workspace. */
async function end(id: ConversationId, { host }: Pick<RuntimeParts, "host">): Promise<void> {
  await host.handle({ type: "runtime.end", conversationId: id });
}

const isBusy = ({ execution_status }: ConversationState): boolean =>
  execution_status === "running" || execution_status === "waiting_for_confirmation";

async function isSure(question: string, detail: string, yes: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}
