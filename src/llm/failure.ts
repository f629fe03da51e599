import type { HeaderReader } from "./httpPost.ts";
import { LlmError, type LlmErrorCode, type LlmErrorOptions, type LlmFault } from "./llmError.ts";
import { retryAfterMs } from "./retryAfter.ts";
import { fieldsOf } from "./usage.ts";

/** A request that the server answered with an error, before the stream or in it. */
export interface Refusal {
  /** Absent in a stream, when the error does not name one. */
  readonly status: number | undefined;
  /** The error as the server sent it: JSON, or a text. */
  readonly body: unknown;
  readonly headers: HeaderReader | undefined;
}

/** Whom an error is about. */
export interface Place {
  readonly model: string;
  readonly host: string;
  readonly path: string;
  /** Never to be seen in an error, also when the server repeats them. */
  readonly secrets: readonly string[];
}

/** The key, and what headers hold: whole, and without the name of a scheme before it. */
export function secretsOf(apiKey: string | undefined, headers: Readonly<Record<string, string | null>>): string[] {
  const given = [apiKey, ...Object.values(headers)].flatMap((value) => (value == null ? [] : [value, value.split(" ").at(-1) ?? ""]));
  return [...new Set(given)].filter((secret) => secret.length >= shortestSecret).toSorted((a, b) => b.length - a.length);
}

/** What is shorter than any real key would make holes in plain words. */
const shortestSecret = 6;

/** What the server said, for a judgement: all that is in it, in lower case; of a whole page, its beginning. */
export function wordsOf({ body }: Refusal): string {
  return (typeof body === "string" ? body : JSON.stringify(body ?? "")).slice(0, 20_000).toLowerCase();
}

export function refused(refusal: Refusal, place: Place): LlmError {
  const [code, sentence] = judge(refusal, place);
  const detail = quoted(sentenceIn(refusal.body), place);
  const fault = refusal.status === proxyLogin ? "unreachable" : undefined;
  return new LlmError(code, detail ? `${sentence} It said: ${detail}` : sentence, { fault, retryAfterMs: retryAfterMs(refusal.headers) });
}

export function unreachable(error: Error, place: Place): LlmError {
  const reason = quoted(reasonOf(error), place);
  const wasReached = /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(reason);
  const what = wasReached ? "closed the connection without an answer" : "cannot be reached";
  const sentence = `${place.host} ${what} (${reason}). Check the address and the network.`;
  return failed(sentence, { error, place, fault: "unreachable" });
}

export function brokenOff(error: Error, place: Place, fault: LlmFault | undefined): LlmError {
  const sentence = `${place.host} broke off its answer (${quoted(reasonOf(error), place)}).`;
  return failed(sentence, { error, place, fault });
}

export function unreadable(error: unknown, place: Place): LlmError {
  const sentence = `The answer of ${place.host} could not be read (${quoted(String(error), place)}).`;
  return failed(sentence, { error, place });
}

/** What a server said, fit to be shown: on one line, at most 300 characters, and without secrets. */
export function quoted(text: string, { secrets }: Pick<Place, "secrets">): string {
  const line = withoutSecrets(text, secrets).replaceAll(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

function failed(
  sentence: string,
  { error, place, fault }: { readonly error: unknown; readonly place: Place; readonly fault?: LlmFault | undefined },
): LlmError {
  const options: LlmErrorOptions = { fault };
  // The cause is for the log, which must not hold the key either.
  const isClean = error instanceof Error && withoutSecrets(String(error.stack), place.secrets) === error.stack;
  return new LlmError("LLMServiceUnavailableError", sentence, isClean ? { ...options, cause: error } : options);
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "[key]"), text);
}

/** Proxy Authentication Required (RFC 9110 §15.5.8). */
const proxyLogin = 407;

type Judgement = readonly [LlmErrorCode, string];

function judge(refusal: Refusal, { model, host, path }: Place): Judgement {
  const words = wordsOf(refusal);
  const status = refusal.status ?? 0;
  if (status === proxyLogin) return ["LLMServiceUnavailableError", `${host} cannot be reached: a proxy on the way wants a login.`];
  if (status === 402 || noCredit.test(words)) return ["LLMQuotaExceededError", `The account at ${host} has no credit left.`];
  if (policy.test(words)) return ["LLMContentPolicyViolationError", `${host} refused the content.`];
  if (status === 401 || status === 403 || wrongKey.test(words))
    return ["LLMAuthenticationError", `${host} refused the API key. Set another key.`];
  if (status === 413 || tooLong.test(words) || (status !== 429 && tooLongUnlessLimited.test(words)))
    return ["LLMContextWindowExceedError", `The conversation is longer than ${model} can read.`];
  if (status === 429 || limited.test(words)) return ["LLMRateLimitError", `${host} is limiting requests.`];
  if (status >= 400 && noTools.test(words))
    return ["LLMBadRequestError", `${model} takes no tools at ${host}, and the agent cannot work without them. Choose another model.`];
  if (isNoEndpoint(status, words) && !/\/v\d/.test(path)) return ["LLMBadRequestError", wrongPath(host, path)];
  if (status === 404)
    return ["LLMBadRequestError", `${host} does not know the model "${model}". Select another model, or check the base URL.`];
  if (status >= 400 && status < 500 && status !== 408 && status !== 409) {
    if (badHistory.test(words))
      return ["LLMMalformedConversationHistoryError", `${host} refused the order of the conversation's messages (${status}).`];
    return ["LLMBadRequestError", `${host} refused the request (${status}).`];
  }
  const sentence = status === 0 ? `${host} broke off its answer.` : `${host} is not able to answer now (${status}).`;
  return ["LLMServiceUnavailableError", sentence];
}

/** LM Studio answers 200 at any address. */
function isNoEndpoint(status: number, words: string): boolean {
  return words.includes("unexpected endpoint") || (status === 404 && !/\bmodel\b/.test(words));
}

function wrongPath(host: string, path: string): string {
  return `${host} has no chat completions below "${path}". The path of most base URLs ends in /v1: correct the base URL.`;
}

const noCredit = /insufficient[_ ](quota|credits?|balance|funds)|billing_hard_limit|credit balance is too low|out of credits/;
const policy = /content_filter|content_policy|content management policy|responsible_?ai|prohibited_content|requires moderation/;
const wrongKey = /(invalid|incorrect|wrong)[_ ](api|x-api)[_ -]key|api[_ ]key[_ ](not valid|invalid|is invalid)|invalid authentication/;
const noTools = /does not support (tools|function)|support tool use|tool (use|calling) is not supported|requires --enable-auto-tool-choice/;
const limited = /rate_limit_(error|exceeded)|too_many_requests/;

/** How providers say that the prompt is longer than the window: by their codes and by their sentences. */
const tooLong = new RegExp(
  [
    "context[_ ](length|window|size)[_ ]exceeded|exceed_context_size|model_context_window_exceeded|string_above_max_length",
    "(maximum|exceeds? the( model's)?|than the|available) context[ _-]?(length|window|size)|maximum (model|prompt) length",
    "prompt is too long|input is too long|prompt too long|prompt exceeds max|exceeds the (model's )?(context|maximum number of tokens)",
    "input token count .*exceeds|input length .*exceeds|exceeded model token limit|exceeds? (the )?model'?s? .*token limit",
    "context window exceeds limit|too large for model with|request[_ ]too[_ ]large|must have less than \\d+ tokens|reduce the length of the (messages|prompt|input)",
  ].join("|"),
);

/** Of a rate limit on tokens these words mean something else. */
const tooLongUnlessLimited = /context[_ ](length|window|size)|too many tokens|exceeds? .*token limit/;

/** How providers say that calls and results do not fit together, or that roles do not take turns. */
const badHistory = new RegExp(
  [
    "tool_calls['\"`\\\\]* must be followed by|role ['\"`\\\\]*tool['\"`\\\\]* must be a response|tool_call_ids? (did not|not found|without)",
    "tool_use[`'\"\\\\]* ids? |tool_result[`'\"\\\\]* block|roles? must alternate|unexpected role|expected last role",
    "function call turn|function response turn|number of function (response|call)|same number of function calls",
    "thought_signature|thinking[`'\"\\\\]* blocks? |missing [`'\"\\\\]*reasoning_content|no tool (call|output) found",
  ].join("|"),
);

/** The sentence in an error, wherever a server puts it; else all of it. */
function sentenceIn(body: unknown): string {
  if (typeof body === "string") return body;
  if (Array.isArray(body)) return body.map(sentenceIn).join(" ");
  const { error, message, detail, msg, metadata } = fieldsOf(body);
  const inner = error ?? message ?? detail ?? msg;
  if (inner === undefined || inner === null) return body === undefined || body === null ? "" : JSON.stringify(body);
  // A router's own sentence says only that somebody else refused.
  const { raw } = fieldsOf(metadata);
  return typeof raw === "string" ? `${sentenceIn(inner)} ${raw}` : sentenceIn(inner);
}

/** Because Node hides why a connection failed in a chain of causes. */
function reasonOf(error: Error): string {
  let at: unknown = error;
  let reason = error.message;
  for (let depth = 0; depth < 5 && at instanceof Error; depth++) {
    // Of what TLS does not like the code says nothing.
    reason = "code" in at && typeof at.code === "string" && at.code !== "EPROTO" ? at.code : at.message || reason;
    at = at.cause;
  }
  return reason;
}
