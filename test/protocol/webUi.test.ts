import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { root } from "../support/checkout.ts";
import { openChromium } from "../support/chromium.ts";
import { until } from "../support/until.ts";
import { ensureAgentCanvas, serveAgentCanvas, type WebUi } from "./agentCanvas.ts";
import { openStage, type Stage } from "./server.ts";

/** Of programs that the site would like to find beside the agent-server, and of later versions of it. */
const othersRoutes = ["/api/automation", "/api/canvas-extensions"];
const screenshots = path.join(root, "artefacts", "protocol");

describe("the official web UI", () => {
  let ui: WebUi;
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  before(async function () {
    this.timeout(180_000);
    await Promise.all([ensureAgentCanvas(), mkdir(screenshots, { recursive: true })]);
    ui = await serveAgentCanvas();
    stage = await openStage({ args: ["--allow-origin", ui.origin] });
    ui.passTo(stage.server.port);
    await stage.client.profiles.saveProfile("played", { llm: stage.model.llm(), include_secrets: true });
    await stage.client.profiles.activateProfile("played");
    browser = await openChromium();
    page = await openPage(browser, { ui, key: stage.server.key, complaints });
  });
  after(async () => {
    await browser?.close();
    await stage?.[Symbol.asyncDispose]();
    await ui?.[Symbol.asyncDispose]();
  });
  const picture = (name: string) => page.screenshot({ path: path.join(screenshots, `${name}.png`) });
  const conversation = () => page.url().split("/").at(-1) ?? "";

  async function say(...lines: readonly string[]): Promise<void> {
    await page.getByTestId("chat-input").click();
    for (const [index, line] of lines.entries()) {
      if (index > 0) await page.keyboard.press("Shift+Enter");
      await page.keyboard.insertText(line);
    }
    await page.keyboard.press("Enter");
  }

  it("boots without an error that is ours", async () => {
    await page.goto(ui.origin);
    await page.getByRole("checkbox").uncheck();
    await page.getByRole("button", { name: "Confirm preferences" }).click();
    await page.getByTestId("home-chat-launcher").waitFor();
    await page.getByText("No conversations found").waitFor();
    await picture("home");
    assert.deepEqual([ui.refused.filter(isOurs), complaints], [[], []]);
  });

  it("begins a conversation, and shows the commands, the files and the answer", async () => {
    const file = path.join(stage.workspace, "from-the-ui.txt");
    await say("Greet me.", "> terminal echo hello from the terminal", `> write ${file} some text`, "> say This is the answer.");
    await page.getByText("This is the answer.", { exact: true }).waitFor();
    await page.waitForURL(/\/conversations\/[0-9a-f-]{36}$/);
    await page.getByTestId("event-group-toggle").first().click();
    await page.getByText("from-the-ui.txt").nth(1).waitFor();
    await picture("tools");
    await page.getByText("run a command").locator("xpath=following::button[1]").click();
    // Once in what was asked for, once in the command, and once in its output.
    await page
      .getByText(/hello from the terminal/)
      .nth(2)
      .waitFor();
    await picture("terminal");
    assert.equal(await stage.status(conversation()), "finished");
  });

  it("shows an answer while it is written", async () => {
    const words = Array.from({ length: 100 }, (_, index) => `word${index}`);
    // Looked for in the page itself and from before it begins, because an answer that is half written is soon whole.
    const halfWritten = page.waitForFunction(
      () => [...document.querySelectorAll("p")].some(({ textContent }) => /^word0 word1(?!.*word99)/.test(textContent ?? "")),
      undefined,
      { polling: 50 },
    );
    await Promise.all([halfWritten, say("Tell me.", `> slow ${words.join(" ")}`)]);
    await picture("streaming");
    await page.getByText(/^word0 word1 .*word99$/).waitFor();
  });

  it("asks before an action, and takes a yes and a no", async () => {
    await stage.client.conversations.setConfirmationPolicy(conversation(), { kind: "AlwaysConfirm" });
    await say("Ask.", "> terminal echo allowed", "> say Thank you.");
    await page.locator("button", { hasText: "Continue" }).waitFor();
    await picture("asks");
    await page.locator("button", { hasText: "Continue" }).click();
    await page.getByText("Thank you.", { exact: true }).waitFor();
    await say("Ask again.", "> terminal echo forbidden", "> say I see.");
    await page.locator("button", { hasText: "Cancel" }).click();
    const results = async () => (await stage.events(conversation())).filter(({ kind }) => kind === "UserRejectObservation");
    await until("the rejection", async () => (await results()).length === 1);
    await picture("rejected");
    const outputs = (await stage.events(conversation()))
      .filter(({ kind }) => kind === "ObservationEvent")
      .map((event) => JSON.stringify(event["observation"]));
    assert.ok(outputs.some((output) => output.includes("allowed")));
    assert.ok(!outputs.some((output) => output.includes("forbidden")));
  });

  it("shows the same after a reload, and goes on", async () => {
    await page.reload();
    await page.getByText("This is the answer.", { exact: true }).waitFor();
    await page.getByText("Thank you.", { exact: true }).waitFor();
    assert.equal(await page.getByText("Thank you.", { exact: true }).count(), 1);
    await stage.client.conversations.setConfirmationPolicy(conversation(), { kind: "NeverConfirm" });
    await say("Go on.", "> say Here I am again.");
    await page.getByText("Here I am again.", { exact: true }).waitFor();
    await picture("reloaded");
  });

  it("has met no refusal, and had nothing to complain of that is ours", () => {
    assert.deepEqual([ui.refused.filter(isOurs), complaints], [[], []]);
  });
});

interface Opening {
  readonly ui: WebUi;
  readonly key: string;
  readonly complaints: string[];
}

/** One that reaches nothing but the site, knows the key, as its launcher would tell it, and is past the first questions. */
async function openPage(browser: Browser, { ui, key, complaints }: Opening): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  await context.route(
    (url) => url.origin !== ui.origin && url.protocol.startsWith("http"),
    (route) => route.abort(),
  );
  await context.addInitScript((sessionKey) => {
    Object.assign(window, { __AGENT_CANVAS_SESSION_API_KEY__: sessionKey, __AGENT_CANVAS_DO_NOT_TRACK__: true });
    localStorage.setItem("openhands-onboarded", "true");
  }, key);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    const { url } = message.location();
    if (message.type() === "error" && isOurs(url) && (url === "" || url.startsWith(ui.origin))) complaints.push(`${message.text()} ${url}`);
  });
  return page;
}

function isOurs(place: string): boolean {
  return !othersRoutes.some((route) => place.includes(route));
}
