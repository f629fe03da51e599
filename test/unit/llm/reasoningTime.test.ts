import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { ReplyBuilder, type ReplyChunk } from "../../../src/llm/replyBuilder.ts";
import { playedLlm } from "../../support/scripts.ts";
import { openTestHost } from "../../support/workspaces.ts";

const delta = (made: object, finish_reason: string | null = null): ReplyChunk => ({ choices: [{ index: 0, delta: made, finish_reason }] });

/** The reply that comes of these pieces, with 30 ms between them. */
async function replyOf(...pieces: readonly ReplyChunk[]) {
  const builder = new ReplyBuilder();
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await sleep(30);
    assert.ok([...builder.add(piece)]);
  }
  return builder.finish();
}
const call = { tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: "{}" } }] };

describe("how long a model thought", () => {
  it("is the time from its first thought to its first word or call, or to the end", async () => {
    const end = delta({}, "stop");
    const replies = await Promise.all([
      replyOf(delta({ reasoning_content: "Hm" }), delta({ reasoning: "m." }), delta({ content: "Hi." }), delta({ content: "!" }), end),
      replyOf(delta({ content: "<think>Hm" }), delta({ content: "m.</think>Hi." }), delta({ content: "!" }), end),
      replyOf(delta({ reasoning_content: "Hm." }), delta(call), end),
      replyOf(delta({ reasoning_content: "Hm." }), end),
    ]);
    const least = [55, 25, 25, 25];
    for (const [index, { reasoningMs = 0 }] of replies.entries())
      assert.ok(reasoningMs >= (least[index] ?? 0) && reasoningMs < 2_000, `${index}: ${reasoningMs}`);
    assert.ok((replies[1]?.reasoningMs ?? 0) < (replies[0]?.reasoningMs ?? 0) + 25);
  });

  it("is not told when it did not think, or when all came at once", async () => {
    const replies = [
      await replyOf(delta({ content: "Hi." }, "stop")),
      await replyOf(delta({ reasoning_content: "Hm.", content: "Hi." }, "stop")),
    ];
    for (const { reasoningMs } of replies) assert.equal(reasoningMs, undefined);
  });

  it("is kept on the message, and on the first action of a reply", async () => {
    const { stream, ...llm } = playedLlm([
      { reasoning: "Hm.", calls: [{ name: "think", arguments: { thought: "x" } }] },
      { reasoning: "Ah.", text: "Hi." },
    ]);
    const timed: typeof stream = async function* (request, signal) {
      for await (const chunk of stream(request, signal))
        yield chunk.type === "reply" ? { type: "reply", reply: { ...chunk.reply, reasoningMs: 1_234 } } : chunk;
    };
    await using host = await openTestHost({ llm: { ...llm, stream: timed } });
    await host.send("Go.");
    await host.host.settled(host.id);
    const times = host.events().flatMap((event) => ("reasoning_ms" in event ? [`${event.kind} ${event.reasoning_ms}`] : []));
    assert.deepEqual(times, ["ActionEvent 1234", "MessageEvent 1234"]);
  });
});
