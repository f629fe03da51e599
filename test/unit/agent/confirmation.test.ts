import assert from "node:assert/strict";
import { eventsOfCalls } from "../../../src/agent/calls.ts";
import { needsConfirmation } from "../../../src/agent/confirmation.ts";
import type { ActionEvent, SecurityRisk } from "../../../src/protocol/events.ts";
import { confirmPolicies } from "../../../src/protocol/settings.ts";
import type { ConfirmationPolicy } from "../../../src/protocol/state.ts";
import { openMemoryRuntime } from "../../../src/runtime/memory/memoryRuntime.ts";
import { defaultTools } from "../../../src/tools/defaultTools.ts";

const action = (kind: string, security_risk: SecurityRisk): ActionEvent =>
  ({ kind: "ActionEvent", action: { kind }, security_risk }) as unknown as ActionEvent;
const finish = action("FinishAction", "LOW");
const think = action("ThinkAction", "LOW");
const run = (risk: SecurityRisk): ActionEvent => action("TerminalAction", risk);

describe("the confirmation", () => {
  it("is asked for as the policy says, for the whole batch, and never for a single finish or think", () => {
    const batches = {
      nothing: [],
      finish: [finish],
      think: [think],
      both: [think, finish],
      low: [run("LOW")],
      medium: [run("MEDIUM")],
      unknown: [run("UNKNOWN")],
      mixed: [run("LOW"), run("HIGH"), finish],
    };
    const risky = (threshold: "LOW" | "MEDIUM" | "HIGH", confirm_unknown: boolean): ConfirmationPolicy => ({
      kind: "ConfirmRisky",
      threshold,
      confirm_unknown,
    });
    const asked = (policy: ConfirmationPolicy): string[] =>
      Object.entries(batches).flatMap(([name, batch]) => (needsConfirmation(policy, batch) ? [name] : []));
    assert.deepEqual(
      [confirmPolicies.never, confirmPolicies.always, confirmPolicies.risky, risky("MEDIUM", false), risky("LOW", true)].map(asked),
      [
        [],
        ["both", "low", "medium", "unknown", "mixed"],
        ["unknown", "mixed"],
        ["medium", "mixed"],
        ["both", "low", "medium", "unknown", "mixed"],
      ],
    );
  });

  it("goes by our own judgement of a call, which the model's word raises and never lowers", async () => {
    const tools = new Map(defaultTools().map((tool) => [tool.name, tool]));
    const memory = openMemoryRuntime({ workingDir: "/work" });
    const { signal } = new AbortController();
    const risk = async (isSandboxed: boolean, name: string, args: object): Promise<unknown> => {
      const call = { id: "c", name, arguments: JSON.stringify(args), origin: "completion" as const };
      const [event] = await eventsOfCalls(
        { id: "r", text: "", reasoning: "", toolCalls: [call], isComplete: true },
        { tools, runtime: { ...memory, info: { ...memory.info, isSandboxed } }, usedIds: new Set(), holdsSecret: () => false, signal },
      );
      return event?.kind === "ActionEvent" && event.action ? event.security_risk : "no action";
    };
    const view = { command: "view", path: "/work/a" };
    assert.deepEqual(
      await Promise.all([
        risk(false, "terminal", { command: "ls", security_risk: "LOW" }),
        risk(true, "terminal", { command: "ls", security_risk: "LOW" }),
        risk(true, "terminal", { command: "rm -rf ~", security_risk: "HIGH" }),
        risk(true, "terminal", { command: "ls", security_risk: "none at all" }),
        risk(false, "file_editor", { ...view, security_risk: "UNKNOWN" }),
        risk(false, "file_editor", { ...view, path: "/etc/passwd", security_risk: "LOW" }),
        risk(false, "file_editor", { ...view, command: "create" }),
        risk(false, "finish", { message: "x" }),
      ]),
      ["HIGH", "MEDIUM", "HIGH", "MEDIUM", "LOW", "HIGH", "MEDIUM", "LOW"],
    );
  });
});
