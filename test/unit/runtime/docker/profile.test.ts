import { deepEqual } from "node:assert/strict";
import { sandboxProfile } from "../../../../src/runtime/docker/profile.ts";
import { usualSettings } from "../../../support/sandboxes.ts";

describe("the profile of a sandbox", () => {
  const needs = {
    image: "sha256:1",
    imagePath: "/bin",
    user: { uid: 1000, gid: 1000 },
    network: "none",
    labels: {},
    tools: "tools",
    workspace: "workspace",
    moreMounts: [],
    workingDir: "/workspace",
    arch: "x64",
  } as const;

  it("has temporary files that are full before the memory is, in words that Podman takes, too", () => {
    const tmpfs = (isPodman: boolean, memoryMegabytes: number) =>
      sandboxProfile({ ...needs, isPodman, settings: { ...usualSettings, memoryMegabytes } }).HostConfig?.Tmpfs;
    const rights = "rw,exec,nosuid,nodev";
    deepEqual(tmpfs(false, 8192), {
      "/tmp": `${rights},size=512m,mode=1777`,
      "/home/agent": `${rights},size=1024m,uid=1000,gid=1000,mode=700`,
    });
    deepEqual(tmpfs(true, 258), {
      "/tmp": `${rights},size=64m,mode=1777`,
      "/home/agent": `${rights},size=129m,mode=1777`,
    });
  });
});
