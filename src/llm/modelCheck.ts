import * as z from "zod";
import { textContent } from "../protocol/content.ts";
import type { Llm, LlmReply, LlmRequest, ToolSpec } from "./llm.ts";
import { isTransient, LlmError } from "./llmError.ts";

export type CheckName = "streaming" | "tools" | "images" | "context" | "price";

/**
 * What was found. `unknown` is not `failed`: it could not be told this time. `limited` works, but not as well as it could.
 * The detail is a sentence for the person, with the endpoint's own words where it refused.
 */
export interface CheckResult {
  readonly name: CheckName;
  readonly outcome: "passed" | "limited" | "failed" | "unknown";
  readonly detail: string;
}

export type CheckStep = { readonly name: CheckName; readonly outcome: "running" } | CheckResult;

/**
 * Asks the model three small questions, and yields each check as it begins and as it ends. Throws nothing but the signal's reason: what
 * the model cannot do is a result. When it cannot be asked at all, the other questions are not asked.
 */
export async function* checkModel(llm: Llm, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const asked: Asked[] = [];
  const question: Question = async (request) => {
    const answer = await ask(llm, request, signal);
    asked.push(answer);
    return answer;
  };
  let isReachable = true;
  for (const [name, check] of questions) {
    if (!isReachable) {
      yield { name, outcome: "unknown", detail: "Not asked, because the first question was not answered." };
      continue;
    }
    yield { name, outcome: "running" };
    const result = await judged(name, signal, () => check(question, llm));
    isReachable = asked.length > 0;
    yield result;
  }
  yield contextOf(llm);
  yield priceOf(llm, asked);
}

type Verdict = Omit<CheckResult, "name">;
type Question = (request: LlmRequest) => Promise<Asked>;
type Check = (ask: Question, llm: Llm) => Promise<Verdict>;

async function judged(name: CheckName, signal: AbortSignal, check: () => Promise<Verdict>): Promise<CheckResult> {
  try {
    return { name, ...(await check()) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LlmError)) throw error;
    return { name, outcome: isTransient(error) ? "unknown" : "failed", detail: error.message };
  }
}

const questions: readonly (readonly [CheckName, Check])[] = [
  ["streaming", checkStreaming],
  ["tools", checkTools],
  ["images", checkImages],
];

async function checkStreaming(ask: Question): Promise<Verdict> {
  const { reply, firstTextMs, pieces } = await ask({
    messages: [user("Count from one to twenty in words. Write nothing else.")],
    tools: [],
  });
  if (firstTextMs === undefined) return { outcome: "failed", detail: "The answer was empty." };
  const first = `The first text came after ${Math.round(firstTextMs)} ms`;
  if (pieces > 1) return { outcome: "passed", detail: `${first}, the answer in ${pieces} pieces.` };
  if (reply.text.length < 20) return { outcome: "unknown", detail: `${first}. The answer was too short to come in pieces.` };
  return { outcome: "limited", detail: `${first}, and with it the whole answer: you will not see replies while they are written.` };
}

const tool: ToolSpec = {
  name: "report_number",
  description: "Reports a number. It has no effect.",
  parameters: { type: "object", properties: { number: { type: "integer", description: "The number to report." } }, required: ["number"] },
};
const expected = 417;
const Report = z.object({ number: z.number() });

async function checkTools(ask: Question): Promise<Verdict> {
  const { reply } = await ask({ messages: [user(`Call the tool ${tool.name} with the number ${expected}.`)], tools: [tool] });
  const [call] = reply.toolCalls;
  if (call === undefined) return { outcome: "failed", detail: `It was asked to call a tool and did not. ${wordsOf(reply)}` };
  if (call.name !== tool.name) return { outcome: "failed", detail: `It called a tool "${call.name}" that there is not.` };
  if (!reply.isComplete) return { outcome: "failed", detail: "Its answer ended before its end." };
  const isRight = Report.safeParse(parsed(call.arguments)).data?.number === expected;
  if (!isRight) return { outcome: "failed", detail: `It called the tool with other arguments than it was told: ${short(call.arguments)}` };
  return { outcome: "passed", detail: "It called a tool with the right argument." };
}

/** 32 × 32 pixels, all of one yellow: nobody would guess that. */
const yellowPng =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAJ0lEQVR42u3NMQkAAAwDsPo33anoMQjkT9pMRSAQCAQCgUAgEHwJDl0q+Gok8jNhAAAAAElFTkSuQmCC";

async function checkImages(ask: Question, { hasVision }: Llm): Promise<Verdict> {
  if (hasVision === false)
    return { outcome: "limited", detail: "This model is known to take no images; they are left out of what it reads." };
  const question = textContent("What colour is this picture? Answer with one word.");
  const picture = { type: "image" as const, image_urls: [yellowPng] };
  const { reply } = await ask({ messages: [{ role: "user", content: [question, picture] }], tools: [] });
  if (/yellow/i.test(reply.text)) return { outcome: "passed", detail: "It named the colour of a picture." };
  return { outcome: "limited", detail: `It did not see the colour of a picture, which is yellow. ${wordsOf(reply)}` };
}

function contextOf({ maxInputTokens }: Llm): CheckResult {
  if (maxInputTokens !== undefined) return { name: "context", outcome: "passed", detail: `${maxInputTokens.toLocaleString("en")} tokens.` };
  const detail = "Not known, so long conversations are not summarized in time. A profile can give it.";
  return { name: "context", outcome: "unknown", detail };
}

function priceOf({ hasPrice }: Llm, asked: readonly Asked[]): CheckResult {
  const costs = asked.map(({ reply }) => reply.costUsd);
  const isWhole = costs.length > 0 && costs.every((cost) => cost !== undefined);
  if (hasPrice && isWhole) {
    const sum = costs.reduce((all: number, cost) => all + (cost ?? 0), 0);
    return { name: "price", outcome: "passed", detail: `Known; this test has cost $${sum.toFixed(6)}.` };
  }
  if (hasPrice) return { name: "price", outcome: "passed", detail: "Known." };
  return {
    name: "price",
    outcome: "unknown",
    detail: "Not known, so what a conversation costs is not shown. A profile can give both prices.",
  };
}

interface Asked {
  readonly reply: LlmReply;
  readonly firstTextMs: number | undefined;
  readonly pieces: number;
}

/** One answer. A call that would be made again later is an answer, too: the person waits, so the reason is told at once. */
async function ask(llm: Llm, request: LlmRequest, signal: AbortSignal): Promise<Asked> {
  const start = performance.now();
  let firstTextMs: number | undefined;
  let pieces = 0;
  for await (const chunk of llm.stream(request, signal)) {
    if (chunk.type === "waiting") throw new LlmError("LLMServiceUnavailableError", chunk.reason);
    if (chunk.type === "reply") return { reply: chunk.reply, firstTextMs, pieces };
    if (chunk.type !== "text") continue;
    firstTextMs ??= performance.now() - start;
    pieces++;
  }
  throw new LlmError("LLMNoResponseError", "The answer ended before its end.");
}

const user = (text: string): LlmRequest["messages"][number] => ({ role: "user", content: [textContent(text)] });

const wordsOf = ({ text }: LlmReply): string => (text.trim() === "" ? "It said nothing." : `It said: ${short(text)}`);

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
