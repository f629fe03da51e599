import assert from "node:assert/strict";
import path from "node:path";
import { root } from "../support/checkout.ts";
import { runCommand } from "../support/command.ts";
import { startFakeLlm } from "../support/fakeLlmServer.ts";

const example = (name: string, env: NodeJS.ProcessEnv = {}): Promise<string> =>
  runCommand(process.execPath, [path.join(root, "test/examples", name)], { env: { ...process.env, ...env } });

describe("the examples of the engine as a library", function () {
  this.slow(3_000);

  it("scripted.ts prints every event", async () => {
    const lines = (await example("scripted.ts")).trim().split("\n");
    const kinds = lines.map((line) => line.replace(/^\d+ /, "")).filter((kind) => kind !== "ConversationStateUpdateEvent");
    assert.deepEqual(kinds, ["MessageEvent", "SystemPromptEvent", "ActionEvent", "ObservationEvent", "MessageEvent"]);
    assert.deepEqual(
      lines.map((line) => Number(line.split(" ")[0])),
      lines.map((_, seq) => seq),
    );
  });

  it("approving.ts allows one action and refuses another", async () => {
    assert.equal(
      await example("approving.ts"),
      'allowed {"command":"wc -l < list.txt"}\nrefused {"command":"rm list.txt"}\nIt has two lines; you did not let me remove it.\n',
    );
  });

  it("ownTool.ts gives a model a tool of its own", async () => {
    await using llm = await startFakeLlm([{ toolCalls: [{ name: "roll_dice", arguments: { sides: 6 } }] }, { text: "It shows a six." }]);
    const output = await example("ownTool.ts", { LLM_BASE_URL: llm.url, LLM_MODEL: "fake" });
    assert.equal(output, "user: Roll a die with six sides. What does it show?\nagent: It shows a six.\n");
    const [first, second] = llm.requests;
    assert.match(JSON.stringify(first?.body.tools), /"roll_dice".*"sides":\{"type":"integer"/);
    assert.equal(second?.body.messages.at(-1)?.["content"], "It shows 6.");
  });
});
