import * as vscode from "vscode";
import { demoModel } from "../../llm/demo.ts";
import type { ListedModel } from "../../llm/modelList.ts";
import { vscodeModelName } from "../../llm/vscodeModel.ts";
import { llmOf, type ModelProfile } from "../../protocol/settings.ts";
import type { LlmRef } from "../../protocol/state.ts";
import { endpointHost } from "../apiKeys.ts";
import { isLoopback } from "../modelChoice.ts";
import type { KeyState, Models } from "../models.ts";
import type { ServerPlace } from "../servers/servers.ts";
import type { LocalServer } from "./endpoints.ts";

/** What a line of the picker stands for. */
export type Target =
  /** By its name in the settings. */
  | { readonly kind: "named"; readonly name: string; readonly llm: LlmRef }
  | { readonly kind: "profile"; readonly name: string; readonly llm: LlmRef; readonly profile: ModelProfile }
  | { readonly kind: "found"; readonly server: LocalServer; readonly model: ListedModel; readonly llm: LlmRef }
  | { readonly kind: "add" };

export interface ModelItem extends vscode.QuickPickItem {
  readonly target?: Target;
  readonly buttons?: readonly ModelButton[];
}

export interface ModelButton extends vscode.QuickInputButton {
  readonly act: "edit" | "setKey" | "test" | "remove";
}

/** What the picker shows, as far as it is known yet. */
export interface Offers {
  readonly models: Models;
  readonly offered: readonly vscode.LanguageModelChat[];
  readonly servers: readonly LocalServer[];
  /** The agent-server that would use the model; undefined: this machine. */
  readonly place: ServerPlace | undefined;
}

export async function modelItems({ models, offered, servers, place }: Offers): Promise<ModelItem[]> {
  const profiles = await Promise.all(models.settings.profiles.map((profile) => profileItem(profile, models, place)));
  const found = servers.map((server): [string, ModelItem[]] => [
    `${server.name}, found on this machine`,
    server.models.filter((model) => !isKnown(server, model, models.settings.profiles)).map((model) => foundItem(server, model)),
  ]);
  const sections: [string, ModelItem[]][] = [
    ["Your models", [...profiles, ...environmentItem(models)]],
    ["Offered by VS Code", offered.map((model) => offeredItem(model, models))],
    ...found,
    ["More", [...(place === undefined ? [demoItem(models)] : []), addItem]],
  ];
  return sections.flatMap(([label, items]) => (items.length === 0 ? [] : [separator(label), ...items]));
}

/** The line of the model that is in use. */
export function isInUse(item: ModelItem, { choice, settings }: Models): boolean {
  const { target } = item;
  if (target === undefined || target.kind === "add" || target.kind === "found" || choice.source === "none") return false;
  return target.name === (choice.source === "demo" ? demoModel : settings.model);
}

async function profileItem(profile: ModelProfile, models: Models, place: ServerPlace | undefined): Promise<ModelItem> {
  const { name, model = name, baseUrl } = profile;
  const key = await models.keyState(baseUrl);
  const words: Readonly<Record<KeyState, readonly string[]>> = { set: ["key set"], missing: ["key missing"], "not needed": [] };
  // Loopback is another machine for a server that is on another one.
  const isThere = place !== undefined && isLoopback(baseUrl) && !isLoopback(place.url);
  const parts = [...(model === name ? [] : [model]), endpointHost(baseUrl), ...(isThere ? [`on ${place.name} itself`] : words[key])];
  return {
    ...line(name, parts.join(" · "), models.settings.model === name),
    buttons: [buttons.test, buttons.edit, buttons.setKey, buttons.remove],
    target: { kind: "profile", name, llm: llmOf(profile), profile },
  };
}

function environmentItem({ ofEnvironment: llm, choice }: Models): ModelItem[] {
  if (llm === undefined) return [];
  const description = `${endpointHost(llm.base_url)} · from the environment`;
  const target = { kind: "named", name: "", llm } as const;
  return [{ ...line(llm.model, description, choice.source === "environment"), buttons: [buttons.test], target }];
}

function offeredItem({ name: label, vendor, id, maxInputTokens }: vscode.LanguageModelChat, models: Models): ModelItem {
  const name = vscodeModelName(vendor, id);
  const description = [vendor, ...(maxInputTokens > 0 ? [`${maxInputTokens.toLocaleString("en")} tokens`] : [])].join(" · ");
  const target = { kind: "named", name, llm: { model: name } } as const;
  return { ...line(label, description, models.settings.model === name), buttons: [buttons.test], target };
}

function foundItem(server: LocalServer, model: ListedModel): ModelItem {
  const llm = llmOf(profileOf(server, model, model.id));
  return { ...line(model.id, endpointHost(server.baseUrl), false), buttons: [buttons.test], target: { kind: "found", server, model, llm } };
}

/** The profile that a found model becomes when it is chosen. */
export function profileOf({ baseUrl }: LocalServer, { id, contextWindow }: ListedModel, name: string): ModelProfile {
  return { name, model: id, baseUrl, ...(contextWindow === undefined ? {} : { contextWindow }) };
}

const isKnown = (server: LocalServer, { id }: ListedModel, profiles: readonly ModelProfile[]): boolean =>
  profiles.some(({ name, model = name, baseUrl }) => model === id && baseUrl === server.baseUrl);

function demoItem({ isDemo }: Models): ModelItem {
  const item = line("Demo", isDemo ? "" : "no key, no network", isDemo);
  const target = { kind: "named", name: demoModel, llm: { model: demoModel } } as const;
  return { ...item, detail: "Plays one recorded task on a sample folder, with real tools", target };
}

const addItem: ModelItem = {
  label: "Add a Model…",
  detail: "OpenAI, Ollama, LM Studio, OpenRouter, or any OpenAI-compatible endpoint",
  iconPath: new vscode.ThemeIcon("add"),
  alwaysShow: true,
  target: { kind: "add" },
};

function line(label: string, description: string, isUsed: boolean): ModelItem {
  const words = [...(isUsed ? ["in use"] : []), ...(description === "" ? [] : [description])];
  return { label, description: words.join(" · "), iconPath: new vscode.ThemeIcon(isUsed ? "check" : "blank") };
}

const separator = (label: string): ModelItem => ({ label, kind: vscode.QuickPickItemKind.Separator });

const button = (act: ModelButton["act"], icon: string, tooltip: string): ModelButton => ({
  act,
  iconPath: new vscode.ThemeIcon(icon),
  tooltip,
});
const buttons = {
  test: button("test", "beaker", "Test This Model"),
  edit: button("edit", "edit", "Edit…"),
  setKey: button("setKey", "key", "Set API Key…"),
  remove: button("remove", "trash", "Remove"),
};
