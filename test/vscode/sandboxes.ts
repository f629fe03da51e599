import type { DockerRuntimes } from "../../src/extension/dockerRuntime/dockerRuntimes.ts";

/** A window in which nothing is in a sandbox. */
export const noSandboxes: Pick<DockerRuntimes, "review" | "onDidChange"> = {
  onDidChange: () => ({ dispose: () => undefined }),
  review: async () => Promise.reject(new Error("There is no sandbox.")),
};
