import assert from "node:assert/strict";
import { toChatMessages } from "../../../src/llm/chatHistory.ts";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { LlmError } from "../../../src/llm/llmError.ts";
import { textOf } from "../../../src/protocol/content.ts";
import { bash, call, type PlayedLlm, playedLlm, say, type Turn } from "../../support/scripts.ts";
import { openTestHost, type TestHost } from "../../support/workspaces.ts";

const tooLong = new LlmError("LLMContextWindowExceedError", "The conversation is longer than played can read.");
const work = (count: number): Turn[] => Array.from({ length: count }, (_, index) => call(bash(`echo step ${index}`)));
const commands = (command: string): { output: string; exitCode: number } => ({ output: `${command}\n${"x".repeat(400)}`, exitCode: 0 });

async function played(
  turns: readonly (Turn | Error)[],
  look: (host: TestHost, llm: PlayedLlm) => Promise<void>,
  more: object = {},
): Promise<void> {
  const llm = { ...playedLlm(turns), ...more };
  await using host = await openTestHost({ llm, commands });
  await host.send("Count to ten.");
  await host.host.settled(host.id);
  await look(host, llm);
}

const status = (host: TestHost): unknown =>
  host.events().findLast((event) => event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status" && event.value);
const kinds = (host: TestHost, ...wanted: string[]): string[] => host.events().flatMap(({ kind }) => (wanted.includes(kind) ? [kind] : []));
const sizeOf = (request: LlmRequest | undefined): number => JSON.stringify(request?.messages ?? []).length;
const isValid = (request: LlmRequest | undefined): boolean => {
  const messages = request?.messages ?? [];
  const made = messages.flatMap((message) => (message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : []));
  const answered = messages.flatMap((message) => (message.role === "tool" ? [message.toolCallId] : []));
  return messages[0]?.role === "system" && JSON.stringify(made) === JSON.stringify(answered);
};

describe("a conversation that is too long for its model", () => {
  it("§10.54 §10.55 is summarized once, tried again, and goes on with the task in view", () =>
    played(
      [...work(8), tooLong, say("USER: wants ten. DONE: steps 0 to 3."), call(bash("echo step 8")), say("Done.")],
      async (host, llm) => {
        assert.match(JSON.stringify(status(host)), /finished/);
        const [before, summary, after] = llm.requests.slice(8);
        assert.ok(sizeOf(after) < sizeOf(before) * 0.8, `${sizeOf(before)} became ${sizeOf(after)}`);
        assert.ok(isValid(after));
        assert.deepEqual(summary?.tools, []);
        assert.match(JSON.stringify(summary?.messages), /echo step 0.*echo step 3/);
        assert.match(JSON.stringify(after?.messages[1]), /Count to ten\..*The summary:.*USER: wants ten\. DONE: steps 0 to 3\./);
        assert.deepEqual(kinds(host, "Condensation", "CondensationRequest"), ["CondensationRequest", "Condensation"]);
      },
    ));

  it("stops with a sentence when a summary does not help, and never condenses in a loop", () =>
    played([...work(8), tooLong, say("Short."), tooLong], async (host, llm) => {
      assert.match(JSON.stringify(status(host)), /error/);
      assert.equal(llm.requests.length, 11);
      assert.match(JSON.stringify(host.events().at(-2)), /LLMContextWindowExceedError/);
    }));

  it("stops at once when its beginning is all there is", () =>
    played([tooLong], async (host, llm) => {
      assert.match(JSON.stringify(host.events().at(-2)), /cannot be made shorter/);
      assert.equal(llm.requests.length, 1);
    }));

  it("asks for the summary with less when that is too long, too", () =>
    played([...work(8), tooLong, tooLong, say("USER: ten."), say("Done.")], async (host, llm) => {
      assert.match(JSON.stringify(status(host)), /finished/);
      const [first, second] = llm.requests.slice(9);
      assert.ok(sizeOf(second) <= sizeOf(first));
    }));

  it("is summarized before its model's window is full, where that is known", () => {
    const usage = { prompt_tokens: 850, completion_tokens: 10, cache_read_tokens: 0, reasoning_tokens: 0 };
    const turns = [
      ...work(8).map((turn, index) => ({ ...turn, usage: index === 7 ? usage : { ...usage, prompt_tokens: 100 } })),
      say("USER: ten."),
      say("Done."),
    ];
    return played(
      turns,
      async (host, llm) => {
        assert.match(JSON.stringify(llm.requests[8]?.messages[0]), /keep the memory/);
        assert.match(JSON.stringify(status(host)), /finished/);
      },
      { maxInputTokens: 1_000 },
    );
  });

  it("reads the same after it was opened anew", async () => {
    const llm = playedLlm([...work(8), tooLong, say("USER: ten."), call(bash("echo more")), say("Done.")]);
    await using host = await openTestHost({ llm, commands });
    await host.send("Count to ten.");
    await host.host.settled(host.id);
    const messages = toChatMessages(host.events());
    assert.deepEqual(messages.slice(0, -1), llm.requests.at(-1)?.messages);
    assert.equal(messages.filter((message) => message.role === "user" && textOf(message.content).includes("USER: ten.")).length, 1);
  });

  it("§10.54 can be condensed again, and the summary before is part of the next", () =>
    played([...work(6), tooLong, say("FIRST"), ...work(6), tooLong, say("SECOND"), say("Done.")], async (host, llm) => {
      assert.match(JSON.stringify(status(host)), /finished/);
      const again = llm.requests.at(-2);
      assert.match(JSON.stringify(again?.messages), /earlier summary.*FIRST/);
      const last = JSON.stringify(llm.requests.at(-1)?.messages);
      assert.ok(last.includes("SECOND") && !last.includes("FIRST"));
      assert.ok(isValid(llm.requests.at(-1)));
    }));
});
