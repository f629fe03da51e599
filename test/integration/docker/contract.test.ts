import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Runtime } from "../../../src/runtime/runtime.ts";
import { runtimeContract } from "../../contract/runtime.ts";
import { testImage, useEngine } from "../../support/docker.ts";
import { type TestSandboxes, testSandboxes, usualSettings } from "../../support/sandboxes.ts";

/**
 * The contract of every runtime, in containers: what a test works in is a folder of the workspace, below `/workspace`. Its commands need bash,
 * so images without one are in anyImage.test.ts.
 */
for (const image of ["debian", "nonRoot"] as const) {
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
    runtimeContract(`docker, ${image}`, open, { realShell: true, isTerminal: true, baseDir: "/workspace", atOnce: 2 });
  });
}
