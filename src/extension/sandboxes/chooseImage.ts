import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import { messageOf } from "../../protocol/thrown.ts";
import type { DockerRuntimes } from "../dockerRuntime/dockerRuntimes.ts";
import { type SuggestedImage, suggestedImages } from "./devcontainer.ts";
import { imageFault } from "./imageName.ts";

export interface ImageQuestion {
  readonly sandboxes: Pick<DockerRuntimes, "images">;
  /** Of the workspace; empty where none of them may be looked at. */
  readonly folders: readonly string[];
  /** Empty: the usual one. */
  readonly inUse: string;
}

interface ImageItem extends vscode.QuickPickItem {
  readonly image?: string;
}

/** The image that the person chooses or names, empty for the usual one; undefined when they leave. Images of the engine come as they are found. */
export async function chooseImage({ sandboxes, folders, inUse }: ImageQuestion): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<ImageItem>();
  Object.assign(pick, {
    title: "Choose Sandbox Image",
    placeholder: "An image, or the name of another one, such as python:3.12",
    matchOnDescription: true,
    busy: true,
  });
  const closed = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let found: Found = { suggested: [], present: [], trouble: "" };
  const draw = (): void => {
    const items = itemsOf(pick.value.trim(), { ...found, inUse });
    // Because VS Code forgets what is active whenever it gets items.
    if (!isDeepStrictEqual(items, pick.items)) pick.items = items;
  };
  const add = async (more: Promise<Partial<Found>>): Promise<void> => {
    found = { ...found, ...(await more) };
    if (!closed.signal.aborted) draw();
  };
  pick.onDidChangeValue(draw);
  pick.onDidAccept(() => {
    const typed = pick.value.trim();
    const image = pick.activeItems[0]?.image ?? (imageFault(typed) === undefined ? typed : undefined);
    if (image !== undefined) resolve(image);
  });
  pick.onDidHide(() => resolve(undefined));
  draw();
  pick.show();
  const searches = [suggestedImages(folders).then((suggested) => ({ suggested })), presentImages(sandboxes, closed.signal)];
  void Promise.all(searches.map(add)).then(() => (pick.busy = false));
  try {
    return await promise;
  } finally {
    closed.abort();
    pick.dispose();
  }
}

interface Found {
  readonly suggested: readonly SuggestedImage[];
  readonly present: readonly string[];
  /** Why the engine's images are not known. */
  readonly trouble: string;
}

/** A typed name can be chosen all the same when no engine answers. */
async function presentImages(sandboxes: Pick<DockerRuntimes, "images">, signal: AbortSignal): Promise<Partial<Found>> {
  try {
    return { present: await sandboxes.images(signal) };
  } catch (error) {
    return { trouble: messageOf(error) };
  }
}

function itemsOf(typed: string, { suggested, present, trouble, inUse }: Found & { readonly inUse: string }): ImageItem[] {
  const used = (image: string): string => (image === inUse ? "in use" : "");
  const known = new Set([...suggested.map(({ image }) => image), ...present]);
  return [
    ...(typed === "" || known.has(typed) ? [] : [typedItem(typed)]),
    { label: "$(package) The Usual Image", description: used(""), detail: "With Node and Git; pulled when it is missing", image: "" },
    ...(suggested.length === 0 ? [] : [separator("Named by the workspace")]),
    ...suggested.map(({ image, from }) => ({
      label: image,
      description: used(image),
      detail: `From ${from}, and only its image`,
      image,
    })),
    separator("On this machine"),
    ...present
      .filter((image) => !suggested.some((other) => other.image === image))
      .map((image) => ({ label: image, description: used(image), image })),
    ...(trouble === "" ? [] : [{ label: "$(warning) The images are not known", detail: trouble }]),
  ];
}

function typedItem(typed: string): ImageItem {
  const fault = imageFault(typed);
  if (fault !== undefined) return { label: `$(error) ${typed}`, detail: fault, alwaysShow: true };
  return { label: `$(arrow-right) ${typed}`, detail: "This image; pulled when it is missing", alwaysShow: true, image: typed };
}

const separator = (label: string): ImageItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
