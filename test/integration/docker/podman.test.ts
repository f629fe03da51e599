import { deepEqual, equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import Docker from "dockerode";
import { pack } from "tar-stream";
import { command } from "../../support/commands.ts";
import { importImage } from "../../support/docker.ts";
import { testSandboxes, usualSettings } from "../../support/sandboxes.ts";
import { until } from "../../support/until.ts";
import { tempFolder } from "../../support/workspaces.ts";

const { signal } = new AbortController();

describe("a sandbox on Podman", () => {
  it("has its workspace, home and changes, and opens again with them", async function () {
    await using folder = await tempFolder();
    const socket = path.join(folder.path, "podman.sock");
    const own = ["--root", path.join(folder.path, "storage"), "--runroot", path.join(folder.path, "run"), "--storage-driver", "vfs"];
    const podman = spawn("podman", [...own, "system", "service", "--time", "0", `unix://${socket}`], {
      stdio: "ignore",
      // It leaves there what it was given to import.
      env: { ...process.env, TMPDIR: folder.path },
    });
    const isThere = await once(podman, "spawn").then(
      () => true,
      () => false,
    );
    if (!isThere || process.getuid?.() !== 0) {
      console.log("    Podman is not installed here, or this is not root, so it is not tested.");
      podman.kill();
      return this.skip();
    }
    try {
      const docker = new Docker({ socketPath: socket });
      await until("Podman", () => docker.ping().then(Boolean, () => undefined));
      const files = pack();
      files.entry({ name: "empty" }, "");
      files.finalize();
      await importImage(docker, "oh-test-empty:latest", Readable.from(files));
      await using all = await testSandboxes({ docker }, { settings: () => ({ ...usualSettings, dockerHost: `unix://${socket}` }) });
      await writeFile(path.join(all.folder, "there"), "here");
      const sandbox = await all.open({ image: "oh-test-empty:latest" });
      const { output } = await sandbox.terminal.run(command("ls; id -u; echo x > new; echo > ~/home; ls ~"), { signal });
      deepEqual(output.trim().split("\n"), ["there", "1000", "home"]);
      const changes = await sandbox.review?.list(signal);
      deepEqual(
        changes?.changes.map((change) => change.path),
        ["new"],
      );
      await sandbox[Symbol.asyncDispose]();
      const again = await all.open({ image: "oh-test-empty:latest" }, { id: all.idOf(sandbox) });
      equal((await again.terminal.run(command("cat new"), { signal })).output.trim(), "x");
    } finally {
      podman.kill();
      await once(podman, "exit");
    }
  });
});
