import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import type { TerminalObservation } from "../../../src/protocol/actions.ts";
import { textOf } from "../../../src/protocol/content.ts";
import type { TerminalRequest, TerminalResult } from "../../../src/protocol/runtime.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { RuntimeError } from "../../../src/runtime/runtime.ts";
import { defaultTools } from "../../../src/tools/defaultTools.ts";
import { terminalTool } from "../../../src/tools/terminal.ts";
import { matchesGolden } from "../../support/transcript.ts";
import { until } from "../../support/until.ts";

const signal = new AbortController().signal;

/** What the tool asks of a terminal, and what it makes of the answer. */
async function use(args: object, answer: Partial<TerminalResult> | Error = { outcome: { type: "completed", exitCode: 0 } }) {
  const asked: (TerminalRequest | "reset")[] = [];
  const runtime = {
    ...openMemoryRuntime({ workingDir: "/work" }),
    terminal: {
      run: async (request: TerminalRequest): Promise<TerminalResult> => {
        asked.push(request);
        if (answer instanceof Error) throw answer;
        return { outcome: { type: "completed", exitCode: 0 }, output: "", omittedBytes: 0, workingDir: "/work", ...answer };
      },
      reset: async () => void asked.push("reset"),
    },
  };
  const tool = terminalTool();
  const seen = (await tool.run(tool.parse(args as Record<string, unknown>), {
    runtime,
    signal,
    onOutput: () => undefined,
    secretsIn: () => ({}),
  })) as TerminalObservation;
  return { asked, seen, said: textOf(seen.content) };
}

describe("the terminal tool", () => {
  it("asks for what the model means", async () => {
    const waits = { noChangeTimeoutMs: 30_000 };
    const asked = async (args: object) => (await use(args)).asked;
    assert.deepEqual(await asked({ command: "ls" }), [{ type: "command", command: "ls", ...waits }]);
    assert.deepEqual(await asked({ command: "ls", timeout: 2.5 }), [{ type: "command", command: "ls", ...waits, timeoutMs: 2500 }]);
    assert.deepEqual(await asked({ command: "" }), [{ type: "poll", ...waits }]);
    assert.deepEqual(await asked({ command: "yes", is_input: true }), [{ type: "input", text: "yes", ...waits }]);
    for (const key of ["C-c", "CTRL-C", "CTRL+c"])
      assert.deepEqual(await asked({ command: key, is_input: true }), [{ type: "key", key: "C-c", ...waits }]);
    assert.deepEqual(await asked({ command: "ENTER", is_input: true }), [{ type: "key", key: "ENTER", ...waits }]);
    assert.deepEqual(await asked({ command: "C-c" }), [{ type: "command", command: "C-c", ...waits }]);
    assert.deepEqual(await asked({ command: "", reset: true }), ["reset"]);
    assert.deepEqual(await asked({ command: "y", reset: true, is_input: true }), []);
    assert.deepEqual(await asked({ command: "ls", reset: true }), ["reset", { type: "command", command: "ls", ...waits }]);
  });

  it("says in words how it ended", async () => {
    const say = async (outcome: TerminalResult["outcome"], rest: Partial<TerminalResult> = {}): Promise<string> => {
      const { said, seen } = await use({ command: "x" }, { outcome, output: "out\n", ...rest });
      return `${outcome.type}: ${seen.is_error ? "error" : "ok"}, ${seen.exit_code ?? "no code"} (${seen.metadata.exit_code}): ${JSON.stringify(said)}`;
    };
    const lines = [
      await say({ type: "completed", exitCode: 0 }),
      await say({ type: "completed", exitCode: 0 }, { output: "" }),
      await say({ type: "completed", exitCode: 1 }, { workingDir: "/elsewhere" }),
      ...(await Promise.all([126, 127, 130, 137, 139, 143].map((exitCode) => say({ type: "completed", exitCode })))),
      await say({ type: "running", reason: "no_change" }),
      await say({ type: "running", reason: "timeout" }),
      await say({ type: "running", reason: "no_change", waitsForInput: true }),
      await say({ type: "completed", exitCode: 0 }, { output: "\ufffd\ufffdx".repeat(100), omittedBytes: 1000 }),
      await say({ type: "busy" }),
      await say({ type: "busy", byPerson: true }),
      await say({ type: "completed", exitCode: 0 }, { notice: "The terminal runs without your ~/.bashrc, because of it." }),
      await say({ type: "nothing_running" }, { output: "" }),
      await say({ type: "shell_ended", exitCode: 3 }),
      await say({ type: "shell_ended", exitCode: null }),
    ];
    matchesGolden("terminalWords.txt", `${lines.join("\n")}\n`);
  });

  it("says what the runtime could not do, and lets other faults fly", async () => {
    const { said, seen } = await use({ command: "x" }, new RuntimeError("no-shell", "There is no bash here."));
    assert.deepEqual([said, seen.is_error, seen.exit_code], ["There is no bash here.", true, undefined]);
    await assert.rejects(use({ command: "x" }, new TypeError("a bug")), TypeError);
  });

  it("leaves out the middle of long output, and keeps whole characters", async () => {
    const { said } = await use({ command: "x" }, { output: `begin\n${"🙂".repeat(40_000)}\nend\n` });
    assert.ok(said.length < 30_400);
    assert.ok(
      said.startsWith("begin\n") &&
        said.includes("\nend\n[") &&
        said.endsWith("\n[exit code 0]") &&
        /\[… \d+ characters left out …\]/.test(said),
    );
    assert.ok(said.isWellFormed());
  });

  it("says where the whole of a long output is, or that it is not kept", async () => {
    const output = `${"line\n".repeat(4000)}\n[… 900 bytes left out …]\n${"line\n".repeat(4000)}`;
    const fullOutput = { path: "/kept/terminal_output_1.txt", sizeBytes: 41_000, isWhole: true };
    const end = async (rest: Partial<TerminalResult>): Promise<string> =>
      (await use({ command: "x" }, { output, omittedBytes: 900, ...rest })).said.split("\n").slice(-2).join("\n");
    assert.equal(
      await end({ fullOutput }),
      "[The whole output (41000 bytes) is in /kept/terminal_output_1.txt: view a range of it with file_editor, or search it with grep.]\n[exit code 0]",
    );
    assert.match(
      await end({ fullOutput: { ...fullOutput, isWhole: false } }),
      /bytes of output in all; the first 41000 are in \/kept\/terminal_output_1.txt: view/,
    );
    assert.match(await end({}), /the rest is not kept/);
    const { seen } = await use({ command: "x" }, { output, omittedBytes: 900, fullOutput });
    assert.equal(seen.full_output_save_dir, "/kept");
    assert.equal((await use({ command: "x" }, { output: "short\n", fullOutput })).said, "short\n[exit code 0]");
  });

  it("tells the reset in the command's name", async () => {
    assert.deepEqual(
      [(await use({ command: "", reset: true })).seen.command, (await use({ command: "ls", reset: true })).seen.command],
      ["[RESET]", "[RESET] ls"],
    );
  });
});

describe("the tools as the model reads them", () => {
  it("tell the model which argument is wrong", () => {
    const [terminal, editor] = defaultTools();
    assert.throws(() => terminal?.parse({}), /do not fit the tool "terminal": command: .*Nothing was done/);
    assert.throws(() => editor?.parse({ command: "view", path: "/a", insert_line: -1 }), /insert_line: /);
    assert.throws(() => terminal?.parse({ command: "ls", timeout: "5" }), /timeout: /);
    assert.throws(
      () => terminal?.parse({ command: "ls", cwd: "/", kind: "FinishAction" }),
      /cwd: there is no such parameter\. Its parameters are: command, is_input, timeout, reset\. Nothing was done\./,
    );
    assert.deepEqual(terminal?.parse({ command: "ls", timeout: null }), { kind: "TerminalAction", command: "ls" });
  });

  it("tells how the command ended that was left running, before the next one runs", async () => {
    await using runtime = await openMachineRuntime({ workingDir: tmpdir(), wall: "Local · no sandbox" });
    const tool = terminalTool();
    const say = async (args: Readonly<Record<string, unknown>>): Promise<string> => {
      const observation = await tool.run(tool.parse(args), { runtime, signal, onOutput: () => undefined, secretsIn: () => ({}) });
      return textOf(observation.content);
    };
    assert.match(
      await say({ command: "echo begun; read line; echo got $line; (exit 3)", timeout: 20 }),
      /^begun\n\[The (time is up; the )?command still runs/,
    );
    assert.match(await say({ command: "echo next" }), /^\[Not run: another command is still running\./);
    runtime.terminal.type("hello\n");
    await until("the command to end", async () => (await say({ command: "echo next" })).includes("[exit code 0]"));
  });

  it("keeps the last output of a command that ended unseen", async () => {
    const answers: Partial<TerminalResult>[] = [
      { outcome: { type: "running", reason: "timeout" }, output: "begun\n" },
      { outcome: { type: "completed", exitCode: 3 }, output: "the end\n" },
      { output: "next\n" },
    ];
    const tool = terminalTool();
    const terminal = {
      run: async (): Promise<TerminalResult> => ({
        outcome: { type: "completed", exitCode: 0 },
        output: "",
        omittedBytes: 0,
        workingDir: "/work",
        ...answers.shift(),
      }),
      reset: async () => undefined,
    };
    const runtime = { ...openMemoryRuntime({ workingDir: "/work" }), terminal };
    const say = async (command: string): Promise<string> =>
      textOf((await tool.run(tool.parse({ command }), { runtime, signal, onOutput: () => undefined, secretsIn: () => ({}) })).content);
    await say("slow");
    assert.equal(
      await say("echo next"),
      "[The command that was left running has ended with exit code 3. Its last output:\nthe end\n]\nnext\n[exit code 0]",
    );
  });
});
