import { deepEqual, equal, rejects } from "node:assert/strict";
import { type TestImage, testImage, useEngine } from "../../support/docker.ts";
import { testSandboxes, usualSettings } from "../../support/sandboxes.ts";

const { signal } = new AbortController();

describe("a sandbox of any image", () => {
  const engine = useEngine();

  const shells: Readonly<Record<TestImage, string>> = { debian: "bash", noBash: "sh", nonRoot: "bash", entrypoint: "bash", empty: "sh" };
  for (const [image, shell] of Object.entries(shells)) {
    it(`works with ${image}: its own tools first, ours where it has none, and no image is made`, async () => {
      await using all = await testSandboxes(engine);
      const name = await testImage(engine.docker, image as TestImage);
      const before = await imagesOf();
      const sandbox = await all.open({ image: name });
      const command = "cd /tmp && echo one > a && sed s/one/two/ a && id -u && pwd && echo ${FROM_IMAGE:-none} && echo $HOME";
      const { output } = await sandbox.terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal });
      deepEqual(output.trim().split("\n"), ["two", "1000", "/tmp", image === "entrypoint" ? "yes" : "none", "/home/agent"]);
      equal(sandbox.info.shell, shell);
      const written = await sandbox.files.write("/workspace/deep/file", Buffer.from("x"), { expected: "absent", signal });
      equal(written.sizeBytes, 1);
      await sandbox[Symbol.asyncDispose]();
      deepEqual(await imagesOf(), before);
    });
  }

  it("can let the image's own files be written, when the person says so", async () => {
    await using all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, writableRoot: true }) });
    const sandbox = await all.open();
    const command = "findmnt -no OPTIONS / 2>/dev/null | grep -o '^r[ow]' || grep ' / ' /proc/mounts | grep -o ' r[ow],'";
    equal(
      (await sandbox.terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal })).output.trim().slice(0, 2),
      "rw",
    );
  });

  it("says which image is not there", async () => {
    await using all = await testSandboxes(engine);
    await rejects(all.open({ image: "no-such-image.invalid/none:1" }), { name: "RuntimeError", code: "failed" });
  });

  async function imagesOf(): Promise<string[]> {
    return (await engine.docker.listImages({ all: true })).map(({ Id }) => Id).toSorted();
  }
});
