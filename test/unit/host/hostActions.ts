// What the tests of the host look at, and do to it.
import type { EventId } from "../../../src/protocol/ids.ts";
import type { ConfirmationPolicy } from "../../../src/protocol/state.ts";
import type { TestHost } from "../../support/workspaces.ts";

export const ask: ConfirmationPolicy = { kind: "AlwaysConfirm" };

export const statuses = (host: TestHost): unknown[] =>
  host
    .events()
    .flatMap((event) => (event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status" ? [event.value] : []));
export const kinds = (host: TestHost): string[] =>
  host.events().flatMap((event) => (event.kind === "ConversationStateUpdateEvent" ? [] : [event.kind]));
export const actionIds = (host: TestHost): EventId[] => host.events().flatMap((event) => (event.kind === "ActionEvent" ? [event.id] : []));
export const respond = (host: TestHost, accept: boolean, ids = actionIds(host), reason?: string): Promise<void> =>
  host.host.handle({
    type: "confirmation.respond",
    conversationId: host.id,
    accept,
    actionIds: ids,
    ...(reason === undefined ? {} : { reason }),
  });
export const interrupt = (host: TestHost): Promise<void> => host.host.handle({ type: "run.interrupt", conversationId: host.id });
