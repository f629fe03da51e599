import * as vscode from "vscode";
import { type ApiKeys, endpointHost } from "../apiKeys.ts";
import { endpointsOf } from "../modelChoice.ts";
import type { AddParts } from "./addModel.ts";

/** Asks for the key of one endpoint, and which endpoint when there are several. */
export async function setApiKey({ models, keys }: AddParts): Promise<void> {
  const endpoints = endpointsOf(models.choice, models.settings.profiles);
  const endpoint = await pickEndpoint(endpoints, "Set API Key", async (baseUrl) => `key ${await models.keyState(baseUrl)}`);
  if (endpoint !== undefined) await askForKey(endpoint.baseUrl, keys);
}

export async function removeApiKey({ models, keys }: AddParts): Promise<void> {
  // OpenAI's, too: it may be left from a model that is not there any more.
  const candidates = new Map([undefined, ...endpointsOf(models.choice, models.settings.profiles)].map((url) => [endpointHost(url), url]));
  const stored: (string | undefined)[] = [];
  for (const baseUrl of candidates.values()) if (await keys.isStored(baseUrl)) stored.push(baseUrl);
  if (stored.length === 0) return void (await vscode.window.showInformationMessage("OpenHands keeps no API key of any of your models."));
  const endpoint = await pickEndpoint(stored, "Remove API Key", async () => "key set", "always");
  if (endpoint !== undefined) await removeKey(endpoint.baseUrl, keys);
}

/** Whether a key was given. An empty one takes a stored one away. */
export async function askForKey(baseUrl: string | undefined, keys: ApiKeys): Promise<boolean> {
  const key = await vscode.window.showInputBox({
    title: `API key for ${endpointHost(baseUrl)}`,
    prompt: `Kept in VS Code's secret storage and sent to this host only.${(await keys.isStored(baseUrl)) ? " Leave it empty to remove the key." : ""}`,
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return false;
  if (key.trim() !== "") await keys.set(baseUrl, key.trim());
  else if (await keys.isStored(baseUrl)) await removeKey(baseUrl, keys);
  return key.trim() !== "";
}

/** The notification is not waited for: it may stay as long as it likes. */
async function removeKey(baseUrl: string | undefined, keys: ApiKeys): Promise<void> {
  const restore = await keys.clear(baseUrl);
  const shown = vscode.window.showInformationMessage(`Removed the API key for ${endpointHost(baseUrl)}.`, "Undo");
  void Promise.resolve(shown).then((answer) => (answer === "Undo" ? restore() : undefined));
}

interface EndpointItem extends vscode.QuickPickItem {
  readonly baseUrl: string | undefined;
}

async function pickEndpoint(
  endpoints: readonly (string | undefined)[],
  title: string,
  describe: (baseUrl: string | undefined) => Promise<string>,
  asks: "always" | "when there are several" = "when there are several",
): Promise<Pick<EndpointItem, "baseUrl"> | undefined> {
  if (endpoints.length === 1 && asks !== "always") return { baseUrl: endpoints[0] };
  const items = endpoints.map(async (baseUrl): Promise<EndpointItem> => {
    return { label: endpointHost(baseUrl), description: await describe(baseUrl), baseUrl };
  });
  return vscode.window.showQuickPick(await Promise.all(items), { title, placeHolder: "The key of which endpoint?" });
}
