import assert from "node:assert/strict";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { withRetry } from "../../../src/llm/retry.ts";
import { textOf } from "../../../src/protocol/content.ts";
import { chunk, type FakeAnswer, type FakeLlm, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { gate } from "../../support/scripts.ts";
import { tookAtMost } from "../../support/tookAtMost.ts";
import { until } from "../../support/until.ts";
import { openTestHost, type TestHost } from "../../support/workspaces.ts";

const kinds = ({ events }: TestHost): string[] => events().flatMap(({ kind }) => (kind === "ConversationStateUpdateEvent" ? [] : [kind]));
const run = (command: string): FakeAnswer => ({ toolCalls: [{ name: "terminal", arguments: { command } }] });

/** A host whose model is a server that answers so. */
async function openHost(
  server: FakeLlm,
  commands: (command: string) => { output: string; exitCode: number } | undefined,
): Promise<TestHost> {
  const client = openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url });
  return openTestHost({ llm: withRetry(client, { maxAttempts: 3, firstWaitMs: 1, maxWaitMs: 5 }), commands });
}

describe("an agent behind a server that breaks", () => {
  it("runs a call once, and only when it came whole", async () => {
    const half = { tool_calls: [{ index: 0, id: "a", function: { name: "terminal", arguments: '{"command":"rm -rf /' } }] };
    await using server = await startFakeLlm([
      { text: "I'll clean", toolCalls: [], gateAt: "end", finishReason: "length" },
      { bytes: [chunk({ content: "Now" }), chunk(half)], ending: "cut" },
      { bytes: [chunk(half, "tool_calls")] },
      run("clean"),
      { text: "Clean." },
    ]);
    const ran: string[] = [];
    await using host = await openHost(server, (command) => {
      ran.push(command);
      return { output: "", exitCode: 0 };
    });
    await host.send("Clean up.");
    await host.host.settled(host.id);
    assert.deepEqual(ran, ["clean"]);
    assert.deepEqual(kinds(host), [
      ...["MessageEvent", "SystemPromptEvent", "MessageEvent", "MessageEvent"],
      ...["ActionEvent", "AgentErrorEvent", "ActionEvent", "ObservationEvent", "MessageEvent"],
    ]);
    assert.equal(host.heard.filter((heard) => heard.type === "llm.waiting").length, 1);
  });

  it("keeps what came of an answer that was cut off, and says so", async () => {
    const cut = (text: string) => ({ bytes: [chunk({ reasoning: "Hm." }), chunk({ content: text })], ending: "cut" as const });
    const kept = async (...answers: Parameters<typeof startFakeLlm>[0]): Promise<unknown> => {
      await using server = await startFakeLlm(answers);
      await using host = await openHost(server, () => undefined);
      await host.send("Go.");
      await host.host.settled(host.id);
      const message = host.events().find((event) => event.kind === "MessageEvent" && event.source === "agent");
      const note = host.events().find((event) => event.kind === "ConversationStateUpdateEvent" && event.key === "incomplete_message");
      assert.equal(note?.parent_id, message?.id);
      return message?.kind === "MessageEvent" ? [textOf(message.llm_message.content), message.llm_message.reasoning_content] : undefined;
    };
    assert.deepEqual(await kept(cut("First"), cut("Second")), ["Second", "Hm."]);
    assert.deepEqual(await kept(cut("First"), { status: 401, body: "" }), ["First", "Hm."]);
    assert.deepEqual(await kept({ text: "I was", finishReason: "content_filter" }), ["I was", undefined]);
    assert.equal(await kept({ status: 400, body: "" }), undefined);
  });

  it("stops at once in every state, ends the request, and takes the next message", async () => {
    const before = gate();
    const during = gate();
    await using server = await startFakeLlm([
      { text: "Late.", gate: before },
      { text: "Half an answer", gate: during, gateAt: "end" },
      run("sleep 1000"),
      { text: "Here I am." },
    ]);
    await using host = await openHost(server, () => undefined);
    const stop = (): Promise<void> => host.host.handle({ type: "run.interrupt", conversationId: host.id });
    const started = performance.now();
    await host.send("Go.");
    await before.reached;
    await stop();
    await host.send("Go.");
    await host.until((heard) => heard.type === "delta");
    await stop();
    await host.send("Go.");
    await host.until((heard) => heard.type === "event.appended" && heard.event.kind === "ActionEvent");
    await stop();
    tookAtMost(2_000, performance.now() - started);
    await host.send("Are you there?");
    await host.host.settled(host.id);
    assert.deepEqual(kinds(host).slice(2), [
      ...["InterruptEvent", "MessageEvent", "MessageEvent", "InterruptEvent", "MessageEvent"],
      ...["ActionEvent", "AgentErrorEvent", "InterruptEvent", "MessageEvent", "MessageEvent"],
    ]);
    await until("the given up requests to end", async () => server.aborted() === 2);
    before.release();
    during.release();
  });
});
