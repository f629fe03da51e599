import assert from "node:assert/strict";
import { cp, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ConversationStore } from "../../src/conversation/store.ts";
import { LlmError } from "../../src/llm/llmError.ts";
import { ConversationId } from "../../src/protocol/ids.ts";
import { initialView, reduceView } from "../../src/protocol/view.ts";
import { root } from "../support/checkout.ts";
import { bash, call, edit, finish, gate, type PlayedLlm, playedLlm, say, type Turn } from "../support/scripts.ts";
import { matchesGolden } from "../support/transcript.ts";
import { openTestHost, type TestHost, type TestHostOptions, tempFolder } from "../support/workspaces.ts";

/**
 * Logs as earlier versions of this program wrote them: they must open for ever. A file here is never changed; a new version adds its own,
 * with `WRITE_LOGS=v2 mocha test/golden/logs.test.ts`.
 */
const folder = path.join(root, "test/golden/logs");
const files = { "/workspace/notes.txt": "one\ntwo\n" };
const usage = { prompt_tokens: 100, completion_tokens: 20, cache_read_tokens: 80, reasoning_tokens: 5 };

describe("a log of an earlier version", () => {
  before(async () => {
    const version = process.env["WRITE_LOGS"];
    if (version) for (const [name, write] of Object.entries(stories)) await write(`${version}-${name}`);
  });

  it("has the state and the rows that it always had, and takes new events", async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl"));
    assert.ok(names.length >= 6);
    for (const name of names) {
      const { state, rows, count } = await opened(name);
      matchesGolden(`logs/${name.replace(".jsonl", ".folded.json")}`, `${JSON.stringify({ count, state, rows }, undefined, 1)}\n`);
    }
  });
});

/** What a copy of this log is for a person who opens it. */
async function opened(name: string) {
  await using temp = await tempFolder();
  const id = ConversationId.parse("00000000-0000-4000-8000-000000000000");
  await cp(path.join(folder, name), path.join(temp.path, id, "events.jsonl"));
  const store = new ConversationStore(temp.path);
  await using conversation = await store.open(id, 0);
  assert.equal(conversation.damage, undefined, name);
  const { state, count } = conversation;
  const notifications = conversation.events.map((event, seq) => ({ type: "event.appended" as const, conversationId: id, seq, event }));
  const { rows } = notifications.reduce(reduceView, initialView);
  await conversation.append({ kind: "PauseEvent", source: "user" });
  return { state, rows, count };
}

const stories: Readonly<Record<string, (name: string) => Promise<void>>> = {
  finished: (name) =>
    story(name, [{ text: "I'll look.", calls: [bash("cat notes.txt"), edit("view", "/workspace/notes.txt")], usage }, { ...call(finish("Done.")), usage }]),
  rejected: (name) =>
    story(name, [call(bash("rm notes.txt")), say("I left it alone.")], {
      policy: { kind: "AlwaysConfirm" },
      then: async (host) => {
        const actionIds = host.events().flatMap((event) => (event.kind === "ActionEvent" ? [event.id] : []));
        await host.host.handle({ type: "confirmation.respond", conversationId: host.id, accept: false, reason: "Keep it.", actionIds });
      },
    }),
  asking: (name) => story(name, [call(bash("rm notes.txt"))], { policy: { kind: "AlwaysConfirm" } }),
  failed: (name) => story(name, [call(bash("cat missing.txt")), new LlmError("LLMAuthenticationError", "The key was refused. Set another one.")]),
  interrupted: async (name) => {
    const held = gate();
    await story(name, [call(bash("echo one")), { text: "I am about to", gate: held }], {
      during: async (host) => {
        await held.reached;
        await host.host.handle({ type: "run.interrupt", conversationId: host.id });
      },
    });
  },
};

interface StoryOptions extends TestHostOptions {
  readonly during?: (host: TestHost) => Promise<void>;
  readonly then?: (host: TestHost) => Promise<void>;
}

async function story(name: string, turns: readonly (Turn | Error)[], { during, then, ...options }: StoryOptions = {}): Promise<void> {
  const llm: PlayedLlm = playedLlm(turns);
  await using host = await openTestHost({ llm, files, ...options });
  await host.send("Do it.");
  await during?.(host);
  await host.host.settled(host.id);
  await then?.(host);
  await host.host.settled(host.id);
  await cp(path.join(host.storeFolder, host.id, "events.jsonl"), path.join(folder, `${name}.jsonl`));
  assert.ok((await readFile(path.join(folder, `${name}.jsonl`))).length > 0);
}
