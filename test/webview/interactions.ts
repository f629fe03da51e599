import type { Locator } from "playwright-core";
import { session } from "./fixtures.ts";
import { showScene } from "./suite.ts";
import type { View } from "./view.ts";

/** A red dot. */
export const pngBase64 =
  "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==";

export function composerOf(view: View): Locator {
  return view.page.getByRole("textbox", { name: "Message to the agent" });
}

/** States that the person brings about, beside those of `scenes`. */
export const interactions: Readonly<Record<string, (view: View) => Promise<void>>> = {
  "starting-task": async (view) => {
    await showScene(view, "empty");
    await composerOf(view).fill("Fix the failing test.");
    await composerOf(view).press("Enter");
  },
  renaming: async (view) => {
    await showScene(view, "finished");
    await view.page.locator("button.title").press("F2");
  },
  tasks: async (view) => {
    await showScene(view, "working");
    await view.page.getByRole("button", { name: "3/5 tasks" }).click();
  },
  files: async (view) => {
    await showScene(view, "working");
    await view.page.getByRole("button", { name: /^2 files/ }).click();
  },
  rejecting: async (view) => {
    await showScene(view, "approval");
    await view.page.getByRole("button", { name: "Reject…" }).click();
  },
  mention: async (view) => {
    await showScene(view, "finished");
    await mention(view, "Look at @da", ["src/date.ts", "test/date.test.ts", "docs/a folder/data of the last month.md"]);
  },
  "mention-on-server": async (view) => {
    await showScene(view, "server-empty");
    await composerOf(view).pressSequentially("Look at @da");
    await view.page.getByText("cannot be listed from here").waitFor();
  },
  pictures: async (view) => {
    await showScene(view, "finished");
    await pastePictures(view, ["screenshot.png", "design.png"]);
    await composerOf(view).fill("The header should look like in the picture.");
  },
  "ten-lines": async (view) => {
    await showScene(view, "finished");
    await composerOf(view).fill(Array.from({ length: 14 }, (_, index) => `Line ${index + 1} of a long message.`).join("\n"));
  },
  "starting-pictures": async (view) => {
    await showScene(view, "empty");
    await pastePictures(view, ["screenshot.png", "design.png"]);
    await composerOf(view).press("Enter");
  },
  "picture-large": async (view) => {
    await showScene(view, "pictures-sent");
    await view.page.getByRole("button", { name: "Picture 2 of 2" }).click();
  },
  "thought-open": async (view) => {
    await showScene(view, "thought");
    await view.page.getByRole("button", { name: "Thought for 8 s" }).click();
  },
  crashed: async (view) => {
    await view.page.evaluate("Number.prototype.toLocaleString = () => { throw new Error('a mistake in the drawing'); }");
    await showScene(view, "working");
  },
  silent: async (view) => {
    await view.page.clock.install();
    await view.reload();
    await view.send(session({ conversationId: null }));
    await composerOf(view).fill("Fix the failing test.");
    await composerOf(view).press("Enter");
    await view.page.clock.fastForward(6_000);
    await view.page.clock.fastForward(6_000);
    await view.page.clock.runFor(100);
  },
};

/** Types an `@` word and gives the files that the extension would find. */
export async function mention(view: View, text: string, paths: readonly string[]): Promise<void> {
  await view.requests();
  await composerOf(view).fill("");
  await composerOf(view).pressSequentially(text);
  const asked = (await view.requests()).findLast((request) => request.type === "files.find");
  if (asked?.type !== "files.find") throw new Error("The view did not look for files.");
  await view.send({ type: "files.found", requestId: asked.requestId, paths: [...paths] });
}

/** Pastes small PNG pictures with these names. */
export async function pastePictures(view: View, names: readonly string[]): Promise<void> {
  await composerOf(view).evaluate(
    (field, { base64, files }) => {
      const data = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      for (const name of files) data.items.add(new File([bytes], name, { type: "image/png" }));
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    },
    { base64: pngBase64, files: names },
  );
  await view.page
    .locator(".thumbnail")
    .nth(names.length - 1)
    .waitFor();
}
