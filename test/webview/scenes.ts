import type { ChatUpdate } from "../../src/protocol/chat.ts";
import { conversationId, Story, session, workingDir } from "./fixtures.ts";
import { serverScenes } from "./serverScenes.ts";

/** Every state that the view can be in, as the updates that lead to it. */
export const scenes: Readonly<Record<string, () => ChatUpdate[]>> = {
  "no-folder": () => [session({ conversationId: null, readiness: "no-folder" })],
  untrusted: () => [session({ conversationId: null, readiness: "untrusted" })],
  "no-model": () => [session({ conversationId: null, readiness: "no-model", modelLabel: "" })],
  empty: () => [session({ conversationId: null })],
  demo: () => [
    session({ conversationId: null, isDemo: true, isDemoWorkspace: true, modelLabel: "Demo", sampleTasks: ["Fix the failing date test"] }),
  ],
  "demo-elsewhere": () => [session({ conversationId: null, isDemo: true, modelLabel: "Demo" })],
  "pictures-sent": () => [
    session(),
    new Story()
      .user("The header should look like the second picture.", drawings)
      .status("running")
      .agent("I see both.")
      .status("finished")
      .take(),
  ],
  thought: () => [
    session(),
    asked()
      .agent("The month is counted from 0 here and from 1 there.", "It fails since March. February has 28 days, so adding a month…", 8_400)
      .status("finished")
      .take(),
  ],
  "waiting-for-model": () => [session(), asked(4_000).take()],
  overloaded: () => [session(), asked(9_000).modelWaits("The model's provider is overloaded.", 8_000).take()],
  reasoning: () => [
    session(),
    asked(9_000)
      .delta("", "The test fails only since March, so the month arithmetic is a suspect. I should look at how days are added.")
      .take(),
  ],
  streaming: () => [
    session(),
    asked(9_000).delta("I'll run the test first, then look at `src/date.ts`.\n\n1. Run `npm test`\n2. Read the fai").take(),
  ],
  running: () => [session(), running()],
  approval: () => [session(), approval().take()],
  "approval-plain": () => [session(), plainApproval().take()],
  "approval-edit": () => [session(), editApproval().take()],
  "approval-many": () => [session(), manyApprovals().take()],
  paused: () => [session(), worked().paused().take()],
  stopped: () => [session(), worked().stopped().take()],
  queued: () => [session(), queued()],
  starting: () => [session(), asked(3_000).phase("Starting the terminal").take()],
  "sandbox-starting": () => [session({ wall: dockerWall }), inSandbox(12_000).phase("Copying the workspace · 12 of 80 MB").take()],
  "sandbox-pulling": () => [session({ wall: dockerWall }), inSandbox(74_000).phase("Pulling python:3.12 · 41 of 362 MB").take()],
  "sandbox-working": () => [session({ wall: "Docker · python:3.12 · network on" }), inSandboxWorked().take(), changes(2)],
  "sandbox-gone": () => [session({ wall: dockerWall }), inSandboxWorked().failed("RuntimeLost", goneText, retry).lost(goneText).take()],
  "sandbox-gone-idle": () => [session({ wall: dockerWall }), inSandboxWorked().status("finished").lost(goneText).take()],
  "sandbox-not-opened": () => [session({ wall: dockerWall }), inSandbox(9_000).failed("RuntimeNotOpened", noEngineText, retry).take()],
  working: () => [session({ mode: "always" }), withTasks(), changes(2)],
  finished: () => [session(), finished(), changes(1)],
  ...serverScenes(() => worked()),
  "read-only": () => [session(), running(), worked().readOnly("in-use").take()],
  "read-only-newer": () => [
    session(),
    finished(),
    new Story().readOnly("newer", "A newer version of OpenHands has written this conversation, so it can only be read here.").take(),
  ],
  deleted: () => [session(), finished(), new Story().deleted().take()],
  "no-folder-here": () => [session({ readiness: "no-folder" }), finished()],
  long: () => [
    session({
      modelLabel: "anthropic/claude-sonnet-4-5-20250929-with-a-long-name",
      mode: "never",
      wall: "Docker · registry.example.com/team/images/python:3.12-slim-bookworm · no network · 2 GB",
    }),
    worked()
      .state("title", "Find out why the test in test/date.test.ts has failed since March, and mend the code that is wrong")
      .usage(1_190_000, 20_400, null, 1_280_000)
      .take(),
    changes(12),
  ],
  unverified: () => [
    session(),
    worked().agent("The month starts at 0 now. `src/date.ts:12` has it.").status("finished").take(),
    changes(1),
  ],
  limit: () => [session(), worked().failed("MaxIterationsReached", limitText, limit).take()],
  stuck: () => [session(), worked().state("stuck_reason", stuckText).status("stuck").take()],
  condensed: () => [session(), worked().condensed("The person wants the cause of a failing test. It is in `src/date.ts`.").take()],
  hooks: () => [
    session(),
    worked()
      .hook({ stdout: "all is well\n" })
      .hook({ success: false, blocked: true, exit_code: 2, stderr: "Nothing is removed here.\n" })
      .hook({ success: false, exit_code: -1, error: "It was ended after 60 seconds.", hook_event_type: "Stop" })
      .take(),
  ],
  rejected: () => [session(), rejected()],
  failed: () => [
    session(),
    worked()
      .failed("LLMServiceUnavailableError", "The model's provider did not answer after 5 tries.", {
        kind: "transient",
        retryable: true,
        user_action: "retry",
      })
      .take(),
  ],
  "failed-key": () => [
    session(),
    asked(9_000)
      .failed("LLMAuthenticationError", "The provider did not accept the API key.", {
        kind: "auth",
        retryable: false,
        user_action: "settings",
      })
      .take(),
  ],
  problem: () => [
    session(),
    finished(),
    { type: "failed", message: "The conversation is open in another window. Close it there, then try again." },
  ],
};

/** Two pictures, wider and higher than a thumbnail. */
export const drawings = ["teal", "peru"].map((colour) => {
  const parts = `<rect width="480" height="320" fill="${colour}"/><circle cx="240" cy="160" r="120" fill="white"/>`;
  return `data:image/svg+xml;base64,${btoa(`<svg xmlns="http://www.w3.org/2000/svg" width="480" height="320">${parts}</svg>`)}`;
});

const markdown = `The test compared a month that starts at 0 with one that starts at 1.

| File | Change |
| --- | --- |
| \`src/date.ts\` | months count from 1 |

- \`addMonths\` now uses the **calendar** month
- see [the documentation](https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Date)

\`\`\`ts
export function addMonths(date: Date, months: number): Date {
  return new Date(date.getFullYear(), date.getMonth() + months, date.getDate());
}
\`\`\`

\`npm test\` passes: 12 tests.`;

export const oldSource = Array.from({ length: 24 }, (_, index) => `const line${index + 1} = ${index + 1};`).join("\n");
export const newSource = oldSource
  .replace("const line12 = 12;", "const line12 = 13; // months count from 1\nconst extra = true;")
  .replace("const line20 = 20;\n", "");

export const testOutput = [
  ...Array.from({ length: 20 }, (_, index) => `  \u001b[32m✓\u001b[0m adds ${index + 1} days`),
  "",
  "  1 failing",
  "",
  "  1) adds a month",
  "     AssertionError [ERR_ASSERTION]: expected 28 to equal 31",
  "      at Context.<anonymous> (test/date.test.ts:14:10)",
].join("\n");

const dockerWall = "Docker · python:3.12 · no network";
const goneText = "The sandbox was removed from outside. The files of its workspace are kept.";
const noEngineText =
  "No container engine answered at unix:///var/run/docker.sock. Start Docker, or give another engine in the setting openhands.sandbox.dockerHost.";
const retry = { kind: "internal", retryable: true, user_action: "retry" } as const;

function inSandbox(startedMsAgo: number): Story {
  const runtime = { kind: "docker", image: "python:3.12", network: "none", workspace: "copy" };
  return new Story(startedMsAgo)
    .user("The test in test/date.test.ts fails since March. Find out why.")
    .state("runtime", runtime)
    .state("workspace", { kind: "LocalWorkspace", working_dir: workingDir });
}

function inSandboxWorked(): Story {
  const story = inSandbox(60_000).status("running").agent("I'll run the test first.");
  return story.terminalDone(story.wait(900).terminal("npm test"), "1 failing", 1);
}

export function asked(startedMsAgo = 60_000): Story {
  return new Story(startedMsAgo).user("The test in test/date.test.ts fails since March. Find out why.").status("running").wait(400);
}

function worked(): Story {
  const story = asked().agent("I'll run the test first.", "The user wants the cause, so the failure comes first.").wait(900);
  story.read("test/date.test.ts").read("src/date.ts").read("package.json");
  const test = story.wait(200).terminal("npm test");
  story.wait(3_200).terminalDone(test, testOutput, 1);
  return story.wait(800).edited("src/date.ts", oldSource, newSource).usage(11_800, 512);
}

function running(): ChatUpdate {
  const story = worked().wait(30_000);
  const test = story.terminal("npm test");
  return story
    .live(test, `\n> project@1.0.0 test\n> mocha\n\n  \u001b[32m✓\u001b[0m adds 1 day\n  ✓ adds 2 days\n  waiting 10%\r  waiting 80%`)
    .take();
}

export function approval(): Story {
  return asking().story;
}

const limit = { kind: "agent_action", retryable: false, user_action: "none" } as const;
const limitText = "The limit of 500 steps is reached. Everything done so far is kept; send a message to go on, or raise the limit.";
const stuckText =
  "The agent repeats itself: the same terminal call had the same result 4 times. It has stopped, and everything is kept: tell it what to do differently, or let it continue.";

function asking(): { story: Story; pushId: string } {
  const story = worked();
  story.state("confirmation_policy", { kind: "ConfirmRisky", threshold: "MEDIUM", confirm_unknown: true });
  const pushId = story.terminal("git push origin fix/date --force-with-lease", {
    security_risk: "HIGH",
    risk_reason: "command",
    summary: "publish the fix for review",
  });
  return { story: story.status("waiting_for_confirmation"), pushId };
}

/** A command of which nothing stands out, so that it can be allowed for later. */
function plainApproval(): Story {
  const story = worked().state("confirmation_policy", { kind: "ConfirmRisky", threshold: "HIGH", confirm_unknown: true });
  story.terminal("npm test -- --grep months", { security_risk: "HIGH", risk_reason: "command" });
  return story.status("waiting_for_confirmation");
}

function editApproval(): Story {
  const story = worked().state("confirmation_policy", { kind: "AlwaysConfirm" });
  story.file("str_replace", "src/date.ts", {
    old_str: "const line12 = 12;\nconst line13 = 13;",
    new_str: "const line12 = 13;\nconst line13 = 13;",
  });
  return story.status("waiting_for_confirmation");
}

function manyApprovals(): Story {
  const story = worked().state("confirmation_policy", { kind: "AlwaysConfirm" });
  story.terminal("rm -rf build\nmkdir build");
  story.file("create", "src/months.ts", { file_text: "export const months = 12;\n" });
  return story.status("waiting_for_confirmation");
}

function withTasks(): ChatUpdate {
  const story = worked().usage(41_200, 2_048, 0.1234, 128_000).wait(20_000);
  story.tasks({
    "Run the failing test": "done",
    "Find the cause in src/date.ts": "done",
    "Count months from 1": "done",
    "Run all tests": "in_progress",
    "Write a line into the changelog": "todo",
  });
  const test = story.terminal("npm test");
  return story.live(test, "  ✓ adds 1 day").take();
}

export function changes(count: number): ChatUpdate {
  const names = ["src/date.ts", "src/calendar/months.ts", ...Array.from({ length: count }, (_, index) => `src/generated/part${index}.ts`)];
  const files = names.slice(0, count).map((name, index) => ({
    path: `${workingDir}/${name}`,
    status: index === 1 ? ("created" as const) : ("changed" as const),
    added: 3 + index * 12,
    removed: index === 1 ? 0 : 1 + index,
  }));
  return { type: "changes", conversationId, files } as ChatUpdate;
}

function queued(): ChatUpdate {
  const story = worked().wait(20_000);
  const test = story.terminal("npm test");
  return story.live(test, "  ✓ adds 1 day").user("Also update the changelog.").take();
}

function finished(): ChatUpdate {
  const story = worked();
  const test = story.terminal("npm test");
  story.wait(2_900).terminalDone(test, "12 passing", 0);
  story.think("All tests pass, so the task is done.");
  return story.finish(markdown).status("finished").take();
}

function rejected(): ChatUpdate {
  const { story, pushId } = asking();
  return story
    .rejected(pushId, "Do not push; I review first.")
    .status("running")
    .agent("Understood. I leave the branch as it is.")
    .status("finished")
    .take();
}
