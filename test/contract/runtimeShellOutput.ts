import { deepEqual, equal, match, ok } from "node:assert/strict";
import { it } from "mocha";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { abortWhenReady, poll, press, run, tell, told } from "./runtimeActs.ts";

/** What comes out of a terminal. */
export function outputTests(open: () => Promise<Runtime>): void {
  it("TF-01 decodes text, and replaces what is no text", async () => {
    await using runtime = await open();
    equal(await tell(runtime, String.raw`printf 'gr\303\274n \360\237\230\200 \377\376 \0 end\n'`), "0 grün 😀 \ufffd\ufffd  end\n");
    equal(await tell(runtime, "head -c 1M /dev/urandom; echo; echo end >&2").then((text) => text.slice(-5)), "\nend\n");
    equal(
      await tell(runtime, "for i in {1..30000}; do printf '€'; done | sha256sum; for i in {1..9000}; do printf '€'; done"),
      `0 ${sha256OfEuros}  -\n${"€".repeat(9000)}`,
    );
  });

  it("TF-02 keeps the first 20 KB and the last 80 KB of a long output, and counts the rest", async () => {
    await using runtime = await open();
    const { outcome, output, omittedBytes } = await run(runtime, "seq 1 2000000; exit_code() { return 7; }; exit_code");
    deepEqual(outcome, { type: "completed", exitCode: 7 });
    equal(omittedBytes, 14_888_896 - 100_000);
    ok(output.startsWith("1\n2\n3\n"));
    ok(output.endsWith("1999999\n2000000\n"));
    ok(Buffer.byteLength(output) < 100_100);
  });

  it("TF-03 stops an endless output", async () => {
    await using runtime = await open();
    const { error, tookMs } = await abortWhenReady(runtime, "echo ready; yes");
    match(String(error), /stopped/);
    ok(tookMs < 2000, `${tookMs} ms`);
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("TF-04 is complete without a last line break, with one endless line, and with many empty ones", async () => {
    await using runtime = await open();
    equal(await tell(runtime, "printf abc"), "0 abc");
    const { omittedBytes, output } = await run(runtime, "head -c 5000000 /dev/zero | tr '\\0' x");
    equal(omittedBytes, 4_900_000);
    match(output, /^x+\n\[… \d+ bytes left out …\]\nx+$/);
    equal((await run(runtime, "head -c 1000000 /dev/zero | tr '\\0' '\\n'")).omittedBytes, 900_000);
  });

  it("TF-12 gives the text that stays, without colours, titles and progress", async () => {
    await using runtime = await open();
    equal(
      await tell(runtime, String.raw`printf '\033[31mred\033[0m \033]0;title\007\033]8;;http://x\033\\link\033]8;;\033\\\n'`),
      "0 red link\n",
    );
    equal(
      await tell(runtime, String.raw`for i in 10 50 100; do printf '\r%s%%' $i; done; echo; printf 'abc\b\bX\n12345\r\033[Kok\n'`),
      "0 100%\naXc\nok\n",
    );
    equal(await tell(runtime, String.raw`printf '\033[?1049h\033[6n\033[c\033]11;?\007\033[?1049l'; echo after`), "0 after\n");
  });

  it("TF-13 is not fooled by markers of others", async () => {
    await using runtime = await open();
    const forged = String.raw`printf '\033]633;D;0\007\033]7717;0000;E;0000;0;/\007\033]133;D;0\007'; echo real; (exit 4)`;
    equal(await tell(runtime, forged), "4 real\n");
    equal(await tell(runtime, String.raw`printf '\033]7717;'; echo swallowed; printf '\007'; echo shown`), "0 \nshown\n");
    equal(await tell(runtime, "echo usable"), "0 usable\n");
  });

  it("TF-21 keeps the order of output and errors, also of a program that ends at once", async () => {
    await using runtime = await open();
    equal(await tell(runtime, "for i in 1 2 3; do echo out $i; echo err $i >&2; done"), "0 out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
    for (let round = 0; round < 50; round++) equal(await tell(runtime, `/bin/echo ${round}`), `0 ${round}\n`);
  });

  it("gives only what is new with each answer", async () => {
    await using runtime = await open();
    await run(runtime, "mkfifo gate");
    equal(await tell(runtime, "printf one; read x < gate; echo two", { noChangeTimeoutMs: 200 }), "running: no_change one");
    equal(told(await poll(runtime, { timeoutMs: 0 })), "running: timeout ");
    await press(runtime, "C-c");
  });
}

const sha256OfEuros = "fa0dd74e6490283a068ef42a4801ba17d322bea482f707ac45b79f97f6efbe84";
