// The model of these tests: aimock, a server that others wrote, answering as the person's own message says.
import { type ChatCompletionRequest, type ChatMessage, type Fixture, LLMock } from "@copilotkit/aimock";
import { until } from "../support/until.ts";

/**
 * A message is played line by line, one line for each answer of the model:
 *
 *     Greet me, please.
 *     > terminal echo hello
 *     > say Done.
 *
 * `say TEXT`, `slow TEXT` (streamed in pieces), `terminal COMMAND`, `write PATH TEXT`, `finish TEXT`, `call NAME JSON`, `calls [[NAME, ARGUMENTS], …]`,
 * `and-say TEXT [[NAME, ARGUMENTS], …]`, `think TEXT` (reasoning and nothing else), `fail STATUS TEXT`. With `hold NAME ` before it an answer waits for `release(NAME)`.
 */
export interface PlayedModel extends AsyncDisposable {
  readonly url: string;
  /** As the agent's `llm` has it. */
  llm(more?: Readonly<Record<string, unknown>>): { model: string; [key: string]: unknown };
  /** The bodies of all requests so far. */
  requests(): readonly ChatCompletionRequest[];
  /** Resolves when the answer of that name has been asked for. */
  asked(name: string): Promise<unknown>;
  release(name: string): void;
}

type ResponseFactory = Extract<Fixture["response"], (...given: never[]) => unknown>;
type Answer = Awaited<ReturnType<ResponseFactory>>;

/** Never in a response, a log or an event of the server. */
export const modelKey = "sk-key-of-the-played-model";

/** `host`: the address that it listens at, for an agent that cannot reach loopback. */
export async function startPlayedModel(host = "127.0.0.1"): Promise<PlayedModel> {
  const mock = new LLMock({ port: 0, host, strict: true, logLevel: "silent" });
  const gates = new Map<string, PromiseWithResolvers<void> & { isAsked?: true }>();
  const gateOf = (name: string) => gates.get(name) ?? gates.set(name, Promise.withResolvers()).get(name)!;
  const play: ResponseFactory = async (request) => {
    const [, name, step = ""] = /^(?:hold (\S+) )?(.*)$/s.exec(stepOf(request)) ?? [];
    if (name !== undefined) {
      gateOf(name).isAsked = true;
      await gateOf(name).promise;
    }
    return answerOf(step);
  };
  mock.on({ predicate: (request) => /^(?:hold \S+ )?slow /.test(stepOf(request)) }, play, { chunkSize: 4, latency: 15 });
  mock.on({ predicate: () => true }, play, { chunkSize: 10 });
  await mock.start();
  return {
    url: `${mock.url}/v1`,
    llm: (more = {}) => ({
      usage_id: "agent",
      model: "openai/gpt-4o",
      base_url: `${mock.url}/v1`,
      api_key: modelKey,
      num_retries: 0,
      ...more,
    }),
    requests: () => mock.getRequests().map(({ body }) => body as ChatCompletionRequest),
    asked: (name) => until(`the model to be asked for ${name}`, async () => gateOf(name).isAsked),
    release: (name) => gateOf(name).resolve(),
    async [Symbol.asyncDispose]() {
      for (const gate of gates.values()) gate.resolve();
      await mock.stop();
    },
  };
}

/** The line of the newest played message that is next: one for each answer since. What is not an agent's step has no tools. */
function stepOf({ messages, tools }: ChatCompletionRequest): string {
  if (tools === undefined || tools.length === 0) return "say A short answer";
  const at = messages.findLastIndex((message) => message.role === "user" && linesOf(message).length > 0);
  if (at === -1) return "say Nothing was asked.";
  const since = messages.slice(at);
  // An answer without words is not sent again: the agent's reminder stands for it.
  const reminders = JSON.stringify(since).split("Your last answer was empty").length - 1;
  const answers = since.filter(({ role }) => role === "assistant").length + reminders;
  return linesOf(messages[at]!)[answers] ?? "say That is all.";
}

/** Of several messages that were put together, the last one's. */
function linesOf({ content }: ChatMessage): string[] {
  const texts = typeof content === "string" ? [content] : (content ?? []).map(({ text }) => text ?? "");
  const last = texts.flatMap((text) => text.match(/(?:^> .*\n?)+/gm) ?? []).at(-1);
  return (
    last
      ?.trimEnd()
      .split("\n")
      .map((line) => line.slice(2)) ?? []
  );
}

function answerOf(step: string): Answer {
  const [, verb = "", rest = ""] = /^(\S+) ?(.*)$/s.exec(step) ?? [];
  if (verb === "say" || verb === "slow") return { content: rest };
  if (verb === "and-say") {
    const [, content = "", calls = ""] = /^(.*?) (\[.*)$/s.exec(rest) ?? [];
    return { content, toolCalls: toolCalls(callsOf("calls", calls)) };
  }
  if (verb === "think") return { content: "", reasoning: rest };
  if (verb === "fail") return { error: { message: rest.slice(4), type: "invalid_request_error" }, status: Number(rest.slice(0, 3)) };
  return { toolCalls: toolCalls(callsOf(verb, rest)) };
}

function toolCalls(calls: readonly (readonly [string, unknown])[]): { name: string; arguments: string }[] {
  return calls.map(([name, given]) => ({ name, arguments: JSON.stringify(given) }));
}

function callsOf(verb: string, rest: string): readonly (readonly [string, unknown])[] {
  const [, first = "", more = ""] = /^(\S+) ?(.*)$/s.exec(rest) ?? [];
  if (verb === "terminal") return [["terminal", { command: rest, security_risk: "LOW", summary: "run a command" }]];
  if (verb === "write") return [["file_editor", { command: "create", path: first, file_text: `${more}\n`, security_risk: "LOW" }]];
  if (verb === "finish") return [["finish", { message: rest }]];
  if (verb === "call") return [[first, JSON.parse(more)]];
  if (verb === "calls") return JSON.parse(rest) as [string, unknown][];
  throw new Error(`The played model does not know "${verb}".`);
}
