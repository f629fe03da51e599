// A model without delay, in a process of its own: plays the script over Chat Completions (streamed), and times every request.
//
// POST /begin {steps, workspace} starts a new play; GET /report tells about the last one. The first line of output is the port.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { stepAt } from "./script.ts";

/** One play as the model saw it. Times are milliseconds of the machine's monotonic clock. */
export interface Play {
  readonly steps: number;
  readonly workspace: string;
  readonly requests: { readonly arrivedAt: number; readonly sizeBytes: number; answeredAt: number }[];
  readonly problems: string[];
  isOver: boolean;
}

interface Request {
  readonly messages: readonly { readonly role: string; readonly content?: unknown; readonly tool_call_id?: string }[];
  readonly tools: readonly { readonly function: { readonly name: string } }[];
}

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
let play: Play = { steps: 0, workspace: "", requests: [], problems: [], isOver: false };

const server = createServer((request, response) => void handle(request, response, now()));
// An idle connection is never closed between two steps.
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));

async function handle(request: IncomingMessage, response: ServerResponse, arrivedAt: number): Promise<void> {
  const body = await text(request);
  switch (request.url) {
    case "/begin":
      play = { ...(JSON.parse(body) as Pick<Play, "steps" | "workspace">), requests: [], problems: [], isOver: false };
      response.end();
      return;
    case "/report":
      response.end(JSON.stringify(play));
      return;
    case "/v1/chat/completions":
      answer(body, response, arrivedAt);
      return;
    default:
      play.problems.push(`asked for ${request.url}`);
      response.writeHead(404).end();
  }
}

function answer(body: string, response: ServerResponse, arrivedAt: number): void {
  const times = { arrivedAt, sizeBytes: Buffer.byteLength(body), answeredAt: 0 };
  const number = play.requests.push(times);
  const asked = JSON.parse(body) as Request;
  checkResult(number - 1, asked);
  response.writeHead(200, { "content-type": "text/event-stream" });
  const chunks = number <= play.steps ? callOf(number, asked) : endOf(number, asked);
  play.isOver = number > play.steps;
  for (const chunk of chunks)
    response.write(
      `data: ${JSON.stringify({ id: `reply-${number}`, object: "chat.completion.chunk", created: 0, model: "mock", ...chunk })}\n\n`,
    );
  response.end("data: [DONE]\n\n", () => (times.answeredAt = now()));
}

/** The newest message must be the result of the step before. */
function checkResult(number: number, { messages }: Request): void {
  if (number === 0) return;
  const last = messages.at(-1);
  const { proof } = stepAt(number, play.workspace);
  const result = JSON.stringify(last?.content ?? "");
  if (last?.role !== "tool" || last.tool_call_id !== `call-${number}`) play.problems.push(`step ${number} has no result`);
  else if (proof !== undefined && !result.includes(proof)) play.problems.push(`step ${number} has a wrong result: ${result.slice(0, 200)}`);
}

function callOf(number: number, asked: Request): object[] {
  const { tool, args } = stepAt(number, play.workspace);
  if (!hasTool(asked, tool)) play.problems.push(`there is no tool ${tool}`);
  return toolCall(number, tool, args);
}

/** With the finish tool where there is one, else in words. */
function endOf(number: number, asked: Request): object[] {
  if (hasTool(asked, "finish")) return toolCall(number, "finish", { message: "All steps are done." });
  return [delta({ role: "assistant", content: "All steps are done." }), delta({}, "stop"), usage];
}

const hasTool = ({ tools }: Request, name: string): boolean => tools.some((tool) => tool.function.name === name);

/** The arguments come in pieces, as they do from a real one. */
function toolCall(number: number, name: string, args: object): object[] {
  const pieces = JSON.stringify(args).match(/.{1,48}/gs) ?? [];
  const head = { index: 0, id: `call-${number}`, type: "function", function: { name, arguments: "" } };
  return [
    delta({ role: "assistant", content: null, tool_calls: [head] }),
    ...pieces.map((piece) => delta({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
    delta({}, "tool_calls"),
    usage,
  ];
}

function delta(value: object, finish_reason: string | null = null): object {
  return { choices: [{ index: 0, delta: value, finish_reason }] };
}

const usage = { choices: [], usage: { prompt_tokens: 1000, completion_tokens: 20, total_tokens: 1020 } };
