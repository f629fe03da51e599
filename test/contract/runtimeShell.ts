import { deepEqual, equal, match } from "node:assert/strict";
import { describe, it } from "mocha";
import type { Runtime } from "../../src/runtime/runtime.ts";
import type { RuntimeCapabilities } from "./runtime.ts";
import { code, input, press, run, tell, told } from "./runtimeActs.ts";
import { endingTests, interruptTests } from "./runtimeShellEnds.ts";
import { outputTests } from "./runtimeShellOutput.ts";

/** What a real bash must do; each test is a way in which terminals have failed people. */
export function shellContract(open: () => Promise<Runtime>, capabilities: RuntimeCapabilities): void {
  describe("shell", () => {
    outputTests(open);
    commandTests(open);
    endingTests(open, capabilities.atOnce);
    interruptTests(open);
    if (capabilities.isTerminal) settingsTests(open);
  });
}

function commandTests(open: () => Promise<Runtime>): void {
  it("keeps variables, functions, aliases, options and the last exit code", async () => {
    await using runtime = await open();
    await run(runtime, "export A=1; declare -A map=([k]=v); f() { echo f$1; }; alias hi='echo HI'; shopt -s extglob; umask 027; cd /");
    equal(await tell(runtime, "echo $A ${map[k]} $(f 2); hi; shopt extglob; umask; pwd"), "0 1 v f2\nHI\nextglob        \ton\n0027\n/\n");
    await run(runtime, "(exit 42)");
    equal(await tell(runtime, "echo $?"), "0 42\n");
  });

  it("TF-10 takes any text: here-documents, open quotes, unfinished words, carriage returns, tabs", async () => {
    await using runtime = await open();
    equal(await tell(runtime, "cat <<A; cat <<'B'\n$((1+1))\nA\n$x 'quoted\nB"), "0 2\n$x 'quoted\n");
    match(await tell(runtime, "echo 'open"), /^[12] .*unexpected EOF/);
    match(await tell(runtime, "if true; then"), /^[12] .*syntax error/);
    match(await tell(runtime, "echo a\n)"), /^[12] a\n.*syntax error/);
    equal(await tell(runtime, "echo a \\"), "0 a \\\n");
    equal(await tell(runtime, "echo a # comment"), "0 a\n");
    equal(await tell(runtime, "# only a comment"), "0 ");
    equal(await tell(runtime, ""), "0 ");
    equal(await tell(runtime, "echo a\tb; echo '!!' \"!x\""), "0 a b\n!! !x\n");
    equal(await tell(runtime, "printf '%s' 'a\r\nb' | od -An -c"), "0    a  \\r  \\n   b\n");
    equal(await tell(runtime, "for i in 1 2\ndo\n  echo $i\ndone"), "0 1\n2\n");
  });

  it("TF-10 takes a command of 200 KB", async () => {
    await using runtime = await open();
    const text = "it's a long word ".repeat(12_000);
    equal(await tell(runtime, `x="${text}"; echo \${#x}`), `0 ${text.length}\n`);
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
    const breaks = [
      "export PS1=",
      "PROMPT_COMMAND=",
      "unset PS1 PROMPT_COMMAND PS0",
      "PROMPT_COMMAND='echo noise; false'",
      "readonly PROMPT_COMMAND=x",
      "unset HISTFILE",
      "printf() { :; }; builtin() { :; } 2>/dev/null; unset -f builtin",
      "alias eval='exit 9' printf=false case=if read=x",
    ];
    for (const broken of breaks) {
      await run(runtime, broken);
      equal(await tell(runtime, "echo usable; (exit 5)"), "5 usable\n", broken);
    }
  });

  it("TF-18 goes on after options and traps that change how the shell runs", async () => {
    await using runtime = await open();
    const changes = [
      "set -u",
      "set -x",
      "set +x",
      "set -o pipefail",
      "set -C",
      "set -f",
      "set -o posix",
      "trap 'true' DEBUG",
      "trap 'echo trapped' ERR",
      "trap - ERR DEBUG",
      "IFS=:",
      "LC_ALL=C",
      "shopt -s failglob nullglob",
    ];
    for (const change of changes) {
      await run(runtime, change);
      match(await tell(runtime, "echo usable"), /^0 (\+.*\n)?usable\n$/, change);
    }
    match(await tell(runtime, "set -u; echo $NOT_SET; echo not reached"), /^1 .*unbound variable\n$/);
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("TF-18 tells the folder, whatever its name, and also when it is gone", async () => {
    await using runtime = await open();
    const name = "a b;%41\n\x1b\x07\té😀 ";
    await run(runtime, String.raw`d=$'a b;%41\n\e\a\té😀 '; mkdir "$d"; cd "$d"`);
    equal((await run(runtime, "true")).workingDir, `${runtime.info.workingDir}/${name}`);
    await run(runtime, `cd ..; rmdir "$d"; mkdir gone; cd gone; rmdir ../gone`);
    const { workingDir, output } = await run(runtime, "echo usable");
    deepEqual([workingDir, output], [`${runtime.info.workingDir}/gone`, "usable\n"]);
    await run(runtime, "exit");
    equal(await tell(runtime, "pwd"), `0 ${runtime.info.workingDir}\n`);
  });

  it("TF-06 lets a program that asks be answered, and keeps pagers and editors from waiting", async () => {
    await using runtime = await open();
    equal((await run(runtime, "read -r name; echo hello $name", { timeoutMs: 50 })).outcome.type, "running");
    match(told(await input(runtime, "you 'and' $me")), /^0 (you 'and' \$me\n)?hello you 'and' \$me\n$/);
    equal(
      await tell(runtime, 'echo $PAGER $GIT_PAGER $GIT_TERMINAL_PROMPT $AI_AGENT; bash -c "$GIT_EDITOR" 2>/dev/null || echo refused'),
      "0 cat cat 0 openhands\nrefused\n",
    );
  });

  it("keeps secrets of this process from commands, and its own words out of the history", async () => {
    await using runtime = await open();
    equal(await tell(runtime, "env | grep -E '^(OPENAI|LLM|SESSION)_API_KEY=' ; history | grep -c __oh"), "1 0\n");
  });
}

function settingsTests(open: () => Promise<Runtime>): void {
  it("TF-17 goes on after a program that has left the terminal in a bad state", async () => {
    await using runtime = await open();
    for (const broken of ["stty -echo", "stty raw", "stty raw -echo", "stty -icanon -isig", "clear", "tput smcup", "printf '\\033c'"]) {
      await run(runtime, broken);
      equal(await tell(runtime, "echo one; echo two"), "0 one\ntwo\n", broken);
      equal(await tell(runtime, "echo usable"), "0 usable\n", broken);
    }
    equal(await tell(runtime, "stty -a | grep -o -E '(^| )(-?echo|-?opost)( |;|$)' | sort"), "0  echo \nopost \n");
  });

  it("TF-12 gives programs a terminal of 200 columns", async () => {
    await using runtime = await open();
    equal(await tell(runtime, "tty -s && stty size && echo $TERM"), "0 50 200\nxterm-256color\n");
  });

  it("presses keys for programs that read them", async () => {
    await using runtime = await open();
    await run(runtime, "mkfifo gate");
    await run(runtime, "cat -v", { timeoutMs: 30 });
    await press(runtime, "UP", { timeoutMs: 10 });
    const { output } = await input(runtime, "", { noChangeTimeoutMs: 100 });
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
    await run(runtime, "sleep 1000", { timeoutMs: 30 });
    match(told(await press(runtime, "C-z")), /^148 /);
    match(await tell(runtime, "jobs; kill %1; wait %1 2>/dev/null; echo over"), /Stopped[^]*over/);
  });

  it("goes on after the shell's own output was sent elsewhere", async () => {
    await using runtime = await open();
    await run(runtime, "exec >out");
    equal(await tell(runtime, "echo hidden; (exit 3)"), "3 ");
    await run(runtime, "exec >/dev/tty");
    equal(await tell(runtime, "cat out"), "0 hidden\n");
  });
}
