import * as vscode from "vscode";
import type { RemoteHost } from "../../host/remote/remoteHost.ts";
import { ServerError } from "../../host/remote/serverError.ts";
import { readServerUrl, sendsOpenly } from "../../host/remote/serverUrl.ts";
import { limitsOf } from "../../protocol/settings.ts";
import { messageOf } from "../../protocol/thrown.ts";
import type { Chats } from "../chat/chats.ts";
import type { CommandMap } from "../commandMap.ts";
import { openSettings, readSettings, writeSetting } from "../settings.ts";
import { chooseFolder } from "./chooseFolder.ts";
import type { Servers } from "./servers.ts";

export interface ServerParts {
  readonly servers: Servers;
  readonly chats: Chats;
}

/** Conversations on an agent-server instead of this machine. */
export function serverCommands(parts: ServerParts): CommandMap {
  const { servers } = parts;
  return {
    connectToServer: () => connect(parts),
    disconnectFromServer: () => disconnect(parts),
    reconnectServer: () => reconnect(servers),
    chooseServerFolder: () => chooseOtherFolder(parts),
    showServer: () => showServer(parts),
  };
}

/** Address, key, a test of both, and the folder: nothing is changed before all of them are right. */
async function connect(parts: ServerParts, before = readSettings().serverUrl): Promise<void> {
  const { servers, chats } = parts;
  const url = await askForUrl(before);
  if (url === undefined || !(await mayBeSentTo(url))) return;
  const key = await askForKey(url, await servers.key(url));
  if (key === undefined) return;
  const host = await servers.open(url, async () => key || undefined);
  try {
    const notes = await tested(host, () => connect(parts, url));
    if (notes === undefined) return;
    const folder = await chooseFolder(host, servers.folderOf(url));
    if (folder === undefined) return;
    await servers.setKey(url, key || undefined);
    await servers.setFolder(url, folder);
    await writeSetting("serverUrl", url);
    await servers.connect(url, folder);
    await chats.beginAnew();
    sayConnected(host.name, notes);
  } finally {
    await host[Symbol.asyncDispose]();
  }
}

/** What would be refused with the first message is said now. */
function sayConnected(name: string, notes: string): void {
  const hasLimits = Object.keys(limitsOf(readSettings())).length > 0;
  const connected = `Connected to ${name}. ${notes}`.trim();
  if (!hasLimits) return void vscode.window.showInformationMessage(connected);
  const settings = "Open Settings";
  void vscode.window
    .showWarningMessage(`${connected} It keeps no limit of cost, tokens or minutes: no task begins there while one is set.`, settings)
    .then((answer) => (answer === settings ? openSettings("@ext:openhands.openhands-vscode openhands.max") : undefined));
}

async function disconnect({ servers, chats }: ServerParts): Promise<void> {
  const { name } = servers.place ?? {};
  if (name === undefined) return;
  await servers.disconnect();
  await chats.beginAnew();
  const forget = "Forget Key";
  void vscode.window
    .showInformationMessage(`Disconnected from ${name}. What runs there goes on; agents work on this machine again.`, forget)
    .then(async (answer) => (answer === forget ? servers.setKey(readSettings().serverUrl, undefined) : undefined));
}

/** A server that does not take the key that is kept, or has none of ours, is told one. */
async function reconnect(servers: Servers): Promise<void> {
  const { place } = servers;
  if (place === undefined) return;
  if (await wantsOtherKey(servers, place.url)) {
    const key = await askForKey(place.url, undefined, "Reconnect to Server");
    if (key === undefined) return;
    await servers.setKey(place.url, key || undefined);
  }
  await servers.reconnect();
}

async function wantsOtherKey(servers: Servers, url: string): Promise<boolean> {
  await using host = await servers.open(url, () => servers.key(url));
  return await host.level().then(
    () => false,
    (error: unknown) => error instanceof ServerError && error.code === "key",
  );
}

async function chooseOtherFolder({ servers, chats }: ServerParts): Promise<void> {
  const { place } = servers;
  if (place === undefined) throw new Error("This window is connected to no server.");
  const folder = await chooseFolder(await servers.current(), place.folder);
  if (folder === undefined) return;
  await servers.setFolder(place.url, folder);
  await servers.connect(place.url, folder);
  await chats.openNew(chats.current);
}

/** What can be done with the connection; leads there from the status bar and from the wall of a chat. */
async function showServer({ servers }: ServerParts): Promise<void> {
  const { place } = servers;
  const item = (label: string, command: string, description = ""): vscode.QuickPickItem & { readonly command: string } => ({
    label,
    description,
    command: `openhands.${command}`,
  });
  const items =
    place === undefined
      ? [item("$(plug) Connect to Server…", "connectToServer")]
      : [
          item("$(folder) Choose Folder on Server…", "chooseServerFolder", place.folder),
          item("$(refresh) Reconnect", "reconnectServer"),
          item("$(debug-disconnect) Disconnect from Server", "disconnectFromServer"),
          item("$(plug) Connect to Another Server…", "connectToServer"),
        ];
  const title = place === undefined ? "OpenHands: Server" : `Connected to ${place.name}`;
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: "Agents of new conversations work on the server, in its folder",
  });
  if (picked) await vscode.commands.executeCommand(picked.command);
}

async function askForUrl(before: string): Promise<string | undefined> {
  const typed = await vscode.window.showInputBox({
    title: "Connect to Server (1/3)",
    prompt: "The address of an OpenHands agent-server",
    placeHolder: "https://agents.example.com or 127.0.0.1:8000",
    value: before,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === "" || readServerUrl(text) !== undefined
        ? undefined
        : "This is no http or https address. A key does not belong into it.",
  });
  return typed === undefined ? undefined : readServerUrl(typed);
}

/** Nothing secret goes over a network in the open unless the person says so. */
async function mayBeSentTo(url: string): Promise<boolean> {
  if (!sendsOpenly(url)) return true;
  const anyway = "Connect Anyway";
  const detail =
    "Your keys, and all that you and the agent say, can be read by whoever is between. Use https, or a tunnel to this machine.";
  return (await vscode.window.showWarningMessage(`${url} is not encrypted.`, { modal: true, detail }, anyway)) === anyway;
}

/** Empty: the server wants none. Undefined: the person does not go on. */
async function askForKey(url: string, known: string | undefined, title = "Connect to Server (2/3)"): Promise<string | undefined> {
  const key = await vscode.window.showInputBox({
    title,
    prompt: `The key of ${new URL(url).host}; empty when it wants none. It is kept in VS Code's secret storage and sent to this server only.`,
    value: known ?? "",
    password: true,
    ignoreFocusOut: true,
  });
  return key?.trim();
}

/** What the person should know of it, in a sentence; undefined: it cannot be used, and that has been said. */
async function tested(host: RemoteHost, tryAgain: () => Promise<void>): Promise<string | undefined> {
  const location = vscode.ProgressLocation.Notification;
  try {
    const { version, notes } = await vscode.window.withProgress({ location, title: `Looking for ${host.name}` }, () => host.level());
    return [version === "" ? "" : `It speaks version ${version}.`, ...notes].filter((note) => note !== "").join(" ");
  } catch (error) {
    const again = "Try Again";
    const answer = await vscode.window.showErrorMessage(messageOf(error), again);
    if (answer === again) await tryAgain();
    return undefined;
  }
}
