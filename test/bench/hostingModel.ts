// The model of many conversations at once, in a process of its own: each answer is one short command, a moment after it was asked for.
import { setTimeout as sleep } from "node:timers/promises";
import { type FakeAnswer, startFakeLlm } from "../support/fakeLlmServer.ts";
import type { Gate } from "../support/scripts.ts";

const [thinkMs = "300"] = process.argv.slice(2);
const mostAnswers = 100_000;

/** A gate that opens by itself. */
const thinking: Gate = { reached: Promise.resolve(), release: () => undefined, pass: () => sleep(Number(thinkMs)) };
const answers = Array.from(
  { length: mostAnswers },
  (_, step): FakeAnswer => ({
    gate: thinking,
    text: "I look at the next one, and then I go on with what is left to do.",
    toolCalls: [{ id: `call-${step}`, name: "terminal", arguments: { command: `echo ${step}` } }],
  }),
);
const { url } = await startFakeLlm(answers);
console.log(url);
