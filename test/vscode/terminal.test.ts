import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { openLocal } from "../../src/extension/localRuntime/openLocal.ts";
import { AgentTerminals } from "../../src/extension/terminals/agentTerminals.ts";
import { Reveal } from "../../src/extension/terminals/reveal.ts";
import { Screen } from "../../src/extension/terminals/screen.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import type { TerminalResult } from "../../src/protocol/runtime.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { until } from "../support/until.ts";
import { log } from "./localRuntimes.ts";

const { signal } = new AbortController();
const id = ConversationId.parse("00000000-0000-4000-8000-00000000000a");

describe("the agent's terminal", () => {
  let folder = "";
  let runtime: Runtime;
  let name: (title: string) => void = () => undefined;
  const terminals = new AgentTerminals({
    chatView: () => undefined,
    watchTitle: (_id, listener) => {
      name = listener;
      listener("Fix the tests");
      return { [Symbol.dispose]: () => undefined };
    },
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "openhands-terminal-"));
    runtime = await openLocal({ conversationId: id, workingDir: folder, folders: [folder] }, { log, terminals });
  });

  afterEach(async () => {
    await runtime[Symbol.asyncDispose]();
    await until("its terminal to go", async () => ours().length === 0);
    await rm(folder, { recursive: true, force: true });
  });

  const run = (command: string): Promise<TerminalResult> =>
    runtime.terminal.run({ type: "command", command, noChangeTimeoutMs: 20_000 }, { signal });
  const ours = (): vscode.Terminal[] => vscode.window.terminals.filter((terminal) => terminal.name.startsWith("OpenHands"));

  it("is made with the first command, is named after its conversation, and goes with it", async () => {
    assert.deepEqual(ours(), []);
    assert.throws(() => terminals.show(ConversationId.parse("00000000-0000-4000-8000-00000000000b")), /no terminal yet/);
    await run("echo hello");
    assert.deepEqual(
      ours().map((terminal) => terminal.name),
      ["OpenHands: Fix the tests"],
    );
    name("Something else");
    await until("the new name", async () => ours()[0]?.name === "OpenHands: Something else");
    await runtime[Symbol.asyncDispose]();
    await until("it to go", async () => ours().length === 0);
    assert.throws(() => terminals.show(id), /no terminal yet/);
  });

  it("TF-15 comes back with the next command, and when it is asked for, after the person has closed it", async () => {
    await run("cd / && export KEPT=yes");
    for (const reopen of [() => run("true"), async () => terminals.show(id)]) {
      ours()[0]?.dispose();
      await until("it to close", async () => ours().length === 0);
      await reopen();
      assert.equal(ours().length, 1);
      assert.equal((await run("echo $KEPT in $PWD")).output, "yes in /\n");
    }
  });

  it("lets the person type, and refuses the agent's command while theirs runs", async () => {
    await run("true");
    // Not by asking the terminal: a command that comes before their line is whole gives the line up. One program makes the file and sleeps, because
    // between two of them the shell itself would take the Ctrl-C.
    ours()[0]?.sendText("sh -c 'touch started; exec sleep 1000'");
    await until("their command", async () => existsSync(path.join(folder, "started")));
    assert.deepEqual((await run("true")).outcome, { type: "busy", byPerson: true });
    ours()[0]?.sendText("\x03", false);
    await until("it to end", async () => (await run("true")).outcome.type === "completed");
  });

  it("takes what the person types for a program that the agent has started and that waits for it", async () => {
    await run("true");
    await runtime.terminal.run(
      { type: "command", command: "read -r word && echo got $word", timeoutMs: 0, noChangeTimeoutMs: 0 },
      { signal },
    );
    ours()[0]?.sendText("banana");
    const { output } = await runtime.terminal.run({ type: "poll", noChangeTimeoutMs: 10_000 }, { signal });
    assert.equal(output.split("\n").at(-2), "got banana");
  });
});

describe("a terminal beside the chat", () => {
  it("does not cover a chat in the panel: it is tried once, and taken back", () => {
    const hidden = new vscode.EventEmitter<void>();
    let visible = true;
    let shown = 0;
    const chat = {
      get visible() {
        return visible;
      },
      onDidChangeVisibility: hidden.event,
      show: () => {
        visible = true;
      },
    };
    const terminal = {
      show: (preserveFocus?: boolean) => {
        assert.equal(preserveFocus, true);
        shown++;
        visible = false;
        hidden.fire();
      },
    };
    const reveal = new Reveal(() => chat);
    reveal.reveal(terminal);
    reveal.reveal(terminal);
    assert.deepEqual([shown, visible], [1, true]);
  });
});

describe("what a terminal shows", () => {
  const draw = async (texts: readonly string[]): Promise<{ readonly drawn: string; readonly replayed: string }> => {
    using screen = new Screen();
    const all = { drawn: "", replayed: "" };
    screen.showOn((text) => (all.drawn += text));
    for (const text of texts) screen.add(text);
    screen.showOn((text) => (all.replayed += text));
    return all;
  };

  it("is everything, as long as a window can follow", async () => {
    const lines = Array.from({ length: 1_000 }, (_none, index) => `line ${index}\r\n`);
    const { drawn, replayed } = await draw(lines);
    assert.equal(drawn, lines.join(""));
    assert.equal(replayed, drawn);
  });

  it("is the end of a flood, at a line's beginning, with what switches the terminal", async () => {
    const flood = Array.from({ length: 10_000 }, (_none, index) => `a rather long line of a flood, number ${index}\r\n`);
    const { drawn } = await draw(["first\r\n", "\x1b[?1049h\x1b[31m", ...flood]);
    assert.ok(drawn.length < 200_000);
    assert.match(drawn, /^first\r\n.*number 9999\r\n$/s);
    assert.ok(drawn.includes("\x1b[?1049h\x1b[31m"));
    for (const line of drawn.replaceAll(/\x1b\[[?\d]*[hm]/g, "").split("\r\n"))
      assert.match(line, /^(first|a rather long line of a flood, number \d+|)$/);
  });
});
