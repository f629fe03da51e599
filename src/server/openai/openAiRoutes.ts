import type { Context } from "hono";
import { WireConversationId } from "../../protocol/agentServer/conversations.ts";
import { Completion, CompletionRequest, conversationHeader, ModelList } from "../../protocol/agentServer/openai.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import { parsed } from "../answers.ts";
import type { Routes } from "../routes.ts";
import { beginCompletion, type Completions, endCompletion, modelPrefix } from "./completions.ts";
import { streamed } from "./streamed.ts";

const tag = "OpenAI";

/** `/v1`: agents as OpenAI's clients ask models; each profile is a model. Refusals have OpenAI's shape. */
export function addOpenAi(routes: Routes, completions: Completions): void {
  routes.app.use("/v1/*", async (c, next) => {
    await next();
    if (c.res.status >= 400) c.res = await asOpenAi(c.res);
  });
  routes.add(["get", "/v1/models"], { summary: "The profiles as models", tag, answer: ModelList }, async () => {
    const names = (await completions.stores.profiles.list()).map(({ name }) => `${modelPrefix}${name}`);
    return { object: "list", data: names.toSorted().map((id) => ({ id, object: "model", created: 0, owned_by: "openhands" })) };
  });
  const shape = { summary: "Ask an agent", tag, body: CompletionRequest, answer: Completion, refuses: [400, 404, 409, 500] };
  routes.add(["post", "/v1/chat/completions"], shape, async ({ c, body, signal }) => {
    const id = await beginCompletion(completions, body, namedIn(c));
    const end = endCompletion(completions, { id, model: body.model });
    c.header(conversationHeader, id);
    if (!body.stream) return end;
    return streamed({
      model: body.model,
      withUsage: body.stream_options?.include_usage ?? false,
      headers: { [conversationHeader]: id },
      end,
      signal,
    });
  });
}

function namedIn(c: Context): ConversationId | undefined {
  const given = c.req.header(conversationHeader);
  return given === undefined ? undefined : parsed(given, { schema: WireConversationId, place: "path" });
}

/** The sentence of a refusal in the shape that OpenAI's clients read. */
async function asOpenAi(answer: Response): Promise<Response> {
  const body: unknown = await answer.json().catch(() => ({}));
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  return Response.json(openAiError(answer.status, messageIn(body)), { status: answer.status, headers });
}

function messageIn(body: unknown): string {
  if (typeof body !== "object" || body === null || !("detail" in body)) return "The request failed.";
  if (Array.isArray(body.detail)) return body.detail.map(issueText).join("; ");
  if ("exception" in body && typeof body.exception === "string") return body.exception.replace(/^\d{3}: /, "");
  return String(body.detail);
}

function issueText(issue: { readonly loc?: readonly unknown[]; readonly msg?: string }): string {
  return `${(issue.loc ?? []).slice(1).join(".")}: ${issue.msg ?? ""}`;
}

function openAiError(status: number, message: string): object {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message, type, param: null, code: status === 404 ? "model_not_found" : null } };
}
