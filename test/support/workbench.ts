// What a person sees of the extension in VS Code's own parts of a window.
import type { Frame, Locator } from "playwright-core";
import { until } from "./until.ts";
import type { VscodeWindow } from "./vscodeWindow.ts";

/** What the extension's item in the status bar says; empty while it is hidden. */
export async function statusBarText({ page }: VscodeWindow): Promise<string> {
  const items = await page.locator(".statusbar-item:visible", { has: page.locator(".codicon-hubot") }).allInnerTexts();
  return items.join(" ").trim();
}

/** How many pages of chats are drawn, in the view and in tabs. */
export async function pagesDrawn(window: VscodeWindow): Promise<number> {
  return (await pagesShowing(window, '[data-part="status"]')).length;
}

/** The pages, of chats or others, in which `selector` can be seen. */
export async function pagesShowing({ page }: VscodeWindow, selector: string): Promise<readonly Frame[]> {
  const frames = page.frames().filter((frame) => frame.parentFrame() !== null);
  const shows = (frame: Frame): Promise<boolean> =>
    frame
      .locator(selector)
      .first()
      .isVisible()
      .catch(() => false);
  const shown = await Promise.all(frames.map(shows));
  return frames.filter((_, index) => shown[index]);
}

/**
 * Waits until a reload would bring back a webview in a tab of this name: VS Code in a browser writes down what its editors are every few seconds,
 * into a database of the page.
 */
export async function editorKept({ page }: VscodeWindow, name: string): Promise<void> {
  await until(`the editor "${name}" to be written down`, async () => (await page.evaluate(keptEditors)).includes(name));
}

/** Runs in the page. */
async function keptEditors(): Promise<string> {
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("The database gives no reason."));
    });
  const kept: string[] = [];
  for (const { name = "" } of await indexedDB.databases()) {
    if (!name.startsWith("vscode-web-state-db-")) continue;
    const database = await done(indexedDB.open(name));
    const items = await done(database.transaction("ItemTable").objectStore("ItemTable").get("memento/workbench.parts.editor"));
    database.close();
    kept.push(String(items ?? ""));
  }
  return kept.join("\n");
}

/** Moves a view, as "View: Move View" does, to a place such as "New Panel Entry". */
export async function moveView(window: VscodeWindow, view: string, place: string): Promise<void> {
  await window.command("View: Move View");
  await window.pick(view);
  await window.page.locator(".quick-input-list .monaco-list-row", { hasText: place }).first().waitFor();
  await window.pick(place);
}

/** The rows of a tree view that are drawn, each by its accessible name. */
export async function treeRows(window: VscodeWindow, view: string): Promise<string[]> {
  return tree(window, view)
    .getByRole("treeitem")
    .evaluateAll((rows) => rows.map((row) => row.getAttribute("aria-label") ?? ""));
}

/** The row whose accessible name fits. */
export function treeRow(window: VscodeWindow, view: string, name: RegExp): Locator {
  return tree(window, view).getByRole("treeitem", { name }).first();
}

/** The button of the notification that is shown. */
export function notificationButton({ page }: VscodeWindow, name: string): Locator {
  return page.locator(".notification-toast").getByRole("button", { name });
}

const tree = ({ page }: VscodeWindow, view: string): Locator => page.getByRole("tree", { name: view });
