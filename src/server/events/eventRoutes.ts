import * as z from "zod";
import {
  ConversationPath,
  EventFilter,
  EventIds,
  EventPage,
  EventPath,
  EventSearch,
  WireEvent,
} from "../../protocol/agentServer/events.ts";
import type { Event } from "../../protocol/events.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import { count, search } from "./search.ts";
import { wireEvent, withNulls, withoutNulls } from "./wire.ts";
import type { WireLog } from "./wireLog.ts";
import type { WireLogs } from "./wireLogs.ts";

const path = "/api/conversations/:conversation_id/events";
const tag = "Events";
const ofConversation = { tag, params: ConversationPath };

/** What of the events of conversations can be read over REST (agent-server protocol §2.3). */
export function addEvents(routes: Routes, logs: WireLogs): void {
  routes.add(
    ["get", `${path}/search`],
    { ...ofConversation, summary: "Search events", query: EventSearch, answer: EventPage },
    async ({ params, query, signal }) => {
      const { items, next_page_id } = await logs.use(params.conversation_id, (log) => search(log, query, signal));
      return { items: items.map((event) => withoutNulls(wireEvent(event))), next_page_id };
    },
  );
  routes.add(
    ["get", `${path}/count`],
    { ...ofConversation, summary: "Count events", query: EventFilter, answer: z.number() },
    async ({ params, query, signal }) => logs.use(params.conversation_id, (log) => count(log, query, signal)),
  );
  routes.add(
    ["get", `${path}/:event_id`],
    { tag, params: EventPath, summary: "Get an event", answer: WireEvent },
    async ({ params: { conversation_id, event_id } }) => {
      const found = await logs.use(conversation_id, (log) => log.find(event_id));
      if (found === undefined) throw new Refusal(404, "Not Found");
      return wholeEvent(found.event);
    },
  );
  const batch = { ...ofConversation, summary: "Get events by their ids", body: EventIds, answer: z.array(WireEvent.nullable()) };
  routes.add(["get", path], batch, ({ params, body }) => logs.use(params.conversation_id, (log) => all(log, body)));
}

async function all(log: WireLog, ids: readonly string[]): Promise<(WireEvent | null)[]> {
  const found = await Promise.all(ids.map((id) => log.find(id)));
  return found.map((one) => (one === undefined ? null : wholeEvent(one.event)));
}

function wholeEvent(event: Event): WireEvent {
  return withNulls(wireEvent(event));
}
