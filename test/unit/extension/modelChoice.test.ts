import assert from "node:assert/strict";
import { chooseModel, endpointsOf, environmentModel, isLoopback, labelOf, settingCommands } from "../../../src/extension/modelChoice.ts";
import { ConversationId } from "../../../src/protocol/ids.ts";
import { confirmPolicies, Settings } from "../../../src/protocol/settings.ts";
import { initialState } from "../../../src/protocol/state.ts";

const environment = { LLM_MODEL: "of-the-environment", LLM_BASE_URL: "http://127.0.0.1:9/v1" };
const profiles = [
  { name: "Work", model: "gpt-5", baseUrl: "https://llm.example.com/v1", inputPrice: 2, outputPrice: 10 },
  { name: "Home", model: "qwen3-coder", baseUrl: "http://127.0.0.1:11434/v1" },
];

describe("the choice of a model", () => {
  it("is what the settings name, and else what the environment names", () => {
    const chosen = ["Work", "demo", "vscode/copilot/gpt-5/mini", "gpt-5-mini", ""].map((model) =>
      chooseModel(Settings.parse({ model, profiles }), environment),
    );
    assert.deepEqual(
      chosen.map((choice) => [choice.source, labelOf(choice), choice.source === "none" ? undefined : choice.llm]),
      [
        [
          "profile",
          "Work",
          { model: "gpt-5", base_url: "https://llm.example.com/v1", input_cost_per_token: 2e-6, output_cost_per_token: 1e-5 },
        ],
        ["demo", "Demo", { model: "demo" }],
        ["vscode", "gpt-5/mini", { model: "vscode/copilot/gpt-5/mini" }],
        ["name", "gpt-5-mini", { model: "gpt-5-mini" }],
        ["environment", "of-the-environment", { model: "of-the-environment", base_url: "http://127.0.0.1:9/v1" }],
      ],
    );
    assert.equal(labelOf(chooseModel(Settings.parse({}), {})), "Select a model");
  });

  it("is the demo, and no model of an endpoint, where the environment names that", () => {
    const choice = chooseModel(Settings.parse({}), { LLM_MODEL: "demo", LLM_BASE_URL: "http://127.0.0.1:9/v1" });
    assert.deepEqual([choice, labelOf(choice)], [{ source: "demo", llm: { model: "demo" } }, "Demo"]);
    assert.equal(environmentModel({ LLM_MODEL: "demo" }), undefined);
    assert.equal(chooseModel(Settings.parse({ model: "gpt-5" }), { LLM_MODEL: "demo" }).source, "name");
  });

  it("leads to each host that may have a key once, that of the chosen model first", () => {
    const { profiles: known } = Settings.parse({ profiles });
    const choice = chooseModel({ model: "Home", profiles: known }, {});
    assert.deepEqual(endpointsOf(choice, known), ["http://127.0.0.1:11434/v1", "https://llm.example.com/v1"]);
    assert.deepEqual(endpointsOf({ source: "none" }, []), [undefined]);
    assert.deepEqual(
      ["http://127.0.0.1:1/v1", "http://[::1]:1", "http://localhost", "https://127.0.0.1.example.com", undefined].map(isLoopback),
      [true, true, true, false, false],
    );
  });

  it("is followed by the conversation that is shown, and so are its limits and its policy; what is the same is not said again", () => {
    const id = ConversationId.parse("00000000-0000-4000-8000-000000000000");
    const settings = Settings.parse({ model: "Work", profiles, confirm: "always", maxSteps: 9, maxCost: 2, maxMinutes: 1.5 });
    const { llm } = chooseModel(settings, {}) as { llm: { model: string } };
    const before = { settings: Settings.parse({}), current: undefined };
    const now = { settings, current: llm };
    const commands = settingCommands(id, { ...initialState, llm: { model: "gpt-5" } }, { before, now });
    const limits = { max_cost_usd: 2, max_wall_seconds: 90 };
    assert.deepEqual(commands, [
      { type: "llm.set", conversationId: id, llm },
      { type: "confirmation_policy.set", conversationId: id, policy: { kind: "AlwaysConfirm" } },
      { type: "limits.set", conversationId: id, limits, maxIterations: 9 },
    ]);
    const followed = { ...initialState, llm, confirmation_policy: confirmPolicies.always, limits, max_iterations: 9 };
    assert.deepEqual(settingCommands(id, followed, { before, now }), []);
    const raised = { ...followed, max_iterations: 900 };
    const after = { settings: { ...settings, confirm: "never" as const }, current: llm };
    assert.deepEqual(settingCommands(id, raised, { before: now, now: after }), [
      { type: "confirmation_policy.set", conversationId: id, policy: { kind: "NeverConfirm" } },
    ]);
  });
});
