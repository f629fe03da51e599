import { randomUUID } from "node:crypto";
import * as z from "zod";
import {
  AskAgentRequest,
  ConversationInfo,
  ConversationPath,
  ForkRequest,
  InfoQuery,
  NavigateRequest,
  Success,
} from "../../protocol/agentServer/conversations.ts";
import { ConversationId, EventId } from "../../protocol/ids.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import { finalResponse } from "./finalResponse.ts";
import type { Hosting } from "./hosting.ts";
import type { Meta } from "./meta.ts";

const tag = "Conversations";
const path = "/api/conversations/:conversation_id";

/** Where a conversation goes on, what it has come to, and questions about it (agent-server protocol §2.2). */
export function addTree(routes: Routes, hosting: Hosting): void {
  const { host } = hosting;
  const shape = { tag, params: ConversationPath };
  const fork = {
    ...shape,
    summary: "A new conversation with what was said so far",
    body: ForkRequest,
    query: InfoQuery,
    status: 201,
    answer: ConversationInfo,
    refuses: [404, 409, 429],
  } as const;
  routes.add(["post", `${path}/fork`], fork, async ({ params, body, query }) => {
    const id = await forkOf(hosting, params.conversation_id, body);
    return hosting.infoOf(id, { skills: query.include_skills });
  });
  const navigate = {
    ...shape,
    summary: "Go on after an earlier event",
    body: NavigateRequest,
    query: InfoQuery,
    answer: ConversationInfo,
    refuses: [404, 409],
  } as const;
  routes.add(["post", `${path}/navigate`], navigate, async ({ params: { conversation_id: id }, body, query }) => {
    await hosting.require(id);
    await hosting.command({ type: "head.set", conversationId: id, eventId: body.event_id === null ? null : eventIdOf(body.event_id) });
    return hosting.infoOf(id, { skills: query.include_skills });
  });
  const condense = { ...shape, summary: "Make it shorter for the model", answer: Success, refuses: [400, 404] } as const;
  routes.add(["post", `${path}/condense`], condense, async ({ params: { conversation_id: id } }) => {
    await hosting.require(id);
    await hosting.command({ type: "conversation.condense", conversationId: id }, 400);
    return { success: true };
  });
  const last = { ...shape, summary: "What the agent said last", answer: z.object({ response: z.string() }), refuses: [404] } as const;
  routes.add(["get", `${path}/agent_final_response`], last, async ({ params: { conversation_id: id } }) => {
    await hosting.require(id);
    return { response: await finalResponse(host, id) };
  });
  const ask = {
    ...shape,
    summary: "Ask the agent beside its task",
    body: AskAgentRequest,
    answer: z.object({ response: z.string() }),
    refuses: [404],
  } as const;
  routes.add(["post", `${path}/ask_agent`], ask, async ({ params: { conversation_id: id }, body, signal }) => {
    await hosting.require(id);
    try {
      return { response: await host.ask(id, body.question, signal) };
    } catch (error) {
      throw new Refusal(500, messageOf(error));
    }
  });
}

/** What is no id of an event is not there. */
function eventIdOf(text: string): EventId {
  const id = EventId.safeParse(text).data;
  if (id === undefined) throw new Refusal(404, "There is no such event in this conversation.");
  return id;
}

/** What was kept beside the log comes along; nothing is left behind when it fails, and all or nothing after a kill. */
async function forkOf(hosting: Hosting, sourceId: ConversationId, request: z.output<typeof ForkRequest>): Promise<ConversationId> {
  const { metas, sight, fork } = hosting.options;
  await hosting.require(sourceId);
  const id = request.id ?? ConversationId.parse(randomUUID());
  if ((await sight.find(id)) !== undefined) throw new Refusal(409, `There is a conversation ${id} already.`);
  await hosting.checkRoom();
  const atEventId = request.from_event_id == null ? undefined : eventIdOf(request.from_event_id);
  const what = { resetMetrics: request.reset_metrics, ...(atEventId === undefined ? {} : { atEventId }) };
  const source = await metas?.get(sourceId);
  if (metas === undefined || source === undefined || fork === undefined) {
    await hosting.host.handle({ type: "conversation.fork", conversationId: sourceId, forkId: id, ...what });
    return id;
  }
  const meta = forkedMeta(source, sourceId, request);
  await fork(sourceId, id, { ...what, title: request.title ?? undefined, fill: (folder) => metas.putInto(folder, meta) });
  hosting.forget(id);
  return id;
}

function forkedMeta(source: Meta, sourceId: ConversationId, { title, tags, from_event_id }: z.output<typeof ForkRequest>): Meta {
  const now = new Date().toISOString();
  return {
    ...source,
    created_at: now,
    updated_at: now,
    title,
    tags: { ...(tags ?? source.tags), ...(title == null ? {} : { title }) },
    forked_from_conversation_id: sourceId,
    forked_from_event_id: from_event_id,
    parent_conversation_id: undefined,
  };
}
