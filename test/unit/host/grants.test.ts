import assert from "node:assert/strict";
import type { ActionEvent } from "../../../src/protocol/events.ts";
import { confirmPolicies } from "../../../src/protocol/settings.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { bash, call, edit, playedLlm, type ScriptCall, say } from "../../support/scripts.ts";
import { openTestHost, type TestHost, type TestHostOptions } from "../../support/workspaces.ts";
import { ask } from "./hostActions.ts";

const files = { "/workspace/run.js": "old", "/workspace/other.js": "old", "/workspace/package.json": "{}" };

/** A host on a machine without a wall, whose model makes these calls, one reply for each list. */
function openHost(replies: readonly (readonly ScriptCall[])[], options: TestHostOptions = {}): Promise<TestHost> {
  const openRuntime: NonNullable<TestHostOptions["host"]>["openRuntime"] = async ({ workingDir }) => {
    const memory = openMemoryRuntime({
      workingDir,
      files,
      commands: (command) => (/^(?:node|cp|alias)/.test(command) ? { exitCode: 0 } : undefined),
    });
    return { ...memory, info: { ...memory.info, isSandboxed: false } };
  };
  const llm = playedLlm([...replies.map((calls) => call(...calls)), say("Done.")]);
  return openTestHost({ llm, policy: confirmPolicies.risky, host: { openRuntime }, ...options });
}

/** Does what is asked, remembering each answer, until nothing is left; the commands that were asked about, and those that were not. */
async function answered(host: TestHost, remember = true): Promise<{ readonly asked: string[]; readonly granted: string[] }> {
  const asked: string[] = [];
  await host.send("Go.");
  for (;;) {
    await host.host.settled(host.id);
    const waiting = await waitingActions(host);
    if (waiting.length === 0) break;
    asked.push(waiting.map(commandOf).join(" + "));
    const actionIds = waiting.map(({ id }) => id);
    await host.host.handle({ type: "confirmation.respond", conversationId: host.id, accept: true, remember, actionIds });
  }
  const granted = host.events().flatMap((event) => (event.kind === "ActionEvent" && event.granted ? [commandOf(event)] : []));
  return { asked, granted };
}

const commandOf = ({ action }: ActionEvent): string => (action?.kind === "TerminalAction" ? action.command : (action?.kind ?? ""));

async function waitingActions({ host, id }: TestHost): Promise<readonly ActionEvent[]> {
  const { snapshot, [Symbol.dispose]: leave } = await host.follow(id, { limit: 0 }, () => undefined);
  leave();
  return snapshot.state.execution_status === "waiting_for_confirmation" ? snapshot.state.pending : [];
}

const run = [bash("node run.js")];

describe("allowing exactly this", () => {
  it("runs the same command again without asking, and shows that it was allowed earlier", async () => {
    await using host = await openHost([run, run, [bash("node run.js --fast")], run]);
    const told = await answered(host);
    assert.deepEqual(told, { asked: ["node run.js", "node run.js --fast"], granted: ["node run.js", "node run.js"] });
  });

  it("is for this once without being asked to remember", async () => {
    await using host = await openHost([run, run]);
    assert.deepEqual(await answered(host, false), { asked: ["node run.js", "node run.js"], granted: [] });
  });

  it("holds only in the folder where it was allowed (CA-20)", async () => {
    await using host = await openHost([run, [bash("cd /workspace/..")], run, [bash("cd /workspace")], run]);
    const { asked, granted } = await answered(host);
    assert.deepEqual(asked, ["node run.js", "cd /workspace/..", "node run.js", "cd /workspace"]);
    assert.deepEqual(granted, ["node run.js"]);
  });

  it("ends with an edit of a file that it names or of a manifest, also by an undo or right before it in the same batch (PF-13)", async () => {
    const change = (path: string, old_str: string, new_str: string): ScriptCall => edit("str_replace", path, { old_str, new_str });
    const renew = ["node run.js", "node run.js"];
    const named = [change("/workspace/run.js", "old", "new")];
    const undo = [edit("undo_edit", "/workspace/run.js")];
    const stories: readonly (readonly [readonly (readonly ScriptCall[])[], readonly string[]])[] = [
      [[run, [change("/workspace/other.js", "old", "new")], run], ["node run.js"]],
      [[run, named, run], renew],
      [[named, run, undo, run], renew],
      [
        [run, [...named, ...run]],
        ["node run.js", "FileEditorAction + node run.js"],
      ],
      [[run, [change("/workspace/package.json", "{}", '{"name":"x"}')], run], renew],
      [
        [[bash("node run*")], named, [bash("node run*")]],
        ["node run*", "node run*"],
      ],
      [
        [[bash("node -m app.run")], named, [bash("node -m app.run")]],
        ["node -m app.run", "node -m app.run"],
      ],
    ];
    for (const [replies, expected] of stories) {
      await using host = await openHost(replies);
      assert.deepEqual((await answered(host)).asked, expected);
    }
  });

  it("ends with a command that writes such a file or changes its shell", async () => {
    for (const command of ["node -v > run.js", "cp other.js ./run.js", "node -v > package.json", "alias node=other", "node() { other; }"]) {
      await using host = await openHost([run, [bash(command)], run]);
      assert.deepEqual((await answered(host)).asked, ["node run.js", command, "node run.js"]);
    }
    await using host = await openHost([run, [bash("node -v > log.txt")], run]);
    assert.deepEqual((await answered(host)).asked, ["node run.js", "node -v > log.txt"]);
  });

  it("is never for what is asked about every time, for input, nor where all is asked about", async () => {
    const twice = (made: ScriptCall): (readonly ScriptCall[])[] => [[made], [made]];
    for (const command of ["sudo ls", "git push", "docker ps", "npm publish"]) {
      await using host = await openHost(twice(bash(command)));
      assert.deepEqual((await answered(host)).asked, [command, command]);
    }
    await using typed = await openHost(twice({ name: "terminal", arguments: { command: "y", is_input: true } }));
    assert.deepEqual((await answered(typed)).granted, []);
    await using strict = await openHost([run, run], { policy: ask });
    assert.deepEqual(await answered(strict), { asked: ["node run.js", "node run.js"], granted: [] });
  });

  it("asks about a batch as a whole when anything in it is not allowed yet", async () => {
    await using host = await openHost([run, [bash("node run.js"), bash("node other.js")], [bash("node run.js"), bash("node run.js")]]);
    const { asked, granted } = await answered(host);
    assert.deepEqual(asked, ["node run.js", "node run.js + node other.js", "node run.js + node run.js"]);
    assert.deepEqual(granted, []);
  });

  it("is forgotten when the conversation is opened again: a log is no authority (VF-11)", async () => {
    const first = await openHost([run]);
    await answered(first);
    await first.host[Symbol.asyncDispose]();
    await using again = await openHost([run], { storeFolder: first.storeFolder, id: first.id });
    const { asked } = await answered(again);
    await first[Symbol.asyncDispose]();
    assert.deepEqual(asked, ["node run.js"]);
  });
});
