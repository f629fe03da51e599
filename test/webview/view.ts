import { createServer, type Server } from "node:http";
import path from "node:path";
import { gzipSync } from "node:zlib";
import esbuild from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { ChatRequest, ChatUpdate } from "../../src/protocol/chat.ts";
import { chatPageHtml } from "../../src/protocol/chatPage.ts";
import { openChromium } from "../support/chromium.ts";
import { type Theme, themes } from "./themes.ts";

const root = path.resolve(import.meta.dirname, "../..");
const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf", ".html": "text/html" };

/** A browser with the view's bundle behind it, as VS Code would serve it. */
export interface Stage extends AsyncDisposable {
  readonly gzipBytes: number;
  open(options?: OpenOptions): Promise<View>;
}

export interface OpenOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
}

/** One open view, driven as the extension drives it. */
export interface View {
  readonly page: Page;
  /** All requests of the page that did not go to its own assets. */
  readonly strayRequests: readonly string[];
  send(...updates: readonly ChatUpdate[]): Promise<void>;
  /** Any message, as a broken extension might send it. */
  sendRaw(message: unknown): Promise<void>;
  /** What the view has asked for since the last call, but that it had the keyboard, and to keep a draft, which comes some time after the last key. */
  requests(): Promise<ChatRequest[]>;
  /** The drafts that it has asked to keep since the last call. */
  savedDrafts(): Promise<ChatRequest[]>;
  violations(): Promise<string[]>;
  /** As a view that was never open. */
  fresh(): Promise<void>;
  /** As when VS Code kills the view and makes it again. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const assets = await build();
  const server = await serve(assets);
  const browser = await openChromium();
  return {
    gzipBytes: gzipSync(assets.get("webview.js") ?? "").length,
    open: (options = {}) => openView(browser, originOf(server), options),
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** File names to contents. Nothing is written, so several suites can run at the same time. */
type Assets = ReadonlyMap<string, Uint8Array>;

async function build(): Promise<Assets> {
  const { outputFiles } = await esbuild.build({
    write: false,
    bundle: true,
    minify: true,
    platform: "browser",
    format: "iife",
    target: "chrome128",
    entryPoints: { webview: path.join(root, "src/webview/main.tsx") },
    outdir: path.join(root, ".build/webview-test"),
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    logLevel: "error",
  });
  return new Map(outputFiles.map((file) => [path.basename(file.path), file.contents]));
}

async function serve(assets: Assets): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const isPage = pathname === "/view.html";
    const body = isPage ? pageHtml(originOf(server), searchParams.get("theme") ?? "dark") : assets.get(path.basename(pathname));
    response.writeHead(body === undefined ? 404 : 200, { "content-type": types[path.extname(pathname)] ?? "text/plain" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function originOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The test server does not listen.");
  return `http://127.0.0.1:${address.port}`;
}

/** Because VS Code puts its own script and styles before the policy, where it does not yet hold. */
function pageHtml(origin: string, themeName: string): string {
  const theme = Object.entries(themes).find(([name]) => name === themeName)?.[1] ?? themes.dark;
  const variables = Object.entries(theme.variables).map(([name, value]) => `--vscode-${name}: ${value}`);
  const page = chatPageHtml({
    nonce: "testnonce",
    cspSource: origin,
    scriptUri: `${origin}/webview.js`,
    styleUri: `${origin}/webview.css`,
    fontUri: `${origin}/codicon.ttf`,
  });
  return page
    .replace("<head>", `<head><script>${fakeApi}</script><style>${defaultStyles}</style>`)
    .replace('<html lang="en">', `<html lang="en" style="${variables.join("; ").replaceAll('"', "&quot;")}">`)
    .replace("<body>", `<body class="${theme.className}">`);
}

const fakeApi = `
globalThis.sentRequests = [];
globalThis.policyViolations = [];
document.addEventListener("securitypolicyviolation", (event) => policyViolations.push(event.violatedDirective + " " + event.blockedURI));
globalThis.acquireVsCodeApi = () => ({
  postMessage: (message) => sentRequests.push(message),
  getState: () => JSON.parse(sessionStorage.getItem("state") ?? "null") ?? undefined,
  setState: (state) => sessionStorage.setItem("state", JSON.stringify(state)),
});`;

const defaultStyles = `@layer vscode-default {
  html { scrollbar-color: var(--vscode-scrollbarSlider-background) transparent; background: var(--vscode-sideBar-background); }
  body { overscroll-behavior-x: none; background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
    font-weight: var(--vscode-font-weight); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
  a, a code { color: var(--vscode-textLink-foreground); }
  a:focus, input:focus, select:focus, textarea:focus { outline: 1px solid -webkit-focus-ring-color; outline-offset: -1px; }
  code { font-family: monospace; color: var(--vscode-textPreformat-foreground); background-color: var(--vscode-textPreformat-background);
    padding: 1px 3px; border-radius: 4px; }
  pre code { padding: 0; }
  blockquote { background: var(--vscode-textBlockQuote-background); border-color: var(--vscode-textBlockQuote-border); }
}`;

async function openView(browser: Browser, origin: string, { theme = themes.dark, width = 300, height = 640 }: OpenOptions): Promise<View> {
  const context = await browser.newContext({ viewport: { width, height }, permissions: ["clipboard-read", "clipboard-write"] });
  const strayRequests = await watchRequests(context, origin);
  const page = await context.newPage();
  const name = Object.entries(themes).find(([, value]) => value === theme)?.[0] ?? "dark";
  await page.goto(`${origin}/view.html?theme=${name}`);
  const sendRaw = async (message: unknown): Promise<void> => {
    await page.evaluate(async (data) => {
      window.postMessage(data, window.origin);
      for (let frames = 0; frames < 2; frames++) await new Promise((resolve) => requestAnimationFrame(resolve));
    }, message);
  };
  return {
    page,
    strayRequests,
    sendRaw,
    send: async (...updates) => {
      for (const update of updates) await sendRaw(update);
    },
    requests: () => page.evaluate(`sentRequests.splice(0).filter(({ type }) => !["chat.focused", "draft.save"].includes(type))`),
    savedDrafts: () => page.evaluate(`sentRequests.splice(0).filter(({ type }) => type === "draft.save")`),
    violations: () => page.evaluate("policyViolations"),
    fresh: async () => {
      await page.evaluate("sessionStorage.clear()");
      await page.reload();
    },
    reload: async () => {
      await page.reload();
    },
    close: () => context.close(),
  };
}

async function watchRequests(context: BrowserContext, origin: string): Promise<string[]> {
  const stray: string[] = [];
  await context.route(
    (url) => url.origin !== origin,
    async (route) => {
      stray.push(route.request().url());
      await route.abort();
    },
  );
  return stray;
}

/** Changes the theme of an open view, as VS Code does when the person changes it. */
export async function showTheme(page: Page, theme: Theme): Promise<void> {
  await page.evaluate(({ className, variables }) => {
    document.body.className = className;
    for (const name of [...document.documentElement.style]) document.documentElement.style.removeProperty(name);
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(`--vscode-${name}`, value);
  }, theme);
}
