// The chat view in a window of VS Code, as a person uses it.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Frame, Locator } from "playwright-core";
import { root } from "./checkout.ts";
import type { VscodeWindow } from "./vscodeWindow.ts";

/** A fresh copy of the sample workspace, gone when disposed. */
export async function demoWorkspace(): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), "openhands-e2e-"));
  await cp(path.join(root, "media", "demo", "workspace"), folder, { recursive: true });
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

export class ChatDriver {
  readonly #window: VscodeWindow;

  constructor(window: VscodeWindow) {
    this.#window = window;
  }

  /** Brings the view to the front, with its page drawn. */
  async open(): Promise<void> {
    await this.#window.command("OpenHands: Focus on Chat View");
    await this.frame();
  }

  /** The page of the view; a reload makes a new one. */
  frame(): Promise<Frame> {
    return this.#window.frame("#root .composer, #root .card");
  }

  async send(text: string): Promise<void> {
    const frame = await this.frame();
    await frame.getByLabel("Message to the agent").fill(text);
    await frame.getByLabel("Message to the agent").press("Enter");
  }

  /** Waits until the status line begins with `words`. */
  async statusIs(words: string): Promise<void> {
    const frame = await this.frame();
    await frame.locator('[data-part="status"]', { hasText: new RegExp(`^\\s*${words}`) }).waitFor();
  }

  /** The rows that are drawn, each by its accessible name without how long it took, in order. */
  async rows(): Promise<string[]> {
    const frame = await this.frame();
    const names = await frame.getByRole("article").evaluateAll((rows) => rows.map((row) => row.getAttribute("aria-label") ?? ""));
    return names.map((name) => name.replace(/, \d+(\.\d)? s$/, ""));
  }

  async row(name: string | RegExp): Promise<Locator> {
    return (await this.frame()).getByRole("article", { name }).last();
  }

  async press(button: string): Promise<void> {
    await (await this.frame()).getByRole("button", { name: button, exact: true }).click();
  }

  /** Waits for the question, answers yes, and waits until it is gone. */
  async allow(): Promise<void> {
    const card = (await this.frame()).getByRole("alertdialog");
    const id = await card.locator("[data-action]").first().getAttribute("data-action");
    await card.getByRole("button", { name: /^Allow( \d+)?$/ }).click();
    await (await this.frame()).locator(`[role="alertdialog"] [data-action="${id}"]`).waitFor({ state: "detached" });
  }
}
