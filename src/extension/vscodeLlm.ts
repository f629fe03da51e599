import * as vscode from "vscode";
import * as z from "zod";
import { withDeadlines } from "../llm/deadlines.ts";
import { refused } from "../llm/failure.ts";
import type { ChatMessage, Llm, LlmChunk, LlmReply, LlmRequest } from "../llm/llm.ts";
import { LlmError } from "../llm/llmError.ts";
import { withRetry } from "../llm/retry.ts";
import { partsOfVscodeModel } from "../llm/vscodeModel.ts";
import type { MessageToolCall } from "../protocol/content.ts";
import { messageOf } from "../protocol/thrown.ts";
import { toVscodeMessages } from "./vscodeMessages.ts";

/** A person may have to read VS Code's question whether we may use the model before anything comes. */
const deadlines = { firstByteMs: 5 * 60_000, idleMs: 90_000 };

/** The model of VS Code that `name` stands for. Rejects with an LlmError when VS Code does not offer it (any more). */
export async function openVscodeLlm(name: string): Promise<Llm> {
  const { vendor, id } = partsOfVscodeModel(name);
  const [model] = await vscode.lm.selectChatModels({ vendor, id });
  if (model === undefined) throw notOffered(name);
  return withRetry(vscodeLlm(model, name));
}

const Capabilities = z.object({ capabilities: z.object({ supportsImageToText: z.boolean() }) });

/**
 * A model that VS Code offers, behind the same interface as the others. VS Code asks the person once whether we may use it, so it is only
 * asked when they have sent something. Token counts are those of the model's own `countTokens`: estimates. Prices are not known.
 */
export function vscodeLlm(model: vscode.LanguageModelChat, name: string): Llm {
  const counts = new WeakMap<ChatMessage, Promise<number>>();
  const hasVision = Capabilities.safeParse(model).data?.capabilities.supportsImageToText;

  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    signal.throwIfAborted();
    const said = { text: "", reasoning: "", toolCalls: Array<MessageToolCall>() };
    try {
      for await (const part of withDeadlines((inner, alive) => open(model, request, { signal: inner, alive }), signal, deadlines)) {
        const chunk = read(part, said.toolCalls);
        if (chunk === undefined) continue;
        said[chunk.type] += chunk.text;
        yield chunk;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw toLlmError(error, model, name);
    }
    if (said.text === "" && said.toolCalls.length === 0) throw new LlmError("LLMNoResponseError", `${model.name} answered with nothing.`);
    const usage = await counted(model, request, { said, counts }).catch(() => undefined);
    const reply: LlmReply = { id: `vscode-${crypto.randomUUID()}`, ...said, isComplete: true, ...(usage ? { usage } : {}) };
    yield { type: "reply", reply };
  }

  return {
    ...{ model: name, isDemo: false, hasPrice: false, stream },
    ...(model.maxInputTokens > 0 ? { maxInputTokens: model.maxInputTokens } : {}),
    ...(hasVision === undefined ? {} : { hasVision }),
  };
}

interface Opening {
  readonly signal: AbortSignal;
  readonly alive: () => void;
}

async function open(
  model: vscode.LanguageModelChat,
  { messages, tools }: LlmRequest,
  { signal, alive }: Opening,
): Promise<AsyncIterable<unknown>> {
  const cancel = new vscode.CancellationTokenSource();
  signal.addEventListener("abort", () => cancel.cancel(), { once: true });
  const options: vscode.LanguageModelChatRequestOptions = {
    justification: "The agent works on your task with this model.",
    tools: tools.map(({ name, description, parameters }) => ({ name, description, inputSchema: parameters })),
  };
  const { stream } = await untilAborted(model.sendRequest(toVscodeMessages(messages), options, cancel.token), signal);
  alive();
  return parts(stream, { signal, alive }, cancel);
}

async function* parts(
  stream: AsyncIterable<unknown>,
  { signal, alive }: Opening,
  cancel: vscode.CancellationTokenSource,
): AsyncGenerator<unknown> {
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal);
      if (next.done) return;
      alive();
      yield next.value;
    }
  } finally {
    cancel.cancel();
    cancel.dispose();
  }
}

/** Because a provider need not listen to its token. */
async function untilAborted<Value>(work: PromiseLike<Value>, signal: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Text and thoughts as they come; calls are collected. Parts that this version does not know say nothing. */
function read(part: unknown, toolCalls: MessageToolCall[]): { readonly type: "text" | "reasoning"; readonly text: string } | undefined {
  if (part instanceof vscode.LanguageModelTextPart) return { type: "text", text: part.value };
  if (part instanceof vscode.LanguageModelToolCallPart) {
    const { callId: id, name, input } = part;
    toolCalls.push({ id, name, arguments: JSON.stringify(input), origin: "completion" });
    return undefined;
  }
  const thinking = Thinking.safeParse(part).data;
  return thinking && isNamed(part, "LanguageModelThinkingPart") ? { type: "reasoning", text: [thinking.value].flat().join("") } : undefined;
}

/** Not in the stable API: some models send it where their maker's extension may. */
const Thinking = z.object({ value: z.union([z.string(), z.array(z.string())]) });

function isNamed(part: unknown, name: string): boolean {
  const known: unknown = Reflect.get(vscode, name);
  return typeof known === "function" && part instanceof known;
}

interface Counting {
  readonly said: Pick<LlmReply, "text" | "reasoning" | "toolCalls">;
  /** Messages do not change, and are counted once. */
  readonly counts: WeakMap<ChatMessage, Promise<number>>;
}

async function counted(
  model: vscode.LanguageModelChat,
  { messages, tools }: LlmRequest,
  { said, counts }: Counting,
): Promise<LlmReply["usage"]> {
  const count = (text: string): Promise<number> => Promise.resolve(model.countTokens(text));
  const ofMessage = (message: ChatMessage): Promise<number> => {
    const known = counts.get(message) ?? count(textsOf(message));
    counts.set(message, known);
    return known;
  };
  const calls = said.toolCalls.map((call) => call.name + call.arguments).join("\n");
  const [offered, spoken, ...prompt] = await Promise.all([
    count(JSON.stringify(tools)),
    count([said.text, said.reasoning, calls].join("\n")),
    ...messages.map(ofMessage),
  ]);
  const prompt_tokens = prompt.reduce((sum, tokens) => sum + tokens, offered);
  return { prompt_tokens, completion_tokens: spoken, cache_read_tokens: 0, reasoning_tokens: 0 };
}

function textsOf(message: ChatMessage): string {
  const { content } = message;
  const text = typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  const calls = message.role === "assistant" ? message.toolCalls.map((call) => call.name + call.arguments) : [];
  return [text, ...calls].join("\n");
}

function notOffered(name: string): LlmError {
  return new LlmError(
    "LLMBadRequestError",
    `VS Code does not offer the model "${name}" now. Sign in to its provider, or select another model.`,
  );
}

const Coded = z.object({ code: z.string() });

/** VS Code's own errors by their code; what the model's provider says by its words, as with endpoints. */
function toLlmError(error: unknown, model: vscode.LanguageModelChat, name: string): LlmError {
  if (error instanceof LlmError) return error;
  const said = messageOf(error);
  switch (Coded.safeParse(error).data?.code) {
    case "NoPermissions":
      return new LlmError(
        "LLMAuthenticationError",
        `OpenHands may not use ${model.name}. Send again and allow it, or select another model. VS Code said: ${said}`,
        { cause: error },
      );
    case "Blocked":
      return new LlmError("LLMQuotaExceededError", `${model.name} is blocked for now; its quota may be used up. VS Code said: ${said}`, {
        cause: error,
      });
    case "NotFound":
      return notOffered(name);
    default:
      return refused(
        { status: undefined, body: said, headers: undefined },
        { model: model.name, host: model.vendor, path: "/v1", secrets: [] },
      );
  }
}
