import * as vscode from "vscode";
import type { DockerRef, RuntimeRef } from "../../protocol/sandbox.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { stateOf } from "../edits/conversationLog.ts";
import { openSettings, writeSetting } from "../settings.ts";
import { newRuntime, wallWords } from "./newRuntime.ts";
import type { RuntimeParts } from "./runtimeCommands.ts";

interface RuntimeItem extends vscode.QuickPickItem {
  readonly run?: () => unknown;
}

const local: RuntimeRef = { kind: "local" };

/** What the wall of the chat leads to: where a new conversation is to act, or what can be done with the sandbox of the one that is shown. */
export async function selectRuntime(parts: RuntimeParts): Promise<void> {
  const id = parts.chats.current.chat.conversationId;
  if (id === null ? parts.servers.place : parts.host.serverOf?.(id))
    return void (await vscode.commands.executeCommand("openhands.showServer"));
  const { runtime = local } = id === null ? {} : await stateOf(parts.host, id);
  const items = id === null ? newItems(parts) : runtime.kind === "docker" ? sandboxItems(runtime) : localItems(parts);
  const title = id === null ? "Select Runtime" : wallWords(runtime, parts.sandboxes.running(id));
  const placeHolder = id === null ? "Where the agent of new conversations acts" : "This conversation stays where it began";
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true });
  await picked?.run?.();
}

function newItems(parts: RuntimeParts): RuntimeItem[] {
  const { settings } = parts.models;
  const docker = newRuntime({ ...settings, runtime: "docker" });
  const used = (kind: "local" | "docker"): string => (settings.runtime === kind ? "in use" : "");
  return [
    {
      label: "$(device-desktop) Local",
      description: used("local"),
      detail: "On this machine, in the open folder, without a wall. Commands ask first.",
      run: () => writeSetting("runtime", "local"),
    },
    {
      label: "$(package) Docker",
      description: used("docker"),
      detail: `In a container of its own: ${wallWords(docker)}. Its changes are reviewed.`,
      run: () => useDocker(parts),
    },
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    command("$(server-environment) Connect to Server…", "connectToServer", "agents work on an agent-server"),
    command("$(layers) Choose Sandbox Image…", "chooseSandboxImage", settings["sandbox.image"] || "the usual one"),
    {
      label: "$(gear) Sandbox Settings",
      run: () => openSettings("@ext:openhands.openhands-vscode openhands.sandbox"),
    },
  ];
}

function localItems(parts: RuntimeParts): RuntimeItem[] {
  const beginInDocker = async (): Promise<void> => {
    if (await useDocker(parts)) await parts.chats.openNew(parts.chats.current);
  };
  return [
    command("$(terminal) Show Terminal", "showTerminal"),
    { label: "$(add) New Conversation in Docker", detail: "And those after it, until you choose Local again.", run: beginInDocker },
  ];
}

function sandboxItems({ network, workspace }: DockerRef): RuntimeItem[] {
  const other =
    network === "none"
      ? command("$(globe) Allow Network", "allowSandboxNetwork")
      : command("$(circle-slash) Cut Network", "cutSandboxNetwork");
  return [
    command("$(terminal) Show Terminal", "showTerminal", "the agent's"),
    command("$(terminal-bash) Open Shell in Sandbox", "openSandboxShell", "one of your own"),
    ...(workspace === "copy" ? [command("$(diff-multiple) Show Changes", "showSandboxChanges")] : []),
    other,
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    command("$(layers) Choose Sandbox Image…", "chooseSandboxImage"),
    command("$(debug-restart) Restart Sandbox", "restartSandbox"),
    command("$(trash) Delete Sandbox", "deleteSandbox"),
  ];
}

function command(label: string, name: string, description = ""): RuntimeItem {
  return { label, description, run: () => vscode.commands.executeCommand(`openhands.${name}`) };
}

/** Whether new conversations begin in Docker now. Without an engine it stays as it was, and says why. */
async function useDocker({ sandboxes }: RuntimeParts): Promise<boolean> {
  for (;;) {
    try {
      const looking = { location: vscode.ProgressLocation.Window, title: "Looking for a container engine" };
      await vscode.window.withProgress(looking, () => sandboxes.images(AbortSignal.timeout(20_000)));
      await writeSetting("runtime", "docker");
      return true;
    } catch (error) {
      const answer = await vscode.window.showErrorMessage(messageOf(error), "Try Again", "Sandbox Settings");
      if (answer === "Sandbox Settings") await openSettings("openhands.sandbox.dockerHost");
      if (answer !== "Try Again") return false;
    }
  }
}
