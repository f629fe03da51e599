import * as z from "zod";
import {
  ConversationCount,
  ConversationInfo,
  ConversationPage,
  ConversationPath,
  ConversationSearch,
  InfoQuery,
  StartConversationRequest,
  Success,
  UpdateConversationRequest,
  WireConversationId,
} from "../../protocol/agentServer/conversations.ts";
import { parsed } from "../answers.ts";
import type { Routes } from "../routes.ts";
import { Creation } from "./create.ts";
import type { Hosting } from "./hosting.ts";
import { pageOf } from "./listing.ts";

const tag = "Conversations";
const success = { success: true };

/** `/api/conversations`: beginning, finding, naming and deleting them (agent-server protocol §2.2). */
export function addConversations(routes: Routes, hosting: Hosting): void {
  const creation = new Creation(hosting);
  const begin = {
    summary: "Begin a conversation",
    tag,
    query: InfoQuery,
    body: StartConversationRequest,
    status: 201,
    answer: ConversationInfo,
    refuses: [429],
  } as const;
  routes.add(["post", "/api/conversations"], begin, async ({ c, query, body, signal }) => {
    const { id, isNew } = await creation.create(body, signal);
    return c.json(await hosting.infoOf(id, { skills: query.include_skills }), isNew ? 201 : 200);
  });
  const search = { summary: "Find conversations", tag, query: ConversationSearch, answer: ConversationPage };
  routes.add(["get", "/api/conversations/search"], search, async ({ query }) => {
    const { items, next_page_id } = pageOf(await hosting.rows(), query);
    return { items: await hosting.infosOf(items, { skills: query.include_skills }), next_page_id };
  });
  const count = { summary: "Count conversations", tag, query: ConversationCount, answer: z.number() };
  routes.add(["get", "/api/conversations/count"], count, async ({ query: { status } }) => {
    const all = await hosting.options.sight.all();
    return [...all.values()].filter(({ state }) => status === undefined || state.execution_status === status).length;
  });
  const batch = { summary: "Conversations by their ids", tag, query: InfoQuery, answer: z.array(ConversationInfo.nullable()) };
  routes.add(["get", "/api/conversations"], batch, async ({ c, query }) => {
    const { ids } = parsed({ ids: c.req.queries("ids") }, { schema: BatchIds, place: "query" });
    return Promise.all(ids.map(async (id) => hosting.infoOf(id, { skills: query.include_skills }).catch(() => null)));
  });
  const one = { summary: "A conversation", tag, params: ConversationPath, query: InfoQuery, answer: ConversationInfo };
  routes.add(["get", "/api/conversations/:conversation_id"], one, ({ params, query }) =>
    hosting.infoOf(params.conversation_id, { skills: query.include_skills }),
  );
  addChanges(routes, hosting);
}

const BatchIds = z.object({ ids: z.array(WireConversationId).min(1).max(99) });

function addChanges(routes: Routes, hosting: Hosting): void {
  const { host } = hosting;
  const change = { summary: "Name or tag a conversation", tag, params: ConversationPath, body: UpdateConversationRequest, answer: Success };
  routes.add(["patch", "/api/conversations/:conversation_id"], change, async ({ params: { conversation_id: id }, body }) => {
    if ((await hosting.options.sight.find(id)) === undefined) return { success: false };
    await hosting.rename(id, body);
    return success;
  });
  const remove = { summary: "Delete a conversation", tag, params: ConversationPath, answer: Success };
  routes.add(["delete", "/api/conversations/:conversation_id"], remove, async ({ params: { conversation_id: id } }) => {
    await hosting.require(id, 400);
    await host.handle({ type: "conversation.delete", conversationId: id });
    hosting.forget(id);
    return success;
  });
}
