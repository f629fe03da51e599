import { deepEqual, equal, ok } from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { noLog } from "../../src/protocol/log.ts";
import { gateOf } from "../../src/server/gate.ts";
import { hostingRoutes } from "../../src/server/hosting/app.ts";
import { currentKeys } from "../../src/server/keys.ts";
import { listen } from "../../src/server/listen.ts";
import { addWorkspaceSession } from "../../src/server/workspaces/workspaceSession.ts";
import { root } from "../support/checkout.ts";
import { openChromium } from "../support/chromium.ts";
import { type HeadlessServer, startHeadless } from "../support/headlessServer.ts";
import { serveHosting } from "../support/servedHosting.ts";
import { until } from "../support/until.ts";
import { type TempFolder, tempFolder } from "../support/workspaces.ts";
import { faultsOf } from "./axe.ts";

const pictures = path.join(root, "artefacts", "screenshots");

/** A site of somebody else, on another port of this machine. */
async function serveSite(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<title>site</title>"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, server };
}

describe("a browser and a server on this machine", () => {
  let folder: TempFolder;
  let server: HeadlessServer;
  let browser: Browser;
  let site: Awaited<ReturnType<typeof serveSite>>;

  before(async () => {
    folder = await tempFolder();
    // Without a key, where only the gate is in the way.
    server = await startHeadless({ workspace: folder.path, args: ["--no-auth"], env: { SESSION_API_KEY: "" } });
    browser = await openChromium([
      "--host-resolver-rules=MAP evil.example 127.0.0.1",
      "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
    ]);
    site = await serveSite();
  });
  after(async () => {
    await browser.close();
    site.server.close();
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const run = (touched: string) => JSON.stringify({ command: `touch ${touched}` });

  it("get no answer for a page whose name was led here after it had been loaded (HS-04)", async () => {
    const page = await browser.newPage();
    const home = `http://evil.example:${server.port}/`;
    // The page itself came from elsewhere; from now on its name leads to the server.
    await page.route(home, (route) => route.fulfill({ contentType: "text/html", body: "<title>evil</title>" }));
    await page.goto(home);

    const touched = path.join(folder.path, "by-rebinding");
    const statuses = await page.evaluate(
      async ([body]) => {
        const ask = async (at: string, init?: RequestInit) => (await fetch(at, init)).status;
        return [
          await ask("/alive"),
          await ask("/api/runtime/info"),
          await ask("/api/bash/execute_bash_command", { method: "POST", body: body ?? "" }),
        ];
      },
      [run(touched)],
    );
    deepEqual(statuses, [403, 403, 403]);
    ok(!existsSync(touched));
    await page.close();
  });

  it("do nothing for a page of another site, whichever way it asks (HS-05)", async () => {
    const page = await browser.newPage();
    await page.goto(site.url);
    const answered: number[] = [];
    page.on("response", (response) => response.url().startsWith(server.url) && answered.push(response.status()));
    const touched = path.join(folder.path, "by-a-page");
    const outcome = await page.evaluate(
      async ([url, body]) => {
        const at = `${url}/api/bash/execute_bash_command`;
        const plain = { method: "POST", body: body ?? "", headers: { "content-type": "text/plain" } };
        const outcomes = [
          await fetch(at, plain).then(
            () => "read",
            () => "refused",
          ),
          await fetch(at, { ...plain, mode: "no-cors" }).then(
            () => "sent",
            () => "refused",
          ),
          await fetch(at, { ...plain, headers: { "content-type": "application/json" } }).then(
            () => "read",
            () => "refused",
          ),
        ];
        const load = (name: "img" | "script") =>
          new Promise<string>((resolve) => {
            const element = document.createElement(name);
            element.onload = () => resolve("loaded");
            element.onerror = () => resolve("refused");
            element.src = `${url}/api/runtime/info`;
            document.body.append(element);
          });
        const socket = new Promise<string>((resolve) => {
          const opened = new WebSocket(`${url?.replace("http", "ws")}/sockets/bash-events`);
          opened.onopen = () => resolve("opened");
          opened.onerror = () => resolve("refused");
        });
        return [...outcomes, await load("img"), await load("script"), await socket];
      },
      [server.url, run(touched)],
    );
    deepEqual(outcome, ["refused", "sent", "refused", "refused", "refused", "refused"]);
    ok(!existsSync(touched));
    ok(answered.length > 0 && answered.every((status) => status === 403), String(answered));
    await page.close();
  });

  it("show its routes on a page of its own, which loads nothing, runs nothing and can be read in light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1000, height: 900 } });
      const asked: string[] = [];
      const said: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      page.on("console", (message) => said.push(message.text()));
      await page.goto(`${server.url}/docs`);
      deepEqual([asked, said], [["/docs"], []]);
      const run = page.locator("#post_api_bash_execute_bash_command");
      await run.locator("summary").click();
      ok((await run.locator("pre").first().textContent())?.includes('"timeout"'));
      deepEqual(await faultsOf(page), []);
      await mkdir(pictures, { recursive: true });
      await page.screenshot({ path: path.join(pictures, `server-docs-${colorScheme}.png`) });
      await page.close();
    }
    equal(await (await fetch(`${server.url}/redoc`)).text(), await (await fetch(`${server.url}/docs`)).text());
  });
});

describe("files of a workspace in a frame of the web UI (§10.25)", () => {
  it("are shown by the cookie of a session, with their pictures and styles, and run no script", async () => {
    await using served = await serveHosting();
    const site = await serveSite();
    const routes = hostingRoutes(served.hosting);
    addWorkspaceSession(routes);
    const gate = (port: number) => gateOf({ keys: currentKeys(() => keys), hosts: [`localhost:${port}`], origins: [site.url] });
    await using server = await listen({ app: routes.app, host: "127.0.0.1", port: 0, gate, log: noLog });
    const base = `http://localhost:${server.port}/api/conversations/${await served.begin()}/workspace`;
    await writeFile(path.join(served.workspace, "index.html"), report);
    await writeFile(path.join(served.workspace, "style.css"), "b { color: rgb(1, 2, 3); }");
    await writeFile(path.join(served.workspace, "picture.svg"), '<svg xmlns="http://www.w3.org/2000/svg" width="37" height="5"/>');
    await writeFile(path.join(served.workspace, "app.js"), "document.body.textContent = 'a script has run'");
    const browser = await openChromium();
    try {
      const page = await browser.newPage();
      await page.goto(site.url);
      const session = (key: string) =>
        page.evaluate(
          async ([at, given]) =>
            (
              await fetch(`${at}/api/auth/workspace-session`, {
                method: "POST",
                credentials: "include",
                headers: { "x-session-api-key": given ?? "" },
              })
            ).status,
          [`http://localhost:${server.port}`, key],
        );
      equal(await frameText(page, base), '{"detail":"Unauthorized"}');
      equal(await session("wrong"), 401);
      equal(await session(keys[0] ?? ""), 204);
      equal(await frameText(page, `${base}/`), "a report");
      const frame = page.frames().at(-1);
      equal(await frame?.locator("b").evaluate((element) => getComputedStyle(element).color), "rgb(1, 2, 3)");
      await until(
        "the picture",
        async () => (await frame?.locator("img").evaluate((image: HTMLImageElement) => image.naturalWidth)) === 37,
      );
      equal(await frameText(page, `${base}/app.js`), "document.body.textContent = 'a script has run'");
    } finally {
      await browser.close();
      site.server.close();
    }
  });
});

const keys = ["a-key"];
const report = `<!doctype html><link rel="stylesheet" href="style.css"><body onload="document.body.textContent='an attribute has run'"><b>a report</b><img src="picture.svg">
<script src="app.js"></script><script>document.body.textContent = "a script of the page has run"</script></body>`;

/** What a frame of the page shows once it has loaded all. */
async function frameText(page: Page, url: string): Promise<string> {
  await page.evaluate(
    (at) =>
      new Promise<void>((resolve) => {
        const frame = Object.assign(document.createElement("iframe"), { src: at, onload: () => resolve() });
        document.body.replaceChildren(frame);
      }),
    url,
  );
  return (await page.frames().at(-1)?.locator("body").innerText()) ?? "";
}
