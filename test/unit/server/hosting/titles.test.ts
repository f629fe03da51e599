import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Llm } from "../../../../src/llm/llm.ts";
import { scriptedLlm } from "../../../../src/llm/scripted.ts";
import { LlmConfig } from "../../../../src/protocol/agentServer/agent.ts";
import { gate } from "../../../support/scripts.ts";
import { type ServedHosting, serveHosting } from "../../../support/servedHosting.ts";
import { until } from "../../../support/until.ts";

/** Says a name to who asks for one, and "Done." to the agent. */
function naming(name: string, hear: (text: string) => void = () => undefined): Llm {
  const [title, work] = [scriptedLlm([{ text: name }]), scriptedLlm([{ text: "Done." }, { text: "Done." }])];
  return {
    ...work,
    stream: (request, signal) => {
      if (request.tools.length > 0) return work.stream(request, signal);
      hear(JSON.stringify(request.messages));
      return title.stream(request, signal);
    },
  };
}

describe("titles of conversations", () => {
  it("§10.4 are made of the first message unless they are not wanted, and never take the place of a given one", async () => {
    await using served = await serveHosting({
      openLlm: () => naming("✨ A name that is much longer than fifty characters would allow it to be"),
    });
    const named = await served.begin();
    const unnamed = await served.begin({ autotitle: false });
    const given = await served.begin();
    await served.ask("PATCH", `/api/conversations/${given}`, { title: "Mine" });
    for (const id of [named, unnamed, given]) await finish(served, id, "Make it so.");
    await until("the title", async () => (await titleOf(served, named)) !== null);
    await finish(served, named, "And more.");
    assert.deepEqual(await Promise.all([named, unnamed, given].map((id) => titleOf(served, id))), [
      "✨ A name that is much longer than fifty charact...",
      null,
      "Mine",
    ]);
  });

  it("§10.5 are made of the very message that asks for one, of which only the beginning is read", async () => {
    const heard: string[] = [];
    await using served = await serveHosting({ openLlm: () => naming("A name", (text) => heard.push(text)) });
    const id = await served.begin();
    await finish(served, id, `The first ${"x".repeat(1_500)} end`);
    await until("the title", async () => (await titleOf(served, id)) === "A name");
    assert.equal(heard.length, 1);
    assert.match(heard[0] ?? "", /The first x{990}"/);
  });

  it("leave the work alone: a model that cannot name gives a plain title and one word of it", async () => {
    const openLlm = (config: LlmConfig | undefined): Llm => {
      if (config?.model === "namer") throw new Error("The namer is out.");
      return scriptedLlm([{ text: "Done." }]);
    };
    const profile = async (name: string) => (name === "namer" ? LlmConfig.parse({ model: "namer" }) : undefined);
    await using served = await serveHosting({ openLlm, lookups: { profile } });
    const id = await served.begin({ title_llm_profile: "namer" });
    await finish(served, id, "Please make the build faster than it has ever been before");
    await until("the title", async () => (await titleOf(served, id)) !== null);
    assert.equal(await titleOf(served, id), "Please make the build faster than it has ever b...");
    const errors = (await served.ask("GET", `/api/conversations/${id}/events/search?kind=ConversationErrorEvent`)).body.items;
    assert.deepEqual(
      errors.map(({ code }: { code: string }) => code),
      ["TitleGenerationError"],
    );
    assert.equal((await served.ask("GET", `/api/conversations/${id}`)).body.execution_status, "finished");
  });

  it("are not waited for by the run, and a name that is given meanwhile stays", async () => {
    const held = gate();
    const llm = naming("Late");
    const late: Llm = {
      ...llm,
      async *stream(request, signal) {
        if (request.tools.length === 0) await held.pass(signal);
        yield* llm.stream(request, signal);
      },
    };
    await using served = await serveHosting({ openLlm: () => late });
    const id = await served.begin();
    await finish(served, id, "Go.");
    await held.reached;
    await served.ask("PATCH", `/api/conversations/${id}`, { title: "Mine" });
    held.release();
    await sleep(50);
    assert.equal(await titleOf(served, id), "Mine");
  });
});

async function titleOf(served: ServedHosting, id: string): Promise<string | null> {
  return (await served.ask("GET", `/api/conversations/${id}`)).body.title;
}

async function finish(served: ServedHosting, id: string, text: string): Promise<void> {
  await served.ask("POST", `/api/conversations/${id}/events`, { content: [{ type: "text", text }], run: true });
  await until("the end of the run", async () => (await served.ask("GET", `/api/conversations/${id}`)).body.execution_status === "finished");
}
