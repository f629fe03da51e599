import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { noLog } from "../../src/protocol/log.ts";
import { withoutSecrets } from "../../src/runtime/machine/environment.ts";
import { openMachineRuntime } from "../../src/runtime/machine/machineRuntime.ts";
import type { PersonRuntime, PersonShell } from "../../src/runtime/runtime.ts";
import { listen } from "../../src/server/listen.ts";
import { runtimeApp } from "../../src/server/runtimeApp.ts";
import { openChildSandbox } from "../support/childSandbox.ts";
import { watchLeaks } from "../support/leaks.ts";
import { until } from "../support/until.ts";
import { code, tell } from "./runtimeActs.ts";

const { signal } = new AbortController();

/** A person's shell, with what it has shown. */
class Shown implements Disposable {
  readonly shell: PersonShell;
  readonly ended = Promise.withResolvers<number | null>();
  text = "";

  constructor(shell: PersonShell) {
    this.shell = shell;
    shell.onOutput((text) => {
      this.text += text;
    });
    shell.onEnd((exitCode) => this.ended.resolve(exitCode));
  }

  async seen(what: RegExp): Promise<void> {
    await until(`${what} in ${JSON.stringify(this.text.slice(-300))}`, async () => what.test(this.text));
  }

  [Symbol.dispose](): void {
    this.shell[Symbol.dispose]();
  }
}

const size = { cols: 100, rows: 30 };
const places: Readonly<Record<string, (workingDir: string) => Promise<PersonRuntime>>> = {
  machine: (workingDir) => openMachineRuntime({ workingDir, wall: "none", env: { ...withoutSecrets(process.env), HOME: workingDir } }),
  remote: (workingDir) => openChildSandbox(workingDir, signal, { ...process.env, HOME: workingDir, OPENAI_API_KEY: "a-secret" }),
};

for (const [name, openIn] of Object.entries(places))
  describe(`a person's own shells: ${name}`, () => {
    let folder = "";
    let runtime: PersonRuntime;
    const open = async (): Promise<Shown> => new Shown(await runtime.openShell(size));

    beforeEach(async () => {
      folder = realpathSync(mkdtempSync(path.join(tmpdir(), "shells-")));
      runtime = await openIn(folder);
    });
    afterEach(async () => {
      await runtime[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    it("are beside the agent's, in the workspace, as large as their terminal, and know nothing of agents", async () => {
      using one = await open();
      one.shell.type("pwd; stty size; echo pager=$PAGER; echo to''ken=$OPENAI_API_KEY\r");
      await one.seen(new RegExp(`${folder}\\r\\n30 100\\r\\npager=\\r\\ntoken=\\r\\n`));
      one.shell.resize(60, 20);
      one.shell.type("stty size\r");
      await one.seen(/20 60\r\n/);
      one.shell.type("export MINE=yes\r");
      equal(await tell(runtime, "echo [$MINE]"), "0 []\n");
    });

    it("get keys in their order, however fast they come, and also those of a paste", async () => {
      using one = await open();
      one.shell.type("cat > typed\r");
      await one.seen(/cat > typed\r\n/);
      const lines = Array.from({ length: 3_000 }, (_none, index) => `line ${index} 🙂\n`);
      for (const line of lines) one.shell.type(line.replace("\n", "\r"));
      one.shell.type("\x04");
      await until("the whole file", async () => (await tell(runtime, "tail -n1 typed")) === "0 line 2999 🙂\n");
      one.shell.type("exit\r");
      await one.ended.promise;
      const { bytes } = await runtime.files.read(path.join(folder, "typed"), { maxBytes: 1e6, signal });
      equal(Buffer.from(bytes).toString(), lines.join(""));
    });

    it("end with `exit`, and tell how", async () => {
      using one = await open();
      one.shell.type("exit 7\r");
      equal(await one.ended.promise, 7);
      deepEqual(
        (await runtime.terminals(signal)).map(({ id }) => id),
        ["agent"],
      );
    });

    it("are listed with what runs in them and where", async () => {
      using one = await open();
      one.shell.type("mkdir sub; cd sub; sleep 1000\r");
      await until("its command", async () => (await runtime.terminals(signal)).some(({ command }) => command === "sleep 1000"));
      await runtime.terminal.run({ type: "command", command: "cd / && sleep 2000", timeoutMs: 100, noChangeTimeoutMs: 0 }, { signal });
      deepEqual(await runtime.terminals(signal), [
        { id: "agent", owner: "agent", command: "cd / && sleep 2000", workingDir: folder },
        { id: one.shell.id, owner: "person", command: "sleep 1000", workingDir: path.join(folder, "sub") },
      ]);
    });

    it("HS-20 are sixteen at most; one more is refused, and there is room again when one has ended", async () => {
      const shells = await Promise.all(Array.from({ length: 16 }, open));
      equal(await code(runtime.openShell(size)), "too-many");
      shells[3]?.[Symbol.dispose]();
      await until("room for one more", async () => {
        const another = await runtime.openShell(size).catch(() => undefined);
        return another !== undefined;
      });
    });

    it("that are closed while they start take nothing with them but themselves", async () => {
      const heard: string[] = [];
      const hear = (name: string): void => void heard.push(name);
      process.on("SIGHUP", hear).on("SIGTERM", hear);
      for (let count = 0; count < 60; count++) (await runtime.openShell(size))[Symbol.dispose]();
      await until("room for another one", async () => (await runtime.terminals(signal)).length <= 1);
      process.off("SIGHUP", hear).off("SIGTERM", hear);
      deepEqual(heard, []);
    });

    it("wait with their output for one who is slow, and lose nothing of it", async () => {
      const shell = await runtime.openShell(size);
      let lines = 0;
      let last = "";
      shell.onOutput(async (text) => {
        lines += text.split("\n").length - 1;
        last = (last + text).slice(-100);
        await new Promise((resolve) => void setTimeout(resolve, 1));
      });
      shell.type("seq 1 200000; echo e''nd\r");
      await until("the end", async () => last.includes("end\r\n"), 60_000);
      ok(lines >= 200_001, `${lines} lines`);
      shell[Symbol.dispose]();
    });

    it("end with the runtime, with all that was started in them, whether anybody listens or not", async () => {
      const leaks = await watchLeaks();
      const own = await openIn(folder);
      const one = new Shown(await own.openShell(size));
      one.shell.type("setsid sleep 1000 & nohup sleep 1000 & trap '' HUP TERM; echo ba''ck; sleep 1000\r");
      await one.seen(/back\r\n/);
      await own[Symbol.asyncDispose]();
      await leaks.check();
    });
  });

describe("a person's own shells over HTTP/1.1", () => {
  it("come as lines of JSON, and end when the request is broken off", async () => {
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "shells-")));
    await using runtime = await openMachineRuntime({ workingDir: folder, wall: "none", env: { PATH: process.env["PATH"], HOME: folder } });
    await using listening = await listen({
      app: runtimeApp(runtime, folder),
      host: "127.0.0.1",
      port: 0,
      gate: () => () => undefined,
      log: noLog,
    });
    const where = { host: "127.0.0.1", port: listening.port, method: "POST", headers: { "content-type": "application/json" } };
    const stream = request({ ...where, path: "/api/runtime/shells" });
    stream.end(JSON.stringify(size));
    stream.on("error", () => undefined);
    let text = "";
    stream.on("response", (response) =>
      response
        .setEncoding("utf8")
        .on("data", (chunk: string) => (text += chunk))
        .on("error", () => undefined),
    );
    await until("the shell", async () => text.includes("\n"));
    const { type, id } = JSON.parse(text.split("\n")[0] ?? "") as { type: string; id: string };
    equal(type, "opened");
    request({ ...where, path: `/api/runtime/shells/${id}/type` }).end(JSON.stringify({ keys: "echo he''llo\r" }));
    await until("its answer", async () => text.includes("hello"));
    match(text, /"type":"output"/);
    stream.destroy();
    await until("its end", async () => (await runtime.terminals(signal)).length === 1);
    rmSync(folder, { recursive: true, force: true });
  });
});
