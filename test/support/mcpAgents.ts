// Agents with servers of the Model Context Protocol, whose model calls their tools by a script.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { LlmRequest } from "../../src/llm/llm.ts";
import { scriptedLlm } from "../../src/llm/scripted.ts";
import { type ServedHosting, type ServedOptions, serveHosting, testAgent } from "./servedHosting.ts";
import { until } from "./until.ts";

const program = join(import.meta.dirname, "../unit/server/fixtures/toolServer.ts");
export const stdio = (env: object = {}, ...args: readonly string[]) => ({ command: process.execPath, args: [program, ...args], env });
export const call = (name: string, args: object = {}) => ({ tool_calls: [{ name, arguments: { ...args } }] });
export const never = { kind: "NeverConfirm" };

/** A conversation whose agent has these servers and calls tools one after the other. */
export async function played(
  servers: object,
  calls: readonly object[],
  more: { readonly begin?: object; readonly served?: ServedOptions } = {},
) {
  const requests: LlmRequest[] = [];
  const llm = scriptedLlm([...calls, { text: "Done." }] as Parameters<typeof scriptedLlm>[0]);
  const openLlm = () => ({
    ...llm,
    stream: (request: LlmRequest, signal: AbortSignal) => {
      requests.push(request);
      return llm.stream(request, signal);
    },
  });
  const served = await serveHosting({ openLlm, reachesInside: true, ...more.served });
  const agent = { ...testAgent, mcp_config: servers };
  const id = await served.begin({ agent, autotitle: false, confirmation_policy: never, ...more.begin });
  return { served, id, requests, offered: () => requests.at(-1)?.tools.map(({ name }) => name) ?? [] };
}

export async function say(served: ServedHosting, id: string, text = "Go."): Promise<void> {
  const content = [{ type: "text", text }];
  const { status, body } = await served.ask("POST", `/api/conversations/${id}/events`, { content, run: true });
  assert.equal(status, 200, JSON.stringify(body));
}

export async function rests(served: ServedHosting, id: string): Promise<string> {
  const at = ["finished", "error", "stuck", "paused", "waiting_for_confirmation"];
  return until("the end of the run", async () => {
    const { execution_status: status } = (await served.ask("GET", `/api/conversations/${id}`)).body;
    return at.includes(status) && status;
  });
}

export async function events(served: ServedHosting, id: string, kind: string) {
  return (await served.ask("GET", `/api/conversations/${id}/events/search?limit=100&kind=${kind}`)).body.items;
}

export const results = async (served: ServedHosting, id: string) =>
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look at what they expect.
  (await events(served, id, "ObservationEvent")).map(({ observation }: any) => observation);

/** What the agent was told by its surroundings. */
export const told = async (served: ServedHosting, id: string): Promise<string[]> =>
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look at what they expect.
  (await events(served, id, "MessageEvent")).flatMap(({ source, llm_message }: any) =>
    source === "environment" ? [llm_message.content[0].text] : [],
  );
