import { deepEqual, equal, match } from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "mocha";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { root } from "../../support/checkout.ts";
import { until } from "../../support/until.ts";

const options = { workingDir: tmpdir(), wall: "none", shell: "bash" };

describe("the machine runtime's folder", () => {
  it("is elsewhere when the folder for temporary files cannot be used", async () => {
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = "/none/at/all";
    try {
      await using runtime = await openMachineRuntime({ ...options, workingDir: "/" });
      match(runtime.info.outputDir ?? "", /^\/tmp\/openhands-shell-/);
      const { outcome } = await runtime.terminal.run(
        { type: "command", command: "true", noChangeTimeoutMs: 40_000 },
        { signal: new AbortController().signal },
      );
      deepEqual(outcome, { type: "completed", exitCode: 0 });
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
  });

  it("is gone when it is disposed, and so is that of a process that is not there any more", async () => {
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const left = mkdtempSync(path.join(tmpdir(), `openhands-shell-${dead}-`));
    const alive = mkdtempSync(path.join(tmpdir(), `openhands-shell-${process.ppid}-`));
    await (await openMachineRuntime(options))[Symbol.asyncDispose]();
    deepEqual([existsSync(left), existsSync(alive)], [false, true]);
    rmSync(alive, { recursive: true });
  });

  it("lets the next runtime end what a killed one has left running, and nothing of one that lives", async function () {
    if (process.platform !== "linux") return this.skip();
    await using living = await openMachineRuntime(options);
    const { signal } = new AbortController();
    const request = { type: "command", command: "(sleep 1000 & echo $!)", noChangeTimeoutMs: 40_000 } as const;
    const kept = Number((await living.terminal.run(request, { signal })).output);
    const killed = spawn(process.execPath, ["--input-type=module", "--eval", host], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(killed, "exit");
    const orphan = Number(String(await killed.stdout.toArray()));
    await ended;
    equal(existsSync(`/proc/${orphan}`), true);
    await (await openMachineRuntime(options))[Symbol.asyncDispose]();
    await until("the end of what was left", () => Promise.resolve(!existsSync(`/proc/${orphan}`)));
    equal(existsSync(`/proc/${kept}`), true);
    const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(`openhands-shell-${killed.pid}-`));
    deepEqual(folders, []);
  });
});

/** Leaves a program behind that minds no hang-up, tells its number, and is killed. */
const host = `
import { writeSync } from "node:fs";
import { openMachineRuntime } from ${JSON.stringify(path.join(root, "src", "runtime", "machine", "machineRuntime.ts"))};
const { terminal } = await openMachineRuntime({ workingDir: "/", wall: "none", shell: "bash" });
const command = "setsid -f sh -c 'trap \\"\\" HUP TERM; echo $$; exec sleep 1000 >/dev/null 2>&1' | head -1";
const { output } = await terminal.run({ type: "command", command, noChangeTimeoutMs: 40_000 }, { signal: new AbortController().signal });
writeSync(1, output);
process.kill(process.pid, "SIGKILL");
`;
