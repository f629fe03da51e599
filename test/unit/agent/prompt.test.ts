import { match } from "node:assert/strict";
import { describe, it } from "mocha";
import { dynamicContext } from "../../../src/agent/prompt.ts";
import type { RuntimeInfo } from "../../../src/protocol/runtime.ts";
import { matchesGolden } from "../../support/transcript.ts";

const info: RuntimeInfo = {
  kind: "local",
  wall: "Local",
  isSandboxed: false,
  workingDir: "/work",
  platform: "linux",
  shell: "bash",
  outputDir: null,
};
const docker: RuntimeInfo = { ...info, kind: "docker", isSandboxed: true, workingDir: "/workspace", image: "python:3.12" };

describe("what the model is told of the terminal", () => {
  it("is which shell it is, and in another one than bash to write its language", () => {
    match(dynamicContext(info, "today"), /The terminal is bash\. /);
    match(dynamicContext({ ...info, shell: "fish" }, "today"), /The terminal is fish: write commands in its language, not in bash's\. /);
    match(dynamicContext({ ...info, shell: null }, "today"), /There is no terminal here\./);
  });
});

describe("what the model is told of the wall", () => {
  it("is whether there is one, of which image, and whether changes are reviewed and a network is there", () => {
    const walls: readonly RuntimeInfo[] = [
      info,
      { ...docker, isCopy: true, hasNetwork: false },
      { ...docker, isCopy: true, hasNetwork: true },
      { ...docker, hasNetwork: false, workingDir: "/workspace/app", folders: ["/workspace/app", "/workspace/lib"] },
      { ...info, kind: "remote", isSandboxed: true },
    ];
    matchesGolden("walls.txt", `${walls.map((wall) => dynamicContext(wall, "2026-01-05")).join("\n\n")}\n`);
  });
});
