import assert from "node:assert/strict";
import * as z from "zod";
import { showScene, withView } from "./suite.ts";
import type { View } from "./view.ts";

const Value = z.object({ value: z.unknown().optional() });
const Node = z.object({
  ignored: z.boolean(),
  role: Value.optional(),
  name: Value.optional(),
  properties: z.array(z.object({ name: z.string(), value: Value })).optional(),
});
type Node = z.infer<typeof Node>;

/** What a screen reader is given, as Chromium tells it. */
async function treeOf({ page }: View): Promise<Node[]> {
  const session = await page.context().newCDPSession(page);
  const answer = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  return z
    .object({ nodes: z.array(Node) })
    .parse(answer)
    .nodes.filter(({ ignored }) => !ignored);
}

describe("webview: what a screen reader is given", () => {
  let view: View;
  withView((_stage, opened) => {
    view = opened;
  });

  const named = (nodes: readonly Node[], role: string): unknown[] =>
    nodes.filter((node) => node.role?.value === role).map((node) => node.name?.value);
  const property = (node: Node, name: string): unknown => node.properties?.find((one) => one.name === name)?.value.value;
  const spoken = (nodes: readonly Node[]): unknown[] =>
    nodes.filter((node) => ["polite", "assertive"].includes(String(property(node, "live")))).map((node) => node.role?.value);

  it("is a log of articles under headings, one of them for each message", async () => {
    await showScene(view, "finished");
    const nodes = await treeOf(view);
    assert.deepEqual(named(nodes, "main").length, 1);
    assert.deepEqual(named(nodes, "log"), ["Conversation"]);
    assert.deepEqual(named(nodes, "heading"), [
      "The test in test/date.test.ts fails since March. Find out why.",
      "You: The test in test/date.test.ts fails since March. Find out why.",
      "Agent",
      "Finished",
    ]);
    const nameless = nodes.filter((node) => ["button", "article", "textbox"].includes(String(node.role?.value)) && !node.name?.value);
    assert.deepEqual(nameless, []);
  });

  it("hears of a question once: the announcer speaks, the dialog waits to be gone to", async () => {
    await showScene(view, "approval");
    const nodes = await treeOf(view);
    assert.deepEqual(named(nodes, "alertdialog"), ["Run this command?"]);
    const dialog = nodes.find((node) => node.role?.value === "alertdialog");
    assert.deepEqual(dialog && property(dialog, "live"), undefined, "it is not a live region beside the announcer");
    assert.deepEqual(spoken(nodes).length, 2, "only the two lines of the announcer speak by themselves");
  });
});
