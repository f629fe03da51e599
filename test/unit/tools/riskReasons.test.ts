import assert from "node:assert/strict";
import { eventsOfCalls } from "../../../src/agent/calls.ts";
import type { ActionEvent } from "../../../src/protocol/events.ts";
import { RiskReason, whyAsked } from "../../../src/protocol/riskReasons.ts";
import { confirmPolicies } from "../../../src/protocol/settings.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { defaultTools } from "../../../src/tools/defaultTools.ts";
import { mcpTool } from "../../../src/tools/mcpTool.ts";

const hints = { destructiveHint: true, idempotentHint: false, openWorldHint: true };
const served = mcpTool(
  { name: "served", server: "one", ownName: "served", description: "", inputSchema: {}, isReadOnly: false, hints },
  async () => ({ content: [], isError: false }),
);
const tools = new Map([...defaultTools(), served].map((tool) => [tool.name, tool]));
const { signal } = new AbortController();

async function judged(name: string, args: object, folders?: readonly string[]): Promise<ActionEvent> {
  const memory = openMemoryRuntime({ workingDir: "/work", files: { "/work/package.json": "{}" } });
  const info = { ...memory.info, isSandboxed: false, ...(folders ? { folders: [...folders] } : {}) };
  const toolCalls = [{ id: "c", name, arguments: JSON.stringify(args), origin: "completion" as const }];
  const [event] = await eventsOfCalls(
    { id: "r", text: "", reasoning: "", toolCalls, isComplete: true },
    { tools, runtime: { ...memory, info }, usedIds: new Set(), holdsSecret: () => false, signal },
  );
  return event as unknown as ActionEvent;
}
const write = (path: string, file_text = "x") => ["file_editor", { command: "create", path, file_text }] as const;

describe("the reason of a risk", () => {
  it("is told with every action that could ask, by its rule", async () => {
    const calls = {
      command: ["terminal", { command: "ls" }],
      edit: write("/work/a"),
      outside: write("/elsewhere/a"),
      secret: ["file_editor", { command: "view", path: "/work/.env" }],
      protected: write("/work/.vscode/tasks.json"),
      program: write("/work/git"),
      script: ["file_editor", { command: "str_replace", path: "/work/package.json", old_str: "{}", new_str: '{"scripts":{"a":"b"}}' }],
      schema: write("/work/a.json", '{"$schema":"https://example.org/x"}'),
      unreadable: write("a"),
      server: ["served", {}],
      model: ["grep", { pattern: "x", security_risk: "HIGH" }],
    } as const;
    const reasons = await Promise.all(Object.values(calls).map(async ([name, args]) => (await judged(name, args)).risk_reason));
    assert.deepEqual(reasons, Object.keys(calls));
    assert.deepEqual(reasons.toSorted(), RiskReason.options.toSorted());
    assert.equal((await judged("grep", { pattern: "x" })).risk_reason, undefined);
  });

  it("is what a person is told of the riskiest action, also of a log that gives no reason or one from a later version", async () => {
    const batch = [await judged(...write("/work/a")), await judged("terminal", { command: "ls" })];
    assert.equal(whyAsked(batch, confirmPolicies.risky), "Asks because a command can do anything on this machine.");
    assert.equal(whyAsked(batch, confirmPolicies.always), "Asks because the setting is to ask before every action.");
    const older = { security_risk: "HIGH" } as const;
    const later = { security_risk: "HIGH", risk_reason: "moonlight" as RiskReason } as const;
    for (const event of [older, later]) assert.equal(whyAsked([event], confirmPolicies.risky), "Asks because the risk is rated high.");
  });

  it("is no reason to ask inside any folder of the workspace", async () => {
    const folders = ["/work", "/other/place"];
    const paths = ["/work/a", "/other/place/a", "/other/placebo", "/other/place/.env", "/other/place/git"];
    const risks = await Promise.all(paths.map(async (path) => (await judged(...write(path), folders)).risk_reason));
    assert.deepEqual(risks, ["edit", "edit", "outside", "secret", "program"]);
  });
});
