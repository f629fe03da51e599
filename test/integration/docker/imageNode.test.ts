import { equal, ok } from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { ptyModule } from "../../../src/runtime/docker/tools/gather.ts";
import { openImageTree } from "../../../src/runtime/docker/tools/imageTree.ts";
import { loaders } from "../../../src/runtime/docker/tools/libraries.ts";
import { nodeOfImage } from "../../../src/runtime/docker/tools/node.ts";
import { root } from "../../support/checkout.ts";
import { runCommand } from "../../support/command.ts";
import { nodeImage, testImage, useEngine } from "../../support/docker.ts";
import { tempFolder } from "../../support/workspaces.ts";

describe("the Node of sandboxes, where this machine has none for them", () => {
  const engine = useEngine();
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const needs = { arch, modules: [ptyModule(path.join(root, "dist"), arch)] } as const;

  it("is that of an image, with all libraries that it needs, and starts", async () => {
    await using tree = await openImageTree(engine.docker, await nodeImage(engine.docker));
    const found = await nodeOfImage(tree, needs);
    ok(found);
    await using folder = await tempFolder();
    for (const [name, file] of found.libraries) await copyFile(file, path.join(folder.path, name));
    const loader = path.join(folder.path, loaders[arch]);
    await runCommand("chmod", ["755", loader, found.program]);
    equal((await runCommand(loader, ["--library-path", folder.path, found.program, "--version"])).trim(), process.version);
  });

  it("is not looked for in vain for long in an image without one", async () => {
    await using tree = await openImageTree(engine.docker, await testImage(engine.docker, "debian"));
    equal(await nodeOfImage(tree, needs), undefined);
  });
});
