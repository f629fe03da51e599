// Root hooks of mocha: whatever a file of tests started has to be gone when its last test is over.
import { stop } from "esbuild";
import type { RootHookObject } from "mocha";
import { type LeakWatch, watchLeaks } from "./leaks.ts";

let watch: LeakWatch | undefined;

export const mochaHooks: RootHookObject = {
  async beforeAll(): Promise<void> {
    watch = await watchLeaks();
  },
  async afterAll(): Promise<void> {
    // A test may have bundled something; esbuild's service would stay until this process ends.
    await stop();
    await watch?.check();
  },
};
