import * as z from "zod";
import { ConversationPath, Success } from "../../protocol/agentServer/conversations.ts";
import {
  ConfirmationAnswer,
  EventFilter,
  EventIds,
  EventPage,
  EventPath,
  EventSearch,
  MessageOrIds,
  WireEvent,
} from "../../protocol/agentServer/events.ts";
import type { Event } from "../../protocol/events.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import { count, newest, search } from "./search.ts";
import { respond, sendMessage, type TalkHost } from "./talk.ts";
import { wireEvent, withNulls, withoutNulls } from "./wire.ts";
import type { EventHost, WireLog } from "./wireLog.ts";
import type { WireLogs } from "./wireLogs.ts";

const path = "/api/conversations/:conversation_id/events";
const tag = "Events";
const ofConversation = { tag, params: ConversationPath };

export interface EventParts {
  readonly host: TalkHost & EventHost;
  readonly logs: WireLogs;
}

/** The events of conversations over REST, and what is said to them (agent-server protocol §2.3). */
export function addEvents(routes: Routes, parts: EventParts): void {
  addReading(routes, parts);
  addTalking(routes, parts);
}

function addTalking(routes: Routes, { host, logs }: EventParts): void {
  routes.add(
    ["post", path],
    {
      ...ofConversation,
      summary: "Send a message; or get events by their ids, where the body is a list of them",
      body: MessageOrIds,
      answer: z.union([Success, z.array(WireEvent.nullable())]),
      refuses: [400, 404],
    },
    async ({ params: { conversation_id: id }, body }) => {
      if (Array.isArray(body)) return logs.use(id, (log) => all(log, body));
      await sendMessage(host, id, body);
      return { success: true };
    },
  );
  routes.add(
    ["post", `${path}/respond_to_confirmation`],
    { ...ofConversation, summary: "Allow or reject what waits for an answer", body: ConfirmationAnswer, answer: Success, refuses: [404] },
    async ({ params, body }) => {
      await respond(host, params.conversation_id, body);
      return { success: true };
    },
  );
}

function addReading(routes: Routes, { host, logs }: EventParts): void {
  routes.add(
    ["get", `${path}/search`],
    { ...ofConversation, summary: "Search events", query: EventSearch, answer: EventPage },
    async ({ params: { conversation_id: id }, query, signal }) => {
      const early = logs.isReady(id) ? undefined : await newest(host, id, query);
      const { items, next_page_id } = early ?? (await logs.use(id, (log) => search(log, query, signal)));
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
