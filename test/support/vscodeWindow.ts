// A window of VS Code in headless Chromium, as an end-to-end test uses it.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Browser, Frame, Locator, Page } from "playwright-core";
import { root } from "./checkout.ts";
import { openChromium } from "./chromium.ts";
import { chosenVersion, vscodeVersions } from "./codeServer.ts";
import { quietSettings, type Settings } from "./settings.ts";
import { until } from "./until.ts";
import type { VscodeServer } from "./vscodeServer.ts";

export type Theme = "light" | "dark" | "high contrast" | "high contrast light";

export interface WindowOptions {
  readonly server: VscodeServer;
  /** What the window opens: an absolute folder, a folder's URI, or an absolute `.code-workspace` file. */
  readonly folder: string;
  /**
   * An extension under development: a folder with a package.json and what its `main` names. VS Code takes such a window for
   * an automated one and shows no notifications in it. For a window as a person sees it, leave this out and give the
   * extension to the server, as `unpackedExtension` or as `vsix`.
   */
  readonly extensionPath?: string;
  /** A module whose `run` the extension host calls; its end closes the window, see `exitCode`. */
  readonly testsPath?: string;
  readonly theme?: Theme;
  /** Defaults for settings of every scope. A setting of the server, of the folder or of the person goes above them. */
  readonly settings?: Settings;
  /** Secrets are there after a reload, as in the VS Code of a person, who has a keyring or a server with a key for them; the one of the tests has none. */
  readonly keepsSecrets?: boolean;
  readonly size?: { readonly width: number; readonly height: number };
}

/** What VS Code calls the theme, and the class of its workbench that shows it is on. */
const colorThemes: Readonly<Record<Theme, { readonly id: string; readonly shown: string }>> = {
  light: { id: "Light Modern", shown: ".vs" },
  dark: { id: "Dark Modern", shown: ".vs-dark" },
  "high contrast": { id: "Default High Contrast", shown: ".hc-black" },
  "high contrast light": { id: "Default High Contrast Light", shown: ".hc-light" },
};

/** The oldest VS Code calls its modern themes otherwise. */
function themeId(id: string): string {
  return chosenVersion() === vscodeVersions.oldest && id.endsWith("Modern") ? `Default ${id}` : id;
}

/** Opened, with its workbench drawn in its theme. Dispose it before its server. */
export async function openWindow(options: WindowOptions): Promise<VscodeWindow> {
  const browser = await openChromium();
  const page = await browser.newPage({ viewport: options.size ?? { width: 1280, height: 800 } });
  const window = new VscodeWindow(browser, page);
  try {
    await window.open(options);
    return window;
  } catch (error) {
    await window.screenshot("window-did-not-open");
    await browser.close();
    throw error;
  }
}

export class VscodeWindow implements AsyncDisposable {
  /** For what has no method here. */
  readonly page: Page;
  /** What the page reported as an error; VS Code's own known complaints are left out. */
  readonly consoleErrors: string[] = [];
  /** Resolves with the code that the tests at `testsPath` ended with. */
  readonly exitCode: Promise<number>;
  /** Told every line that the extension host logs while tests run. */
  onLog: (line: string) => void = () => {};
  readonly #browser: Browser;
  #themeShown = "";
  #resolveExit: (code: number) => void = () => {};

  constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    this.exitCode = new Promise((resolve) => {
      this.#resolveExit = resolve;
    });
    page.on("pageerror", (error) => this.consoleErrors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !isKnownComplaint(message.text())) this.consoleErrors.push(message.text());
    });
  }

  async open(options: WindowOptions): Promise<void> {
    await this.page.exposeFunction("codeAutomationLog", (_type: string, args: unknown[]) => this.onLog(args.map(String).join(" ")));
    await this.page.exposeFunction("codeAutomationExit", (code: number) => this.#resolveExit(code));
    const theme = colorThemes[options.theme ?? "dark"];
    const configurationDefaults = { ...quietSettings, "workbench.colorTheme": themeId(theme.id), ...options.settings };
    const isAutomated = options.extensionPath !== undefined;
    await this.page.addInitScript(optionsScript({ configurationDefaults, ...(isAutomated ? {} : { developmentOptions: {} }) }));
    this.#themeShown = theme.shown;
    if (options.keepsSecrets) await this.#keepSecrets(options.server.url);
    await this.page.goto(await windowUrl(options));
    // Because tests may have ended, and the extension host with them, before a window is whole.
    if (options.testsPath === undefined) await this.#drawn();
  }

  /** Runs a command by its title in the palette, such as `View: Show Explorer`. One that is not offered yet is waited for. */
  async command(title: string): Promise<void> {
    await until(`the command "${title}" to be offered`, async () => {
      await this.page.keyboard.press("F1");
      // Because whatever takes the keyboard meanwhile, such as a page that is drawn, closes the palette.
      const isOffered = await this.#quickInput
        .fill(`>${title}`, { timeout: 1_500 })
        .then(() => this.#row(title).click({ timeout: 1_500 }))
        .then(
          () => true,
          () => false,
        );
      if (!isOffered) await this.page.keyboard.press("Escape");
      return isOffered;
    });
    // Because a question that the command asks comes in the same place.
    await until("the command palette to close", async () => !(await this.#quickInputText()).startsWith(">"));
    // Because whatever lies under the pointer now would show its tooltip.
    await this.page.mouse.move(1, 1);
  }

  /** Opens a file of the folder in an editor, by its path as the file search shows it. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press("Control+P");
    await this.pick(path.basename(name), name);
    await this.#editor(name).waitFor();
  }

  /** Chooses the entry with this label in the open list of VS Code; `search` is what is typed to find it. */
  async pick(label: string, search = label): Promise<void> {
    await this.#quickInput.fill(search);
    await this.#row(label).click();
  }

  /** Answers the open input box of VS Code with `text` and Enter. */
  async quickInput(text: string): Promise<void> {
    await this.#quickInput.fill(text);
    await this.#quickInput.press("Enter");
  }

  /** The inner frame of the webview in which `selector` can be seen. A reload of the webview makes a new one: ask again. */
  async frame(selector: string, timeoutMs?: number): Promise<Frame> {
    return until(`a webview that shows ${selector}`, () => this.#findFrame(selector), timeoutMs);
  }

  /** Loads the window anew, as "Developer: Reload Window" does: the extension host starts again. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#drawn();
  }

  /** A picture of the whole window at `artefacts/<name>.png`, `artefacts/<name>-oldest.png` in the oldest VS Code; its path. */
  async screenshot(name: string): Promise<string> {
    const isOldest = chosenVersion() === vscodeVersions.oldest;
    const file = path.join(root, "artefacts", `${name}${isOldest ? "-oldest" : ""}.png`);
    await mkdir(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
    return file;
  }

  /** What the notifications that are shown say; see `WindowOptions.extensionPath`. */
  async notificationTexts(): Promise<string[]> {
    return this.page.locator(".notification-toast .notification-list-item-message").allInnerTexts();
  }

  /** Waits until a notification says this. */
  async notificationShows(part: string): Promise<void> {
    await until(`a notification that says "${part}"`, async () => (await this.notificationTexts()).some((text) => text.includes(part)));
  }

  /** The lines that an open editor shows of the file with this name; what is scrolled away is not drawn and not here. */
  async editorText(name: string): Promise<string> {
    return linesFromTop(this.#editor(name).locator(".view-lines .view-line"));
  }

  /** What the terminal in front shows. */
  async terminalText(): Promise<string> {
    const rows = await this.page.locator(".terminal-wrapper.active .xterm-rows > div").allInnerTexts();
    return plain(rows.map((row) => row.trimEnd()).join("\n"));
  }

  /** Waits until the terminal in front shows this. */
  async terminalShows(expected: string | RegExp): Promise<void> {
    const shows = (text: string): boolean => (typeof expected === "string" ? text.includes(expected) : expected.test(text));
    await until(`a terminal that shows ${expected}`, async () => shows(await this.terminalText()));
  }

  /** Types into whatever has the focus. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }

  /** Gives the page a key that it encrypts its secrets with before it keeps them. */
  async #keepSecrets(url: string): Promise<void> {
    await this.page.context().addCookies([{ name: "vscode-secret-key-path", value: "/mint-key", url }]);
    await this.page.route("**/mint-key", (route) => route.fulfill({ body: Buffer.alloc(32, 7) }));
  }

  #editor(name: string): Locator {
    return this.page.locator(`.editor-instance .monaco-editor[data-uri$="/${name}"]`).last();
  }

  async #quickInputText(): Promise<string> {
    return this.#quickInput.inputValue({ timeout: 100 }).catch(() => "");
  }

  /** The entry of the open list. */
  #row(label: string): Locator {
    const text = this.page.getByText(label, { exact: true });
    return this.page.locator(".quick-input-list .monaco-list-row").filter({ has: text }).first();
  }

  get #quickInput(): Locator {
    return this.page.locator(".quick-input-widget:visible .quick-input-box input");
  }

  /** The theme comes with the extensions of the server, so once it is on, the window has reached them. */
  async #drawn(): Promise<void> {
    await this.page.locator(`.monaco-workbench${this.#themeShown}[class*="vscode-theme-"]`).waitFor();
    await this.page.locator(".monaco-workbench .part.statusbar .statusbar-item").first().waitFor();
  }

  async #findFrame(selector: string): Promise<Frame | undefined> {
    for (const frame of this.page.frames()) {
      const parent = frame.parentFrame();
      if (parent === null || frame.isDetached()) continue;
      // Because a webview that is put away loses its frames between two questions.
      const isShown = await frame
        .locator(selector)
        .first()
        .isVisible()
        .catch(() => false);
      if (isShown) return frame;
    }
    return undefined;
  }
}

/**
 * An extension under development is named by an alias. VS Code turns on a theme that lies inside such an extension, and
 * its own themes do lie inside this checkout.
 */
async function windowUrl({ server, folder, extensionPath, testsPath }: WindowOptions): Promise<string> {
  const remote = (place: string): string => `vscode-remote://${server.authority}${place}`;
  const payload = [
    ...(extensionPath === undefined ? [] : [["extensionDevelopmentPath", remote(await server.aliasOf(extensionPath))]]),
    ...(testsPath === undefined ? [] : [["extensionTestsPath", remote(testsPath)]]),
  ];
  const what = folder.endsWith(".code-workspace") ? "workspace" : "folder";
  return `${server.url}/?${new URLSearchParams({ [what]: folder, payload: JSON.stringify(payload) }).toString()}`;
}

/**
 * Runs in the page. A person's settings live in the browser's database, where nobody has written any, so the workbench is
 * given defaults: it reads its options from an attribute, once the page is parsed and "interactive".
 */
function optionsScript(added: Readonly<Record<string, unknown>>): string {
  return `document.addEventListener("readystatechange", () => {
    const place = document.getElementById("vscode-workbench-web-configuration");
    if (place === null || document.readyState !== "interactive") return;
    const options = JSON.parse(place.getAttribute("data-settings"));
    place.setAttribute("data-settings", JSON.stringify({ ...options, ...${JSON.stringify(added)} }));
  });`;
}

/** The editor draws lines in any order and says their place in their style. */
async function linesFromTop(lines: Locator): Promise<string> {
  const drawn = await lines.evaluateAll((all) =>
    all.map((line) => ({ style: line.getAttribute("style") ?? "", text: line.textContent ?? "" })),
  );
  const placed = drawn.map(({ style, text }) => ({ top: Number(/top:\s*([\d.]+)px/.exec(style)?.[1] ?? 0), text }));
  const sorted = placed.toSorted((a, b) => a.top - b.top);
  return plain(sorted.map(({ text }) => text).join("\n"));
}

/** Editor and terminal draw blanks that do not break. */
function plain(text: string): string {
  return text.replaceAll("\u00a0", " ");
}

function isKnownComplaint(text: string): boolean {
  return knownComplaints.some((part) => text.includes(part));
}

/** What this build of VS Code says about itself (files that npm does not carry) and about a machine without internet. */
const knownComplaints: readonly string[] = [
  "Failed to load resource:",
  "A bad HTTP response code (404) was received when fetching the script.",
  "[Service Worker] registration",
  "authentication provider 'github'",
  "open-vsx.org",
];
