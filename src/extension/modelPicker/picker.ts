import * as vscode from "vscode";
import { needsKey } from "../../llm/openLlm.ts";
import type { LlmRef } from "../../protocol/state.ts";
import { isLoopback } from "../modelChoice.ts";
import type { ServerPlace, Servers } from "../servers/servers.ts";
import { addModel } from "./addModel.ts";
import { findLocalServers, offeredModels } from "./endpoints.ts";
import { askForKey } from "./keyCommands.ts";
import { isInUse, type ModelButton, type ModelItem, modelItems, type Offers, profileOf, type Target } from "./modelItems.ts";
import { type TestParts, testModel } from "./testModel.ts";

export interface PickerParts extends TestParts {
  readonly servers: Pick<Servers, "place">;
}

/** What the person wants: a line, or a button of a line. */
interface Wish {
  readonly target: Target;
  readonly act: ModelButton["act"] | "choose";
}

/** Shows all models there are, and lets one be chosen, added, changed, tested or removed. */
export async function selectModel(parts: PickerParts): Promise<void> {
  for (;;) {
    const wish = await askForModel(parts);
    if (wish === undefined) return;
    const isOver = await fulfil(wish, parts);
    if (isOver) return;
  }
}

/** Servers and VS Code are asked while the rest is shown already. */
async function askForModel({ models, servers: { place } }: PickerParts): Promise<Wish | undefined> {
  const pick = vscode.window.createQuickPick<ModelItem>();
  Object.assign(pick, {
    title: "Select Model",
    placeholder: placeholderFor(place),
    matchOnDescription: true,
    busy: true,
  });
  const closed = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Wish | undefined>();
  let offers: Offers = { models, offered: [], servers: [], place };
  const show = async (): Promise<void> => {
    const items = await modelItems(offers);
    const [active] = pick.activeItems;
    pick.items = items;
    const isSame = (item: ModelItem): boolean => (active?.target ? item.label === active.label : isInUse(item, models));
    pick.activeItems = items.filter((item) => item.target && isSame(item)).slice(0, 1);
  };
  const add = async (more: Promise<Partial<Offers>>): Promise<void> => {
    const found = await more;
    offers = { ...offers, ...found };
    if (!closed.signal.aborted) await show();
  };
  pick.onDidAccept(() => {
    const target = pick.activeItems[0]?.target;
    if (target) resolve({ target, act: "choose" });
  });
  pick.onDidTriggerItemButton(({ item, button }) => {
    const act = item.buttons?.find((one) => one === button || one.tooltip === button.tooltip)?.act;
    if (item.target && act) resolve({ target: item.target, act });
  });
  pick.onDidHide(() => resolve(undefined));
  await show();
  pick.show();
  void Promise.all(searchesFor(place, closed.signal).map(add)).then(() => (pick.busy = false));
  try {
    return await promise;
  } finally {
    closed.abort();
    pick.dispose();
  }
}

function placeholderFor(place: ServerPlace | undefined): string {
  return place === undefined
    ? "The model for this and new conversations"
    : `The model that ${place.name} is told. The demo and the models of VS Code work on this machine only`;
}

/** What may be found beside the models that are known already. A server reaches this machine's own only when it is on it. */
function searchesFor(place: ServerPlace | undefined, signal: AbortSignal): readonly Promise<Partial<Offers>>[] {
  const local = place === undefined || isLoopback(place.url) ? [findLocalServers(signal).then((servers) => ({ servers }))] : [];
  return place === undefined ? [...local, offeredModels().then((offered) => ({ offered }))] : local;
}

/** Whether the picker is done with; otherwise it is shown again. */
async function fulfil({ target, act }: Wish, parts: TestParts): Promise<boolean> {
  const { models, keys } = parts;
  if (target.kind === "add") {
    const name = await addModel(parts);
    if (name !== undefined) await models.select(name);
    return name !== undefined;
  }
  if (act === "test") {
    await testModel(parts, target.llm);
    return true;
  }
  if (act === "choose") {
    await models.select(await nameOf(target, parts));
    await askForMissingKey(target.llm, parts);
    return true;
  }
  if (target.kind !== "profile") return false;
  if (act === "edit") await addModel(parts, target.profile);
  if (act === "setKey") await askForKey(target.profile.baseUrl, keys);
  if (act === "remove") await remove(target, parts);
  return false;
}

/** A model that was found becomes a profile; where the name is taken, it gets the server's beside its own. */
async function nameOf(target: Exclude<Target, { kind: "add" }>, { models }: TestParts): Promise<string> {
  if (target.kind !== "found") return target.name;
  const { server, model } = target;
  const isTaken = models.settings.profiles.some(({ name }) => name === model.id);
  const name = isTaken ? `${model.id} (${server.name})` : model.id;
  await models.saveProfile(profileOf(server, model, name));
  return name;
}

async function askForMissingKey(llm: LlmRef, { keys }: TestParts): Promise<void> {
  if (needsKey(llm) && (await keys.get(llm.base_url)) === undefined) await askForKey(llm.base_url, keys);
}

async function remove({ profile }: Extract<Target, { kind: "profile" }>, { models }: TestParts): Promise<void> {
  const restore = await models.removeProfile(profile);
  const shown = vscode.window.showInformationMessage(`Removed the model "${profile.name}".`, "Undo");
  void Promise.resolve(shown).then((answer) => (answer === "Undo" ? restore() : undefined));
}
