import assert from "node:assert/strict";
import type { HostOptions } from "../../src/host/host.ts";
import { LlmError } from "../../src/llm/llmError.ts";
import type { ConfirmationPolicy } from "../../src/protocol/state.ts";
import { openMemoryRuntime } from "../../src/runtime/memory/memoryRuntime.ts";
import { bash, call, edit, finish, gate, type PlayedLlm, playedLlm, say, type Turn } from "../support/scripts.ts";
import { matchesGolden, messagesText, transcript } from "../support/transcript.ts";
import { openTestHost, type TestHost, type TestHostOptions } from "../support/workspaces.ts";

const files = { "/workspace/notes.txt": "one\ntwo\n" };
const usage = { prompt_tokens: 100, completion_tokens: 20, cache_read_tokens: 80, reasoning_tokens: 5 };
const ask: ConfirmationPolicy = { kind: "AlwaysConfirm" };

/** Plays a conversation and compares all that happened, and what the model read last, with the golden of this name. */
async function story(name: string, turns: readonly (Turn | Error)[], play: (host: TestHost) => Promise<void>, options: TestHostOptions = {}): Promise<void> {
  const llm = playedLlm(turns);
  await using host = await openTestHost({ llm, files, ...options });
  await play(host);
  compare(name, host, llm);
}

function compare(name: string, host: TestHost, llm: PlayedLlm): void {
  const last = llm.requests.at(-1);
  const read = last ? `\nWhat the model read last (request ${llm.requests.length}):\n${messagesText(last.messages)}` : "";
  matchesGolden(`transcripts/${name}.txt`, transcript(host.events()) + read);
}

async function doTask(host: TestHost): Promise<void> {
  await host.send("Do it.");
  await host.host.settled(host.id);
}

async function respond({ host, id, events }: TestHost, accept: boolean, reason?: string): Promise<void> {
  const answered = new Set(events().flatMap((event) => ("action_id" in event ? [event.action_id] : [])));
  const actionIds = events().flatMap((event) => (event.kind === "ActionEvent" && !answered.has(event.id) ? [event.id] : []));
  await host.handle({ type: "confirmation.respond", conversationId: id, accept, actionIds, ...(reason === undefined ? {} : { reason }) });
  await host.settled(id);
}

describe("a run ends as its golden transcript says", () => {
  it("when the model answers with text", () => story("text", [{ text: "Hello.", reasoning: "A greeting.", usage }], doTask));

  it("when the model calls finish", () =>
    story("finish", [{ text: "I'll look.", calls: [bash("cat notes.txt")], usage }, { ...call(finish("All is well.")), usage }], doTask));

  it("when the person accepts", () =>
    story(
      "confirmation-accepted",
      [{ text: "Two things.", calls: [bash("echo hi"), edit("view", "/workspace/notes.txt")] }, say("Done.")],
      async (host) => {
        await doTask(host);
        await respond(host, true);
      },
      { policy: ask },
    ));

  it("when the person rejects", () =>
    story(
      "confirmation-rejected",
      [call(bash("rm -rf /"), bash("echo hi")), say("Never read.")],
      async (host) => {
        await doTask(host);
        await respond(host, false);
      },
      { policy: ask },
    ));

  it("when the person rejects with a reason, and the agent goes on", () =>
    story(
      "confirmation-rejected-with-reason",
      [call(bash("rm notes.txt")), call(finish("I left it alone."))],
      async (host) => {
        await doTask(host);
        await respond(host, false, "Keep the notes.");
      },
      { policy: ask },
    ));

  it("when the person says something while they are asked, and then accepts", () =>
    story(
      "confirmation-with-message",
      [call(finish("Done, I think."), bash("echo late")), say("Yes, that too.")],
      async (host) => {
        await doTask(host);
        await host.send("And update the notes.");
        await respond(host, true);
      },
      { policy: ask },
    ));

  it("when it is paused in the middle of a step, and goes on later", async () => {
    const held = gate();
    await story("paused", [{ ...call(bash("echo one")), gate: held }, say("Done.")], async (host) => {
      await host.send("Do it.");
      await held.reached;
      await host.host.handle({ type: "run.pause", conversationId: host.id });
      held.release();
      await host.host.settled(host.id);
      await host.host.handle({ type: "run.start", conversationId: host.id });
      await host.host.settled(host.id);
    });
  });

  it("when it is interrupted while the model writes", async () => {
    const held = gate();
    await story("interrupted-in-reply", [{ text: "I am about to", gate: held }], async (host) => {
      await host.send("Do it.");
      await held.reached;
      await host.host.handle({ type: "run.interrupt", conversationId: host.id });
    });
  });

  it("when it is interrupted while a command runs, and the next message works", () =>
    story("interrupted-in-command", [call(bash("sleep 1000"), bash("echo never")), say("I stopped.")], async (host) => {
      await host.send("Do it.");
      await host.until((heard) => heard.type === "event.appended" && heard.event.kind === "ActionEvent" && heard.event.tool_call_id === "call_0_1");
      await host.host.handle({ type: "run.interrupt", conversationId: host.id });
      await host.send("What happened?");
      await host.host.settled(host.id);
    }));

  it("when it is interrupted while it waits for an answer", () =>
    story(
      "interrupted-in-confirmation",
      [call(bash("echo hi"))],
      async (host) => {
        await doTask(host);
        await host.host.handle({ type: "run.interrupt", conversationId: host.id });
      },
      { policy: ask },
    ));

  it("when the limit of steps is reached", () =>
    story("max-steps", [call(bash("echo one")), call(bash("echo two")), call(bash("echo three"))], doTask, { maxSteps: 2 }));

  it("when the model fails, and the next message works", () =>
    story("model-error", [new LlmError("LLMAuthenticationError", "example.com refused the API key. Set another key."), say("Here I am.")], async (host) => {
      await doTask(host);
      await host.send("Again, please.");
      await host.host.settled(host.id);
    }));

  it("when calls cannot be understood, and the model does better", () =>
    story(
      "bad-calls",
      [
        call({ name: "teleport", arguments: { to: "the moon" } }, { name: "terminal", arguments: '{"command": "ls",}' }, bash("echo in between"), {
          name: "file_editor",
          arguments: { command: "fly", path: 7 },
        }),
        call(finish("Better.")),
      ],
      doTask,
    ));

  it("when a reply is cut off at its length", () =>
    story("truncated-reply", [{ calls: [{ name: "terminal", arguments: '{"command":"rm -rf /tmp/x' }], isComplete: false }, say("In smaller parts, then.")], doTask));

  it("when its answer is cut off at its length, and it goes on", () =>
    story("cut-off-answer", [{ text: "The first half", isComplete: false }, say("and the second.")], doTask));

  it("when the same call fails again and again, and a nudge does not help", () =>
    story("stuck", Array.from({ length: 4 }, () => call({ name: "teleport", arguments: { to: "the moon" } })), doTask));

  it("when its limits of money and time are reached", async () => {
    const limits = { max_cost_usd: 0.5, max_wall_seconds: 3_600 };
    await story("max-cost", [{ ...call(bash("echo one")), usage, costUsd: 0.6 }, say("Never read.")], async (host) => {
      await host.host.handle({ type: "limits.set", conversationId: host.id, limits, maxIterations: 7 });
      await doTask(host);
    });
    await story("max-time", [call(bash("sleep 1000"))], async (host) => {
      await host.host.handle({ type: "limits.set", conversationId: host.id, limits: { max_wall_seconds: 0.05 } });
      await doTask(host);
    });
  });

  it("when it is too long for the model, and goes on with a summary", () =>
    story(
      "condensed",
      [call(bash("cat notes.txt")), call(bash(`echo ${"long ".repeat(200)}`)), new LlmError("LLMContextWindowExceedError", "Too long."), say("USER: do it."), say("Done.")],
      doTask,
    ));

  it("when the model answers with nothing, and then with something", () =>
    story("empty-then-text", [{ reasoning: "Hm." }, call(bash("echo hi")), {}, say("Done.")], doTask));

  it("when the model answers with nothing, again and again", () => story("empty-replies", [{}, { reasoning: "Hm." }, {}], doTask));

  it("when a tool fails, and the agent gets over it", () =>
    story(
      "tool-fails",
      [call(bash("cat missing.txt")), call(edit("str_replace", "/workspace/notes.txt", { old_str: "tow", new_str: "2" })), call(edit("str_replace", "/workspace/notes.txt", { old_str: "two", new_str: "2" })), say("Done.")],
      doTask,
    ));

  it("when the project has notes and skills for it", () =>
    story(
      "skills",
      [
        call({ name: "invoke_skill", arguments: { name: "release" } }),
        call(edit("view", "/workspace/lib/a.txt")),
        call(finish("Released.")),
      ],
      async (host) => {
        await host.send("Release it with the changelog.");
        await host.host.settled(host.id);
      },
      {
        files: {
          "/workspace/AGENTS.md": "Use tabs.\n",
          "/workspace/lib/AGENTS.md": "Everything here is generated.\n",
          "/workspace/lib/a.txt": "a\n",
          "/workspace/.agents/skills/release/SKILL.md": "---\nname: release\ndescription: How to release.\n---\nRun scripts/release.sh.\n",
          "/workspace/.agents/skills/changelog.md": "---\ntriggers:\n- changelog\n---\nNewest first.\n",
        },
      },
    ));

  it("when finish stands between other calls", () => story("finish-in-the-middle", [call(bash("echo one"), finish("Done."), bash("echo never"))], doTask));

  it("when the person says something while a command runs", async () => {
    const held = gate();
    const openRuntime: HostOptions["openRuntime"] = async ({ workingDir }) => {
      const runtime = openMemoryRuntime({ workingDir });
      const { terminal } = runtime;
      const run: typeof terminal.run = async (request, options) => {
        await held.pass(options.signal);
        return terminal.run(request, options);
      };
      return { ...runtime, terminal: { run, reset: (signal) => terminal.reset(signal) } };
    };
    await story(
      "message-during-command",
      [call(bash("echo one")), say("Both done.")],
      async (host) => {
        await host.send("Do it.");
        await held.reached;
        await host.send("And that.");
        held.release();
        await host.host.settled(host.id);
      },
      { host: { openRuntime } },
    );
  });

  it("when the person says something while the model writes its calls", async () => {
    const held = gate();
    await story("message-during-calls", [{ ...call(bash("echo one"), finish("Done.")), gate: held }, say("That too.")], async (host) => {
      await host.send("Do it.");
      await held.reached;
      await host.send("And that.");
      held.release();
      await host.host.settled(host.id);
    });
  });

  it("when the person says something while the model writes its answer", async () => {
    const held = gate();
    await story("message-during-answer", [{ text: "Done.", gate: held }, say("That too.")], async (host) => {
      await host.send("Do it.");
      await held.reached;
      await host.send("And that.");
      held.release();
      await host.host.settled(host.id);
    });
  });

  it("when a server gives all its replies and calls the same ids", () =>
    story("same-ids", [...["one", "two", "three"].map((word) => ({ id: "chatcmpl-0", calls: [{ ...bash(`echo ${word}`), id: "call_0" }] })), { ...say("Done."), id: "chatcmpl-0" }], doTask));

  it("when the host is closed while a command runs", async () => {
    const llm = playedLlm([call(bash("sleep 1000"))]);
    const host = await openTestHost({ llm, files });
    await host.send("Do it.");
    await host.until((heard) => heard.type === "event.appended" && heard.event.kind === "ActionEvent");
    await host[Symbol.asyncDispose]();
    compare("host-closed", host, llm);
  });

  it("§10.34 after its host was killed while a command ran", async () => {
    const llm = playedLlm([call(bash("sleep 1000"), bash("echo next"))]);
    await using first = await openTestHost({ llm, files });
    await first.send("Do it.");
    await first.until((heard) => heard.type === "event.appended" && heard.event.kind === "ActionEvent" && heard.event.tool_call_id === "call_0_1");
    // The first host goes on and knows nothing of the second: as if it had died.
    const again = playedLlm([say("I'll look first.")]);
    await using second = await openTestHost({ llm: again, files, storeFolder: first.storeFolder, id: first.id });
    await second.send("Go on.");
    await second.host.settled(second.id);
    compare("host-killed", second, again);
    assert.equal(second.events().filter((event) => event.kind === "ObservationEvent").length, 0, "nothing was run again");
  });
});
