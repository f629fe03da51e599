import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type Docker from "dockerode";
import type { Locator } from "playwright-core";
import { ChatDriver, demoWorkspace } from "../support/chatDriver.ts";
import { root } from "../support/checkout.ts";
import { nodeImage, useEngine } from "../support/docker.ts";
import { until } from "../support/until.ts";
import { startVscodeServer } from "../support/vscodeServer.ts";
import { openWindow } from "../support/vscodeWindow.ts";
import { treeRow, treeRows } from "../support/workbench.ts";

const task = "The test in test/date.test.js fails. Find out why and fix it.";

/** The container and the volume of a conversation. */
async function tracesOf(docker: Docker, id: string): Promise<string[]> {
  const filters = { label: [`session=${id}`] };
  const [containers, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listVolumes({ filters }),
  ]);
  return [...containers.map(({ Id }) => Id), ...(volumes ?? []).map(({ Name }) => Name)];
}

/** Where the test ends too early; the container ends with its window. */
async function removeVolumes(docker: Docker, id: string): Promise<void> {
  const { Volumes: volumes } = await docker.listVolumes({ filters: { label: [`session=${id}`] } });
  for (const { Name } of volumes ?? []) await docker.getVolume(Name).remove();
}

/** As if the agent had run it. */
async function runIn(docker: Docker, id: string, command: string): Promise<void> {
  const [container] = await docker.listContainers({ filters: { label: [`session=${id}`] } });
  const exec = await docker.getContainer(container?.Id ?? "").exec({ Cmd: ["/bin/sh", "-c", command] });
  await exec.start({ Detach: true });
}

describe("the demo in Docker, in VS Code", () => {
  const { docker } = useEngine();

  it("fixes the failing test in a sandbox, without asking; one change is applied and the other discarded", async () => {
    const image = await nodeImage(docker);
    const settings = { "openhands.model": "demo", "openhands.runtime": "docker", "openhands.sandbox.image": image };
    await using leftovers = new AsyncDisposableStack();
    await using server = await startVscodeServer({ settings });
    await using workspace = await demoWorkspace();
    await using window = await openWindow({ server, folder: workspace.folder, extensionPath: root });
    const chat = new ChatDriver(window);
    const file = path.join(workspace.folder, "src", "date.js");
    const before = await readFile(file, "utf8");

    await chat.open();
    await (await chat.frame()).getByText(`Docker · ${image} · no network`).waitFor();
    await chat.send(task);
    await chat.statusIs("Finished");
    const rows = await chat.rows();
    assert.deepEqual(
      [rows[2], rows[5], rows[7]],
      ["Ran npm test, exit code 1", "Edited src/date.js, +1 −1", "Ran npm test"],
      rows.join("\n"),
    );
    assert.equal(await readFile(file, "utf8"), before);
    await window.screenshot("docker-finished");

    const id = (await (await chat.frame()).locator("[data-conversation]").getAttribute("data-conversation")) ?? "";
    leftovers.defer(() => removeVolumes(docker, id));
    assert.equal((await tracesOf(docker, id)).length, 2);
    await runIn(docker, id, "echo notes > /workspace/NOTES.md");
    await window.command("OpenHands: Show Changes of Sandbox");
    await until("the changes", async () => {
      await window.command("OpenHands: Refresh Changes");
      return (await treeRows(window, "Changes")).join("\n") === "NOTES.md, Created\ndate.js, Changed, src";
    });
    await treeRow(window, "Changes", /^date\.js/).click();
    const result = window.page.locator(".editor.modified .view-lines", { hasText: "400" });
    await result.waitFor();
    await window.screenshot("docker-diff");

    const button = (row: RegExp, name: string): Locator => treeRow(window, "Changes", row).getByRole("button", { name });
    await treeRow(window, "Changes", /^date\.js/).hover();
    await button(/^date\.js/, "Apply").click();
    await until("the file", async () => /year % 400 === 0/.test(await readFile(file, "utf8")));
    await until("it to be no change any more", async () => (await treeRows(window, "Changes")).join("\n") === "NOTES.md, Created");
    await treeRow(window, "Changes", /^NOTES\.md/).hover();
    await button(/^NOTES\.md/, "Discard").click();
    await window.page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
    await until("nothing to be left", async () => !(await treeRows(window, "Changes")).join("\n").includes("NOTES.md"));
    assert.equal(existsSync(path.join(workspace.folder, "NOTES.md")), false);
    await window.screenshot("docker-reviewed");

    await window.command("OpenHands: Delete Sandbox");
    await until("the container and its volume to go", async () => (await tracesOf(docker, id)).length === 0);
    assert.deepEqual(window.consoleErrors, []);
  });
});
