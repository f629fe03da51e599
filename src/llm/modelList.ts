import * as z from "zod";
import { readBeginning } from "./boundedAnswer.ts";
import { endpointOf } from "./endpoint.ts";
import { type Place, refused, secretsOf, unreachable, unreadable } from "./failure.ts";
import { httpGet } from "./httpPost.ts";
import { LlmError } from "./llmError.ts";

/** A model that an endpoint says it has. */
export interface ListedModel {
  readonly id: string;
  /** Tokens, as the endpoint tells them; most do not. */
  readonly contextWindow?: number;
}

const tokens = z.number().int().min(1).optional().catch(undefined);

const Listed = z.object({
  id: z.string().min(1),
  /** OpenRouter, vLLM, Groq, and LM Studio's word for it. */
  context_length: tokens,
  max_model_len: tokens,
  context_window: tokens,
  max_context_length: tokens,
});

const List = z.object({ data: z.array(z.unknown()) });

export interface ListOptions {
  /** Absent: OpenAI. */
  readonly baseUrl: string | undefined;
  readonly apiKey: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * The models of an endpoint that speaks the Chat Completions API, sorted, without those that by their names do other things than to chat.
 * Rejects with an LlmError when it does not tell them, and with the signal's reason when aborted.
 */
export async function listModels({ baseUrl, apiKey, signal }: ListOptions): Promise<readonly ListedModel[]> {
  const endpoint = endpointOf(baseUrl, apiKey);
  const url = new URL(endpoint.baseUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/models`;
  const place: Place = { model: "", host: endpoint.host, path: endpoint.path, secrets: secretsOf(apiKey, endpoint.headers) };
  const bearer = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const headers = Object.entries({ accept: "application/json", "user-agent": "OpenHands", ...bearer, ...endpoint.headers });
  const sent = Object.fromEntries(headers.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
  try {
    const answer = await httpGet(url, { headers: sent, signal });
    const text = await readBeginning(answer.body);
    if (answer.status !== 200) throw refused({ status: answer.status, body: bodyOf(text), headers: answer.headers }, place);
    return modelsIn(text, place);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LlmError) throw error;
    throw unreachable(error instanceof Error ? error : new Error(String(error)), place);
  }
}

function modelsIn(text: string, place: Place): readonly ListedModel[] {
  const list = List.safeParse(bodyOf(text));
  if (!list.success) throw unreadable("there is no list of models in it", place);
  const models = list.data.data.flatMap((one) => Listed.safeParse(one).data ?? []);
  const chatting = models.filter(({ id }) => !doesOtherThings.test(id));
  return chatting.map(toListed).toSorted((a, b) => a.id.localeCompare(b.id));
}

function toListed({ id, context_length, max_model_len, context_window, max_context_length }: z.infer<typeof Listed>): ListedModel {
  const contextWindow = context_length ?? max_model_len ?? context_window ?? max_context_length;
  return contextWindow === undefined ? { id } : { id, contextWindow };
}

const doesOtherThings =
  /embed|rerank|whisper|\btts\b|-tts|transcribe|moderation|dall-e|sora|realtime|gpt-image|gpt-audio|davinci-002|babbage/i;

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
