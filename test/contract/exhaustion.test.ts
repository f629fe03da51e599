import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, it } from "mocha";
import { root } from "../support/checkout.ts";

/** TF-19: machines that have run out of something, made by the kernel's own limits; each runtime is in a process with such a limit. */

const machine = path.join(root, "src", "runtime", "machine", "machineRuntime.ts");

/** Opens `count` runtimes at once, runs two commands in each, and tells what came of them; disposes them, and tells how many of its children are left. */
const script = (count: number): string => `
import { execFileSync } from "node:child_process";
import { openMachineRuntime } from ${JSON.stringify(machine)};
const options = { workingDir: process.cwd(), wall: "none", shell: "bash" };
const runtimes = await Promise.all(Array.from({ length: ${count} }, () => openMachineRuntime(options)));
const { signal } = new AbortController();
const tell = async ({ terminal }) => {
  const request = { type: "command", command: "tty -s; echo $?", noChangeTimeoutMs: 40_000 };
  return terminal.run(request, { signal }).then(({ output, notice = "" }) => output.trim() + notice, String);
};
const first = await Promise.all(runtimes.map(tell));
const second = await Promise.all(runtimes.map(tell));
await Promise.all(runtimes.map((runtime) => runtime[Symbol.asyncDispose]()));
const children = execFileSync("ps", ["-o", "comm=", "--ppid", process.pid], { encoding: "utf8" }).match(/bash/g)?.length ?? 0;
console.log(JSON.stringify({ first, second, children }));
`;

interface Told {
  readonly first: readonly string[];
  readonly second: readonly string[];
  readonly children: number;
}

/** Undefined where this limit cannot be set. */
function runUnder(limit: readonly string[], count: number): Told | undefined {
  const node = [process.execPath, "--input-type=module", "--eval", script(count)];
  const { status, stdout, stderr } = spawnSync("env", [...limit, ...node], { encoding: "utf8" });
  if (status === cannotBeSet || status === noSuchProgram) return undefined;
  equal(status, 0, stderr);
  return JSON.parse(stdout) as Told;
}

const cannotBeSet = 77;
const noSuchProgram = 127;

/** A folder of pseudo terminals of its own, with one in it; only root may make one. */
const oneTerminal = `mount -t devpts -o newinstance,ptmxmode=666,max=1 devpts /dev/pts && mount --bind /dev/pts/ptmx /dev/ptmx || exit ${cannotBeSet}
exec "$0" "$@"`;

describe("a machine that has run out", () => {
  it("TF-19 of pseudo terminals runs commands without one, and says so once", function () {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return this.skip();
    const told = runUnder(["unshare", "-m", "sh", "-c", oneTerminal], 3);
    if (told === undefined) return this.skip();
    const notice =
      "Commands run without a terminal, because the machine has no pseudo terminal left; programs that need one will not work.";
    deepEqual(
      { ...told, first: told.first.toSorted(), second: told.second.toSorted() },
      { first: ["0", `1${notice}`, `1${notice}`], second: ["0", "1", "1"], children: 0 },
    );
  });

  it("TF-19 of open files says so in a sentence, and ends what it has started", function () {
    const told = runUnder(["prlimit", "--nofile=40"], 12);
    if (told === undefined) return this.skip();
    equal(told.first[0], "0");
    match(
      told.first.at(-1) ?? "",
      /^RuntimeError: (The command cannot be handed to the shell through .*too many open files|No shell can be)/,
    );
    equal(told.children, 0);
  });
});
