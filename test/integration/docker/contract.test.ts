import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import { runtimeContract } from "../../contract/runtime.ts";
import { shWords } from "../../contract/words/sh.ts";
import { testImage, useEngine } from "../../support/docker.ts";
import { type TestSandboxes, testSandboxes, usualSettings } from "../../support/sandboxes.ts";

/** The contract of every runtime, in containers: a folder of the workspace is the one that a test works in, and it is in `/workspace`. */
for (const [image, words] of [
  ["debian", undefined],
  ["noBash", { ...shWords, posix: (script: string) => `sh -c '${script.replaceAll("'", String.raw`'\''`)}'` }],
] as const) {
  describe(`DockerRuntime, of the image ${image}`, () => {
    let all: TestSandboxes;
    let folder: string;
    before(async () => {
      all = await testSandboxes(engine, { settings: () => ({ ...usualSettings, memoryMegabytes: 1024 }) });
      folder = await mkdtemp(path.join(tmpdir(), "openhands-contract-"));
    });
    after(async () => {
      await all[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    // After the hooks above, so that it looks for what is left when they are done.
    const engine = useEngine();
    const open = async (workingDir: string): Promise<Runtime> => {
      const folders = [path.basename(workingDir), "other"].map((name) => path.join(folder, name));
      await Promise.all(folders.map((place) => mkdir(place, { recursive: true })));
      return all.open({ image: await testImage(engine.docker, image) }, { folders });
    };
    const capabilities = { realShell: true, isTerminal: true, baseDir: "/workspace", atOnce: 2, ...(words === undefined ? {} : { words }) };
    runtimeContract(`docker, ${image}`, open, capabilities);
  });
}
