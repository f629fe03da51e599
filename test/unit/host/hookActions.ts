// What the tests of hooks look at, and do.
import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { HookConfig } from "../../../src/protocol/agentServer/hooks.ts";
import type { Event, HookExecutionEvent } from "../../../src/protocol/events.ts";
import { openMachineRuntime } from "../../../src/runtime/machine/machineRuntime.ts";
import { type PlayedLlm, playedLlm, say } from "../../support/scripts.ts";
import { openTestHost, type TestHost, tempFolder } from "../../support/workspaces.ts";

interface Given {
  readonly hooks: unknown;
  readonly llm?: PlayedLlm;
  readonly options?: Parameters<typeof openTestHost>[0];
}

/** A conversation in a real folder with real commands. */
export async function open({
  hooks,
  llm = playedLlm([say("1"), say("2")]),
  options = {},
}: Given): Promise<TestHost & { readonly folder: string }> {
  const folder = await tempFolder();
  const openRuntime = () => openMachineRuntime({ workingDir: folder.path, wall: "test", pty: "none" });
  const agentOf = async () => ({ hooks: HookConfig.parse(hooks), skills: {} });
  const host = await openTestHost({ llm, ...options, host: { openRuntime, agentOf, ...options.host } });
  return {
    ...host,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export const hook = (command: string, rest: object = {}, matcher = "*") => [{ matcher, hooks: [{ type: "command", command, ...rest }] }];

export async function talk(host: TestHost, text = "Go."): Promise<void> {
  await host.send(text);
  await host.host.settled(host.id);
}

export const ran = (host: TestHost): HookExecutionEvent[] => host.events().filter((event) => event.kind === "HookExecutionEvent");
export const updates = (host: TestHost, key: string): unknown[] =>
  host.events().flatMap((event) => (event.kind === "ConversationStateUpdateEvent" && event.key === key ? [event.value] : []));
/** The kinds of events, and the keys of updates that hooks are about. */
export const story = (host: TestHost): string[] =>
  host.events().flatMap((event) => {
    if (event.kind !== "ConversationStateUpdateEvent") return [event.kind === "HookExecutionEvent" ? event.hook_event_type : event.kind];
    return event.key.startsWith("blocked") || event.key === "hook_config" ? [event.key] : [];
  });
export const find = <Kind extends Event["kind"]>(host: TestHost, kind: Kind): Extract<Event, { kind: Kind }> => {
  const found = host.events().find((event): event is Extract<Event, { kind: Kind }> => event.kind === kind);
  assert.ok(found, `There is no ${kind}.`);
  return found;
};
export const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
