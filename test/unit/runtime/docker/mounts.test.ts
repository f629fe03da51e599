import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import path from "node:path";
import { moreMounts, workspaceMounts } from "../../../../src/runtime/docker/mounts.ts";
import { refuseShare } from "../../../../src/runtime/docker/sharedFolder.ts";
import { tempFolder } from "../../../support/workspaces.ts";

const mount = (source: string, target = "/data", readOnly = false) => ({ source, target, readOnly });

describe("What a sandbox sees of this machine", () => {
  it("is neither the system, nor an engine's socket or the folder that it is in, nor our own places", async () => {
    for (const source of ["/", "/run", "/var/run", "/proc", "/sys", "/dev", "/boot", "/etc", "/usr", "/var/lib/docker", "/nowhere/at/all"])
      await rejects(moreMounts([mount(source)]), { name: "RuntimeError" }, source);
    await using folder = await tempFolder({ "a.txt": "a" });
    for (const target of ["/", "/oh", "/oh/bin", "/proc/1", "/workspace", "data", "/x/../oh"])
      await rejects(moreMounts([mount(folder.path, target)]), { name: "RuntimeError" }, target);
    const server = createServer().listen(path.join(folder.path, "docker.sock"));
    for (const source of [folder.path, path.join(folder.path, "docker.sock")])
      await rejects(moreMounts([mount(source, "/data", true)]), /who speaks with an engine owns this machine/, source);
    server.close();
  });

  it("is neither home, nor what is above it or leads there, nor keys", async () => {
    await using home = await tempFolder({ "project/a.txt": "a", ".ssh/id_rsa": "x", ".aws/credentials": "x" });
    const link = path.join(home.path, "project", "root");
    await symlink("/", link);
    const folders = [home.path, path.dirname(home.path), path.join(home.path, ".ssh"), path.join(home.path, ".aws"), link];
    for (const folder of folders) notEqual(await refuseShare(folder, { readOnly: true, home: home.path }), undefined, folder);
    equal(await refuseShare(path.join(home.path, "project"), { readOnly: false, home: home.path }), undefined);
    notEqual(await refuseShare(homedir(), { readOnly: true }), undefined);
  });

  it("may be programs and certificates of the system, to be read", async () => {
    const [found] = await moreMounts([mount("/usr/share", "/data", true)]);
    deepEqual([found?.Source, found?.ReadOnly], ["/usr/share", true]);
  });

  it("is the workspace, with what other programs run or trust to be read only, also in folders below it", async () => {
    await using folder = await tempFolder({ "a.txt": "a", ".vscode/tasks.json": "{}", "sub/.git/config": "", ".envrc": "" });
    await mkdir(path.join(folder.path, ".git"));
    const mounts = await workspaceMounts([{ host: folder.path, sandbox: "/workspace" }]);
    deepEqual(
      mounts.map(({ Target: target, ReadOnly: isReadOnly }) => `${isReadOnly ? "ro" : "rw"} ${target}`),
      ["rw /workspace", "ro /workspace/.envrc", "ro /workspace/.git", "ro /workspace/.vscode", "ro /workspace/sub/.git"],
    );
  });
});
