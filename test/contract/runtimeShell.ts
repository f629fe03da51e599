import { deepEqual, equal, match, ok } from "node:assert/strict";
import { describe, it } from "mocha";
import type { TerminalResult } from "../../src/protocol/runtime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tookAtMost } from "../support/tookAtMost.ts";
import type { RuntimeCapabilities } from "./runtime.ts";
import { code, input, never, press, run, tell, told, untilOutput } from "./runtimeActs.ts";
import { endingTests, interruptTests } from "./runtimeShellEnds.ts";
import { outputTests } from "./runtimeShellOutput.ts";
import { bashWords } from "./words/bash.ts";
import { type Case, isNotHere, type NotHere, type ShellWords } from "./words/words.ts";

/** What a real shell must do; each test is a way in which terminals have failed people. */
export function shellContract(open: () => Promise<Runtime>, capabilities: RuntimeCapabilities): void {
  const words = capabilities.words ?? bashWords;
  describe("shell", () => {
    outputTests(open, words);
    commandTests(open, words);
    endingTests(open, words, capabilities.atOnce);
    interruptTests(open, words);
    if (capabilities.isTerminal) settingsTests(open, words, capabilities.isShown);
  });
}

async function check(runtime: Runtime, [command, expected]: Case): Promise<void> {
  const answer = await tell(runtime, command);
  if (typeof expected === "string") equal(answer, expected, command);
  else match(answer, expected, command);
}

/** A test of something that not every shell has; where it is not, its name says why. */
function itWhereThere<T extends object>(name: string, value: T | NotHere, shell: string, test: (value: T) => Promise<void>): void {
  if (isNotHere(value)) it(`${name} (not in ${shell}: ${value.because})`);
  else it(name, () => test(value));
}

function commandTests(open: () => Promise<Runtime>, words: ShellWords): void {
  it("keeps variables, functions, aliases, options and the last exit code", async () => {
    await using runtime = await open();
    await run(runtime, words.changesState);
    await check(runtime, words.showsState);
    await run(runtime, words.exitWith(42));
    equal(await tell(runtime, words.lastExitCode), "0 42\n");
  });

  it("§10.58 TF-10 takes any text: here-documents, open quotes, unfinished words, carriage returns, tabs", async () => {
    await using runtime = await open();
    for (const text of words.texts) await check(runtime, text);
    equal(await tell(runtime, "echo a # comment"), "0 a\n");
    equal(await tell(runtime, "# only a comment"), "0 ");
    equal(await tell(runtime, ""), "0 ");
    equal(await tell(runtime, "echo a\tb; echo '!!' \"!x\""), "0 a b\n!! !x\n");
    equal(await tell(runtime, "printf '%s' 'a\r\nb' | od -An -c"), "0    a  \\r  \\n   b\n");
  });

  it("TF-10 takes a command of 200 KB", async () => {
    await using runtime = await open();
    const text = "it's a long word ".repeat(12_000);
    equal(await tell(runtime, words.printsLength(text)), `0 ${text.length}\n`);
  });

  it("TF-11 takes every character as it is, and refuses what no shell can take", async () => {
    await using runtime = await open();
    equal(await tell(runtime, "echo 'ä 😀 שלום \u202e $HOME'"), "0 ä 😀 שלום \u202e $HOME\n");
    equal(await code(run(runtime, "echo \0")), "failed");
    equal(await code(run(runtime, "echo \ud800")), "failed");
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("TF-14 does not need the shell's prompt, whatever becomes of it", async () => {
    await using runtime = await open();
    for (const broken of words.promptBreaks) {
      await run(runtime, broken);
      equal(await tell(runtime, `echo usable; ${words.exitWith(5)}`), "5 usable\n", broken);
    }
  });

  it("TF-18 goes on after options and traps that change how the shell runs", async () => {
    await using runtime = await open();
    for (const change of words.changes) {
      await run(runtime, change);
      match(await tell(runtime, "echo usable"), /^0 (.*>? ?echo usable\n)?usable\n$/, change);
    }
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  itWhereThere("TF-18 goes on after a variable that is not set", words.unbound, words.shell, async (unbound) => {
    await using runtime = await open();
    await check(runtime, unbound);
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("TF-18 tells the folder, whatever its name, and also when it is gone", async () => {
    await using runtime = await open();
    const name = "a b;%41\n\x1b\x07\té😀 ";
    await run(runtime, words.entersOddFolder);
    equal((await run(runtime, "true")).workingDir, `${runtime.info.workingDir}/${name}`);
    await run(runtime, 'cd ..; rmdir "$d"; mkdir gone; cd gone; rmdir ../gone');
    const { workingDir, output } = await run(runtime, "echo usable");
    deepEqual([workingDir, output], [`${runtime.info.workingDir}/gone`, "usable\n"]);
    await run(runtime, "exit");
    equal(await tell(runtime, "pwd"), `0 ${runtime.info.workingDir}\n`);
  });

  it("TF-06 lets a program that asks be answered, and keeps pagers and editors from waiting", async () => {
    await using runtime = await open();
    equal((await run(runtime, words.posix("read -r name; echo hello $name"), { timeoutMs: 50 })).outcome.type, "running");
    match(told(await input(runtime, "you 'and' $me")), /^0 (you 'and' \$me\n)?hello you 'and' \$me\n$/);
    equal(
      await tell(runtime, 'echo $PAGER $GIT_PAGER $GIT_TERMINAL_PROMPT $AI_AGENT; bash -c "$GIT_EDITOR" 2>/dev/null || echo refused'),
      "0 cat cat 0 openhands\nrefused\n",
    );
  });

  it("TF-06 tells soon that a program waits for input, and does not say so of one that works", async () => {
    await using asking = await open();
    await using working = await open();
    const since = performance.now();
    const results = await Promise.all([run(asking, words.reads), run(working, "sleep 1000", { noChangeTimeoutMs: 3000 })]);
    deepEqual(
      results.map(({ outcome }) => outcome),
      [
        { type: "running", reason: "no_change", waitsForInput: true },
        { type: "running", reason: "no_change" },
      ],
    );
    tookAtMost(10_000, performance.now() - since);
  });

  it("never traces a command's variables, nor leaves them in a file or in a list of processes, and goes on when one is read-only", async () => {
    await using runtime = await open();
    const withEnv = (command: string, env: Record<string, string>): Promise<TerminalResult> =>
      runtime.terminal.run({ type: "command", command, env, noChangeTimeoutMs: 40_000 }, { signal: never });
    const shows = `sh -c 'printf %s "$TOKEN"'; tr -d "\\0" <"/proc/${words.ownPid}/cmdline" | grep -c secret-value`;
    equal(told(await withEnv(shows, { TOKEN: "secret-value" })), "1 secret-value0\n");
    equal(await tell(runtime, words.posix('grep -rl "secret-""value" "${TMPDIR:-/tmp}"/openhands-shell-* 2>/dev/null | wc -l')), "0 0\n");
    await run(runtime, words.fixesVariable.starts);
    const { output } = await withEnv("true", { TOKEN: "another-secret", FIXED: "2" });
    ok(!output.includes("another-secret"), output);
    await run(runtime, words.fixesVariable.ends);
    const [showsFixed, expected] = words.fixesVariable.shows;
    equal(told(await withEnv(showsFixed, { FIXED: "3" })), expected);
  });

  it("keeps secrets of this process from commands", async () => {
    await using runtime = await open();
    equal(await tell(runtime, "env | grep -E '^(OPENAI|LLM|SESSION)_API_KEY='"), "1 ");
  });

  itWhereThere("keeps its own words out of the history", words.ownHistory, words.shell, async (ownHistory) => {
    await using runtime = await open();
    await run(runtime, "echo one");
    await check(runtime, ownHistory);
  });
}

function settingsTests(open: () => Promise<Runtime>, words: ShellWords, isShown = false): void {
  it("TF-17 goes on after a program that has left the terminal in a bad state", async () => {
    await using runtime = await open();
    for (const broken of ["stty -echo", "stty raw", "stty raw -echo", "stty -icanon -isig", "clear", "tput smcup", "printf '\\033c'"]) {
      await run(runtime, broken);
      equal(await tell(runtime, "echo one; echo two"), "0 one\ntwo\n", broken);
      equal(await tell(runtime, "echo usable"), "0 usable\n", broken);
    }
    equal(await tell(runtime, "stty -a | grep -o -E '(^| )(-?echo|-?opost)( |;|$)' | sort"), "0  echo \nopost \n");
  });

  it(`TF-12 gives programs a terminal${isShown ? "" : " of 200 columns"}`, async () => {
    await using runtime = await open();
    const size = isShown ? "[1-9]\\d* [1-9]\\d*" : "50 200";
    match(await tell(runtime, "tty -s && stty size && echo $TERM"), new RegExp(`^0 ${size}\nxterm-256color\n$`));
  });

  it("presses keys for programs that read them", async () => {
    await using runtime = await open();
    await run(runtime, "mkfifo gate");
    await run(runtime, "cat -v", { timeoutMs: 30 });
    await press(runtime, "UP", { timeoutMs: 10 });
    const { output } = await untilOutput(runtime, input(runtime, "", { noChangeTimeoutMs: 100 }), /\^\[\[A/);
    match(output, /\^\[\[A/);
    equal(told(await press(runtime, "C-d")).slice(0, 2), "0 ");
  });

  it("is not disturbed by input that no program has read", async () => {
    await using runtime = await open();
    await run(runtime, "sleep 1000", { timeoutMs: 20 });
    await input(runtime, "echo left over", { timeoutMs: 20 });
    await press(runtime, "UP", { timeoutMs: 20 });
    await press(runtime, "C-c");
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("stops a job with Ctrl-Z and goes on with it", async () => {
    await using runtime = await open();
    // What it prints tells that it has the terminal, and so will be what the key stops.
    await untilOutput(runtime, run(runtime, "sh -c 'echo ready; exec sleep 1000'", { noChangeTimeoutMs: 100 }), /ready/);
    match(told(await press(runtime, "C-z")), new RegExp(`^${words.stoppedCode} `));
    await check(runtime, words.goesOnWithJob);
  });

  itWhereThere("goes on after the shell's own output was sent elsewhere", words.sendsOutputElsewhere, words.shell, async (elsewhere) => {
    await using runtime = await open();
    await run(runtime, elsewhere.starts);
    equal(await tell(runtime, `echo hidden; ${words.exitWith(3)}`), "3 ");
    await run(runtime, elsewhere.ends);
    equal(await tell(runtime, "cat out"), "0 hidden\n");
  });
}
