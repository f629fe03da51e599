import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import { textOf } from "../../src/protocol/content.ts";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { terminalTool } from "../../src/tools/terminal.ts";
import { root } from "../support/checkout.ts";
import { tookAtMost } from "../support/tookAtMost.ts";

/** TF-06 with programs that people have, through the tool, as a model sees them. */

interface Asking {
  readonly program: string;
  readonly command: string;
  /** What is typed, one after the other; the last one ends the program. */
  readonly answers: readonly string[];
  readonly end: RegExp;
}

const asking: readonly Asking[] = [
  { program: "python3", command: "python3 -q", answers: ["print(6*7)", "exit(6*7)"], end: /\[exit code 42\]/ },
  { program: "python3", command: 'python3 -c \'print("hello", input("name? "))\'', answers: ["you"], end: /hello you\n\[exit code 0\]/ },
  { program: "python3", command: "python3 -c 'import getpass as g; print(len(g.getpass()))'", answers: ["secret"], end: /^6\n/m },
  { program: "less", command: "less lines", answers: ["q"], end: /\[exit code 0\]/ },
  { program: "less", command: "seq 1 500 | less", answers: ["q"], end: /\[exit code 0\]/ },
  { program: "more", command: "more lines", answers: ["q"], end: /\[exit code 0\]/ },
  { program: "vi", command: "vi lines", answers: ["ESC", ":q!"], end: /\[exit code 0\]/ },
  { program: "npm", command: "npm init", answers: ["C-c"], end: /\[exit code \d+/ },
  { program: "git", command: "git init -q p; cd p; touch f; git clean -i", answers: ["q"], end: /\[exit code 0/ },
  { program: "ssh-keygen", command: "ssh-keygen", answers: ["C-c"], end: /\[exit code 130/ },
  { program: "sh", command: hostKeyPrompt(), answers: ["yes"], end: /^added yes$/m },
  { program: "sh", command: passwordPrompt(), answers: ["pw"], end: /^got 2 characters$/m },
  { program: "bash", command: "read -r -p 'sure? ' x; echo $x", answers: ["y"], end: /^y\n\[exit code 0\]/m },
  { program: "bash", command: "read -r x", answers: ["C-d"], end: /\[exit code 1\]/ },
  { program: "node", command: "node", answers: [".exit"], end: /\[exit code 0\]/ },
  { program: "rm", command: "rm -i lines", answers: ["C-c"], end: /\[exit code 130/ },
];

/** As `ssh` asks: on the terminal, whatever its input and output are. */
function hostKeyPrompt(): string {
  return `sh -c 'printf "Are you sure you want to continue connecting (yes/no)? " >/dev/tty; read a </dev/tty; echo added $a' </dev/null | cat`;
}

/** As `sudo` asks. */
function passwordPrompt(): string {
  return `sh -c 'exec </dev/tty; stty -echo; printf "[sudo] password for you: " >/dev/tty; read p; stty echo; echo; echo got \${#p} characters'`;
}

const refused: readonly (readonly [program: string, command: string, expected: RegExp])[] = [
  ["git", "git init -q r; cd r; git commit --allow-empty", /No editor can be opened here: .*git commit -m/],
  ["git", `git init -q s; cd s; git commit -q --allow-empty -m 'first commit'; git rebase -i --root`, /No editor can be opened here/],
  [
    "git",
    `git init -q t; cd t; git commit -q --allow-empty -m 'first commit'; git log; git diff --stat HEAD`,
    /first commit[^]*\[exit code 0/,
  ],
  ["git", "git push $SERVER HEAD 2>&1; git clone $SERVER u", /terminal prompts disabled[^]*\[exit code 128\]/],
  ["man", "man man >/dev/null; man --help | $PAGER | tail -1", /\[exit code 0\]/],
];

/** Says what the model is told of a call, and how long that took. */
type Say = (args: Readonly<Record<string, unknown>>) => Promise<{ readonly text: string; readonly tookMs: number }>;

function teller(runtime: Runtime): Say {
  const tool = terminalTool();
  const { signal } = new AbortController();
  return async (args) => {
    const since = performance.now();
    const { content } = await tool.run(tool.parse(args), { runtime, signal, onOutput: () => undefined, secretsIn: () => ({}) });
    return { text: textOf(content), tookMs: performance.now() - since };
  };
}

function isHere(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

describe("programs that ask, before the terminal tool", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "programs-"));
  const server = createServer((_, response) => {
    response.writeHead(401, { "www-authenticate": 'Basic realm="x"' });
    response.end();
  });
  const env: Record<string, string | undefined> = { PATH: process.env["PATH"], HOME: folder };

  let stories: readonly Promise<void>[] = [];

  before(async () => {
    writeFileSync(path.join(folder, ".gitconfig"), "[user]\nname = a\nemail = a@b\n");
    await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    env["SERVER"] = `http://127.0.0.1:${port}/x`;
    // All at once, because each of them mostly waits.
    stories = asking.map((story) => (isHere(story.program) ? answered(story) : Promise.resolve()));
    for (const story of stories) story.catch(() => undefined);
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function inFolder(use: (say: Say) => Promise<void>): Promise<void> {
    const workingDir = mkdtempSync(path.join(folder, "work-"));
    await using runtime = await openMachineRuntime({ workingDir, wall: "none", shell: "bash", env });
    const say = teller(runtime);
    await say({ command: "seq 1 500 >lines" });
    await use(say);
    const { text } = await say({ command: "echo usable" });
    match(text, /^usable\n\[exit code 0/);
  }

  function answered({ command, answers, end }: Asking): Promise<void> {
    return inFolder(async (say) => {
      let told = await say({ command });
      for (const answer of answers) {
        match(told.text, /seems to be waiting for input/);
        tookAtMost(10_000, told.tookMs);
        told = await say({ command: answer, is_input: true });
      }
      match(told.text, end);
    });
  }

  for (const [index, { program, command }] of asking.entries())
    it(`tells soon that \`${command}\` waits, and types the answer`, async function () {
      if (!isHere(program)) return this.skip();
      await stories[index];
    });

  for (const [program, command, expected] of refused)
    it(`does not let \`${command}\` wait for anybody`, async function () {
      if (!isHere(program)) return this.skip();
      await inFolder(async (say) => {
        const { text, tookMs } = await say({ command });
        match(text, expected);
        equal(/seems to be waiting|still runs/.test(text), false, text);
        tookAtMost(6_000, tookMs);
      });
    });

  it("tells soon that a program of another user, as `sudo` is, waits for a password, and does not say so of one that works", function () {
    // Who looks must not be root, who may look into everything; and the program has to be root's.
    if (process.platform !== "linux" || process.getuid?.() !== 0) return this.skip();
    const open = mkdtempSync(path.join(tmpdir(), "programs-"));
    for (const name of ["cat", "sleep"]) {
      copyFileSync(`/bin/${name}`, path.join(open, name));
      chmodSync(path.join(open, name), 0o4755);
    }
    chmodSync(open, 0o777);
    const machine = path.join(root, "src", "runtime", "machine", "machineRuntime.ts");
    const script = `
import { openMachineRuntime } from ${JSON.stringify(machine)};
const signal = new AbortController().signal;
await using runtime = await openMachineRuntime({ workingDir: process.cwd(), wall: "none", shell: "bash" });
const run = async (request) => (await runtime.terminal.run({ noChangeTimeoutMs: 4000, ...request }, { signal })).outcome;
const asks = await run({ type: "command", command: "stty -echo; printf Password:; ./cat; stty echo" });
const end = await run({ type: "key", key: "C-d" });
console.log(JSON.stringify([asks, end, await run({ type: "command", command: "./sleep 1000" })]));
`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: open,
      env: { PATH: process.env["PATH"], TMPDIR: open },
      uid: 65_534,
      gid: 65_534,
      encoding: "utf8",
    });
    rmSync(open, { recursive: true });
    const silent = { type: "running", reason: "no_change" };
    // A checkout, or a Node, that only root may read.
    if (/EACCES|ERR_MODULE_NOT_FOUND/.test(stderr)) return this.skip();
    deepEqual(JSON.parse(stdout), [{ ...silent, waitsForInput: true }, { type: "completed", exitCode: 0 }, silent]);
  });
});
