// What a person sees of the extension in VS Code's own parts of a window.
import type { Locator } from "playwright-core";
import type { VscodeWindow } from "./vscodeWindow.ts";

/** What the extension's item in the status bar says; empty while it is hidden. */
export async function statusBarText({ page }: VscodeWindow): Promise<string> {
  const items = await page.locator(".statusbar-item:visible", { has: page.locator(".codicon-hubot") }).allInnerTexts();
  return items.join(" ").trim();
}

/** How many pages of chats are drawn, in the view and in tabs. */
export async function pagesDrawn({ page }: VscodeWindow): Promise<number> {
  const drawn = page.frames().map((frame) =>
    frame
      .locator('[data-part="status"]')
      .isVisible()
      .catch(() => false),
  );
  return (await Promise.all(drawn)).filter(Boolean).length;
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
