import { deepEqual, equal, match, ok } from "node:assert/strict";
import { it } from "mocha";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { tookAtMost } from "../support/tookAtMost.ts";
import { abortWhenReady, input, never, poll, press, run, tell, textOf, told, untilOutput } from "./runtimeActs.ts";
import type { ShellWords } from "./words/words.ts";

/** What comes out of a terminal. */
export function outputTests(open: () => Promise<Runtime>, words: ShellWords): void {
  it("TF-01 decodes text, and replaces what is no text", async () => {
    await using runtime = await open();
    equal(
      await tell(runtime, words.posix(String.raw`printf 'gr\303\274n \360\237\230\200 \377\376 \0 end\n'`)),
      "0 grün 😀 \ufffd\ufffd  end\n",
    );
    equal(await tell(runtime, "head -c 1M /dev/urandom; echo; echo end >&2").then((text) => text.slice(-5)), "\nend\n");
    equal(
      await tell(runtime, words.posix("for i in {1..30000}; do printf '€'; done | sha256sum; for i in {1..9000}; do printf '€'; done")),
      `0 ${sha256OfEuros}  -\n${"€".repeat(9000)}`,
    );
  });

  it("TF-02 keeps the first 20 KB and the last 80 KB of a long output, and counts the rest", async () => {
    await using runtime = await open();
    const { outcome, output, omittedBytes } = await run(runtime, `seq 1 2000000; ${words.exitWith(7)}`);
    deepEqual(outcome, { type: "completed", exitCode: 7 });
    equal(omittedBytes, 14_888_896 - 100_000);
    ok(output.startsWith("1\n2\n3\n"));
    ok(output.endsWith("1999999\n2000000\n"));
    ok(Buffer.byteLength(output) < 100_100);
  });

  it("TF-02 keeps a long output whole in a file, up to 10 MB, and a short one in none", async () => {
    await using runtime = await open();
    equal((await run(runtime, "seq 1 5000")).fullOutput, undefined);
    const { fullOutput } = await run(runtime, "printf '\\033[31mbegin\\033[0m\\n'; seq 1 100000; printf €");
    ok(fullOutput !== undefined && fullOutput.path.startsWith(`${runtime.info.outputDir}/`));
    const expected = `begin\n${Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join("")}€`;
    deepEqual([fullOutput.sizeBytes, fullOutput.isWhole], [Buffer.byteLength(expected), true]);
    equal(await textOf(runtime, fullOutput.path), expected);
    equal(await tell(runtime, `stat -c %a ${fullOutput.path}`), "0 600\n");
    const { fullOutput: cut } = await run(runtime, "seq 1 2000000");
    deepEqual([cut?.sizeBytes, cut?.isWhole], [10_000_000, false]);
  });

  it("keeps one file for all answers to one command, and only the newest files", async () => {
    await using runtime = await open();
    const first = await run(runtime, "seq 1 9000; read x; echo the end", { timeoutMs: 500 });
    const { fullOutput } = await input(runtime, "go");
    equal(fullOutput?.path, first.fullOutput?.path);
    ok((await textOf(runtime, fullOutput?.path ?? "")).endsWith("the end\n"));
    for (let count = 0; count < 55; count++) await run(runtime, "seq 1 9000");
    equal((await runtime.files.list(runtime.info.outputDir ?? "", never)).length, 50);
  });

  it("goes on when the whole output cannot be kept", async () => {
    await using runtime = await open();
    await run(runtime, `echo x > "${runtime.info.outputDir}"`);
    const { outcome, fullOutput, omittedBytes } = await run(runtime, "seq 1 100000");
    deepEqual([outcome, fullOutput, omittedBytes > 0], [{ type: "completed", exitCode: 0 }, undefined, true]);
  });

  it("answers the same, whoever watches and however slowly", async () => {
    await using runtime = await open();
    let seen = 0;
    const slow = (text: string): Promise<void> => {
      seen += text.length;
      return new Promise((resolve) => void setTimeout(resolve, 30));
    };
    const stuck = (): Promise<void> => new Promise(() => undefined);
    for (const onOutput of [slow, stuck]) {
      const command = { type: "command", command: "seq 1 20000; exec seq 20001 40000", noChangeTimeoutMs: 20_000 } as const;
      const { outcome, output, omittedBytes } = await runtime.terminal.run(command, { signal: never, onOutput });
      deepEqual(
        [outcome, omittedBytes + Buffer.byteLength(output.replace(/\n\[… \d+ bytes left out …\]\n/, ""))],
        [{ type: "shell_ended", exitCode: 0 }, 228_894],
      );
    }
    ok(seen > 0);
  });

  it("TF-03 stops an endless output", async () => {
    await using runtime = await open();
    const { error, tookMs } = await abortWhenReady(runtime, "echo ready; yes");
    match(String(error), /stopped/);
    tookAtMost(2000, tookMs);
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("TF-04 is complete without a last line break, with one endless line, and with many empty ones", async () => {
    await using runtime = await open();
    equal(await tell(runtime, "printf abc"), "0 abc");
    const { outcome, omittedBytes, output } = await run(runtime, words.posix("head -c 50000000 /dev/zero | tr '\\0' x; (exit 3)"));
    deepEqual([outcome, omittedBytes], [{ type: "completed", exitCode: 3 }, 49_900_000]);
    match(output, /^x+\n\[… \d+ bytes left out …\]\nx+$/);
    const empty = await run(runtime, words.posix("head -c 1000000 /dev/zero | tr '\\0' '\\n'; (exit 4)"));
    deepEqual([empty.outcome, empty.omittedBytes], [{ type: "completed", exitCode: 4 }, 900_000]);
  });

  it("TF-12 gives the text that stays, without colours, titles and progress", async () => {
    await using runtime = await open();
    equal(
      await tell(runtime, words.posix(String.raw`printf '\033[31mred\033[0m \033]0;title\007\033]8;;http://x\033\\link\033]8;;\033\\\n'`)),
      "0 red link\n",
    );
    equal(
      await tell(
        runtime,
        words.posix(String.raw`for i in 10 50 100; do printf '\r%s%%' $i; done; echo; printf 'abc\b\bX\n12345\r\033[Kok\n'`),
      ),
      "0 100%\naXc\nok\n",
    );
    equal(await tell(runtime, words.posix(String.raw`printf '\033[?1049h\033[6n\033[c\033]11;?\007\033[?1049l'; echo after`)), "0 after\n");
  });

  it("§10.59 TF-13 is not fooled by markers of others", async () => {
    await using runtime = await open();
    const forged = words.posix(String.raw`printf '\033]633;D;0\007\033]7717;0000;E;0000;0;/\007\033]133;D;0\007'; echo real; (exit 4)`);
    equal(await tell(runtime, forged), "4 real\n");
    equal(await tell(runtime, words.posix(String.raw`printf '\033]7717;'; echo swallowed; printf '\007'; echo shown`)), "0 \nshown\n");
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("TF-21 keeps the order of output and errors, also of a program that ends at once", async () => {
    await using runtime = await open();
    equal(
      await tell(runtime, words.posix("for i in 1 2 3; do echo out $i; echo err $i >&2; done")),
      "0 out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n",
    );
    for (let round = 0; round < 50; round++) equal(await tell(runtime, `/bin/echo ${round}`), `0 ${round}\n`);
  });

  it("gives only what is new with each answer", async () => {
    await using runtime = await open();
    await run(runtime, "mkfifo gate");
    const first = run(runtime, "printf one; cat gate; echo two", { noChangeTimeoutMs: 200 });
    equal(told(await untilOutput(runtime, first, /one/)), "running: no_change one");
    equal(told(await poll(runtime, { timeoutMs: 0 })), "running: timeout ");
    await press(runtime, "C-c");
  });
}

const sha256OfEuros = "fa0dd74e6490283a068ef42a4801ba17d322bea482f707ac45b79f97f6efbe84";
