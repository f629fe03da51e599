import { randomUUID } from "node:crypto";
import * as z from "zod";
import { type MessageInput, StartConversationRequest } from "../../protocol/agentServer/conversations.ts";
import type { ChatMessage, Completion, CompletionRequest } from "../../protocol/agentServer/openai.ts";
import { type AgentSettings } from "../../protocol/agentServer/settings.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import { Refusal } from "../answers.ts";
import { sendMessage } from "../events/talk.ts";
import type { Creation } from "../hosting/create.ts";
import { finalResponse } from "../hosting/finalResponse.ts";
import type { Hosting } from "../hosting/hosting.ts";
import type { Stores } from "../settings/stores.ts";

export interface Completions {
  readonly hosting: Hosting;
  readonly creation: Creation;
  readonly stores: Pick<Stores, "profiles" | "settings">;
}

export const modelPrefix = "openhands_";

/**
 * Gives the newest message of a person to an agent with the model of that profile: in a new conversation, or in the one that the client names. Throws
 * a Refusal.
 */
export async function beginCompletion(
  { hosting, creation, stores }: Completions,
  request: CompletionRequest,
  named: ConversationId | undefined,
): Promise<ConversationId> {
  const content = contentOf(request.messages.findLast(({ role }) => role === "user"));
  const llm = await modelOf(stores, request.model);
  if (named !== undefined && (await hosting.options.sight.find(named)) !== undefined) {
    await sendMessage(hosting.host, named, { role: "user", content, run: true });
    return named;
  }
  const { agent_settings, conversation_settings: how } = await stores.settings.read();
  const { id } = await creation.create(
    StartConversationRequest.parse({
      workspace: { working_dir: hosting.options.workspace ?? "." },
      agent_settings: { ...withSuffix(agent_settings, systemTextOf(request.messages)), llm },
      conversation_id: named ?? null,
      initial_message: { role: "user", content, run: true },
      max_iterations: how.max_iterations,
      confirmation_policy: { kind: how.confirmation_mode ? "AlwaysConfirm" : "NeverConfirm" },
      security_analyzer: how.security_analyzer === "llm" ? { kind: "LLMSecurityAnalyzer" } : null,
      autotitle: false,
    }),
    new AbortController().signal,
  );
  return id;
}

/** What the agent answers in the end. When the signal aborts first, the agent works on. Throws a Refusal when it could not finish. */
export async function endCompletion(
  { hosting }: Completions,
  { id, model }: { readonly id: ConversationId; readonly model: string },
): Promise<Completion> {
  await hosting.host.settled(id);
  const { state } = await hosting.look(id);
  const { execution_status: status, usage } = state;
  if (status === "error" || status === "stuck") throw new Refusal(500, `The agent's run ended with the status ${status}.`);
  if (status === "paused" || status === "waiting_for_confirmation")
    throw new Refusal(409, `The agent's run stands with the status ${status}: go on with conversation ${id}.`);
  return {
    id: `chatcmpl-${randomUUID().replaceAll("-", "")}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: await finalResponse(hosting.host, id) } }],
    usage: {
      prompt_tokens: usage.prompt_tokens,
      completion_tokens: usage.completion_tokens,
      total_tokens: usage.prompt_tokens + usage.completion_tokens,
    },
  };
}

async function modelOf({ profiles }: Completions["stores"], model: string): Promise<object> {
  const name = model.startsWith(modelPrefix) ? model.slice(modelPrefix.length) : "";
  const llm = name === "" ? undefined : await profiles.llmOf(name);
  if (llm === undefined) throw new Refusal(404, `There is no model "${model}". GET /v1/models lists those that are.`);
  return llm;
}

function contentOf(message: ChatMessage | undefined): MessageInput["content"] {
  if (message === undefined) throw new Refusal(400, "There must be a message of the role user.");
  const { content } = message;
  if (typeof content === "string") return [{ type: "text", text: content }];
  return (content ?? []).map((part) => {
    if (part.type === "text") return { type: "text", text: part.text };
    return { type: "image", image_urls: [typeof part.image_url === "string" ? part.image_url : part.image_url.url] };
  });
}

/** What the client tells the agent beside: it goes behind the agent's own prompt. */
function systemTextOf(messages: readonly ChatMessage[]): string {
  const texts = messages.filter(({ role }) => role === "system" || role === "developer").map(textOf);
  return texts.filter((text) => text !== "").join("\n\n");
}

function textOf({ content }: ChatMessage): string {
  if (typeof content === "string") return content;
  return (content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

const Suffixed = z.looseObject({ agent_context: z.looseObject({ system_message_suffix: z.string().nullish() }).nullish() });

function withSuffix(settings: AgentSettings, text: string): object {
  if (text === "") return settings;
  const { agent_context: context, ...rest } = Suffixed.parse(settings);
  const suffix = [context?.system_message_suffix ?? "", text].filter((part) => part !== "").join("\n\n");
  return { ...rest, agent_context: { ...context, system_message_suffix: suffix } };
}
