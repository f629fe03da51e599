import assert from "node:assert/strict";
import type { ChatRequest } from "../../src/protocol/chat.ts";
import { conversationId, Story, session, workingDir } from "./fixtures.ts";
import { composerOf, mention, pastePictures, pngBase64 } from "./interactions.ts";
import { showScene, withView } from "./suite.ts";
import type { View } from "./view.ts";

const otherId = "22222222-2222-4222-8222-222222222222";
const pngUrl = `data:image/png;base64,${pngBase64}`;

describe("webview: what goes with a message", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });
  beforeEach(async () => {
    await view.send(session());
    await view.requests();
  });
  afterEach(async () => {
    assert.deepEqual(await view.violations(), []);
  });

  const sent = async (): Promise<ChatRequest[]> =>
    (await view.requests()).filter(({ type }) => type === "command" || type === "task.start");
  const problem = (): Promise<string> => view.page.getByRole("alert").innerText();
  const thumbnails = (): Promise<string[]> =>
    view.page.locator(".thumbnail img").evaluateAll((images) => images.map((image) => image.getAttribute("alt") ?? ""));
  /** Drops data of these types, or a file of so many bytes, on the composer. */
  const drop = (data: Record<string, string>): Promise<void> =>
    composerOf(view).evaluate((field, texts) => {
      const transfer = new DataTransfer();
      for (const [type, text] of Object.entries(texts)) transfer.setData(type, text);
      field.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, data);
  const pasteFile = (file: { name: string; type: string; bytes: number }): Promise<void> =>
    composerOf(view).evaluate((field, { name, type, bytes }) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], name, { type }));
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, file);

  it("sends pasted pictures, also alone, and takes one out again", async () => {
    await pastePictures(view, ["one.png", "two.png"]);
    assert.deepEqual(await thumbnails(), ["one.png", "two.png"]);
    await view.page.getByRole("button", { name: "Remove one.png" }).click();
    await composerOf(view).press("Enter");
    assert.deepEqual(await sent(), [{ type: "command", command: { type: "message.send", conversationId, text: "", images: [pngUrl] } }]);
    assert.deepEqual(await thumbnails(), []);
  });

  it("says which pictures it leaves out, and why", async () => {
    await pasteFile({ name: "scan.bmp", type: "image/bmp", bytes: 10 });
    await view.page.getByRole("alert").waitFor();
    assert.equal(await problem(), "scan.bmp was left out: only PNG, JPEG, GIF and WebP pictures can be sent.");
    await pasteFile({ name: "broken.png", type: "image/png", bytes: 10 });
    await view.page.getByText("broken.png was left out: it cannot be read as a picture.").waitFor();
    await pasteFile({ name: "huge.png", type: "image/png", bytes: 51 * 1024 * 1024 });
    await view.page.getByText("huge.png was left out: it is larger than 5 MB.").waitFor();
    await pastePictures(
      view,
      Array.from({ length: 20 }, (_, index) => `${index}.png`),
    );
    await pastePictures(view, ["more.png"]).catch(() => undefined);
    await view.page.getByText("A message has at most 20 pictures; 1 were left out.").waitFor();
    assert.equal((await thumbnails()).length, 20);
  });

  it("scales a large photo down to 2,000 pixels", async () => {
    await composerOf(view).evaluate(async (field) => {
      const canvas = new OffscreenCanvas(3_000, 1_500);
      canvas.getContext("2d")?.fillRect(0, 0, 10, 10);
      const data = new DataTransfer();
      data.items.add(new File([await canvas.convertToBlob({ type: "image/jpeg" })], "photo.jpg", { type: "image/jpeg" }));
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    });
    const picture = view.page.locator(".thumbnail img");
    await picture.waitFor();
    assert.deepEqual(await picture.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight]), [2_000, 1_000]);
  });

  it("gives text and pictures back when they could not be sent, before what was written since (VF-14)", async () => {
    await pastePictures(view, ["one.png"]);
    await composerOf(view).fill("Like this 🎨.");
    await composerOf(view).press("Enter");
    await composerOf(view).fill("And faster.");
    await view.send({ type: "failed", message: "The disk is full.", isUnsent: true });
    assert.equal(await composerOf(view).inputValue(), "Like this 🎨.\n\nAnd faster.");
    assert.deepEqual(await thumbnails(), ["one.png"]);
  });

  it("keeps the pictures of each conversation apart", async () => {
    await pastePictures(view, ["one.png"]);
    const saved = (await view.requests()).filter(({ type }) => type === "pictures.save").at(-1);
    assert.ok(saved?.type === "pictures.save");
    await view.send(session({ conversationId: otherId }));
    assert.deepEqual(await thumbnails(), []);
    await view.send({ type: "pictures", conversationId: saved.conversationId, pictures: saved.pictures });
    assert.deepEqual(await thumbnails(), []);
    await view.send(session());
    await view.send({ type: "pictures", conversationId: saved.conversationId, pictures: saved.pictures });
    assert.deepEqual(await thumbnails(), ["one.png"]);
    assert.deepEqual(await view.requests(), []);
  });

  it("refuses a text that is too long before it is sent, and keeps it", async () => {
    const text = "x".repeat(1_000_001);
    await composerOf(view).fill(text);
    await composerOf(view).press("Enter");
    assert.match(await problem(), /^The message has 1,000,001 characters, and at most 1,000,000 can be sent; .* Your message is kept\.$/);
    assert.equal((await composerOf(view).inputValue()).length, text.length);
    assert.deepEqual(await sent(), []);
  });

  it("writes the paths of files that are dropped from the explorer", async () => {
    await composerOf(view).fill("Compare");
    await drop({ "text/uri-list": `file://${workingDir}/src/date.ts\r\nfile:///etc/a%20b.conf`, "text/plain": "whatever" });
    assert.equal(await composerOf(view).inputValue(), "Compare src/date.ts `/etc/a b.conf` ");
  });

  it("finds files behind an @, and writes the chosen one's path", async () => {
    await mention(view, "Look at @da", [`${workingDir}/src/date.ts`, "test/date.test.ts", "docs/old data.md"]);
    const options = view.page.getByRole("option");
    assert.deepEqual(await options.allInnerTexts(), ["date.ts src", "date.test.ts test", "old data.md docs"]);
    await composerOf(view).press("ArrowUp");
    const chosen = view.page.getByRole("option", { selected: true });
    assert.equal(await composerOf(view).getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
    await composerOf(view).press("Enter");
    assert.equal(await composerOf(view).inputValue(), "Look at `docs/old data.md` ");
    assert.equal(await options.count(), 0);
    assert.deepEqual(await sent(), [], "the Enter was for the list");
    await mention(view, "@da", ["src/date.ts"]);
    await options.first().click();
    assert.equal(await composerOf(view).inputValue(), "src/date.ts ");
  });

  it("closes the list of files with Esc, and asks for none in an address", async () => {
    await mention(view, "@x", ["src/x.ts"]);
    await composerOf(view).press("Escape");
    assert.equal(await view.page.getByRole("listbox").count(), 0);
    assert.equal(await composerOf(view).inputValue(), "@x");
    await composerOf(view).fill("");
    await view.requests();
    await composerOf(view).pressSequentially("me@home ");
    assert.deepEqual(
      (await view.requests()).filter(({ type }) => type === "files.find"),
      [],
    );
  });

  it("turns over the person's messages with Up and Down, and leaves a text that is being written alone", async () => {
    await view.send(new Story().user("First.").user("Second.").user("Third.").take());
    const seen: string[] = [];
    for (const key of ["ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown"]) {
      await composerOf(view).press(key);
      seen.push(await composerOf(view).inputValue());
    }
    assert.deepEqual(seen, ["Third.", "Second.", "First.", "First.", "Second.", "Third.", ""]);
    await composerOf(view).fill("My own");
    await composerOf(view).press("ArrowUp");
    assert.equal(await composerOf(view).inputValue(), "My own");
  });

  it("has Stop where Send stands while the agent runs, and both while something is written", async () => {
    await showScene(view, "running");
    await view.requests();
    const buttons = (): Promise<string[]> =>
      view.page.locator(".settings-end button").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? ""));
    assert.deepEqual(await buttons(), ["Stop"]);
    await composerOf(view).fill("Use ISO dates.");
    assert.deepEqual(await buttons(), ["Stop", "Send"]);
    await composerOf(view).press("Enter");
    assert.deepEqual(await sent(), [{ type: "command", command: { type: "message.send", conversationId, text: "Use ISO dates." } }]);
    await view.page.getByRole("button", { name: "Stop", exact: true }).click();
    assert.deepEqual(await sent(), [{ type: "command", command: { type: "run.interrupt", conversationId } }]);
  });
});
