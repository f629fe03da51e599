import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { codeOf } from "../protocol/thrown.ts";
import type { Llm, LlmChunk, LlmRequest } from "./llm.ts";
import { ScriptedReply, scriptedLlm } from "./scripted.ts";

/** The model's name in settings and logs. */
export const demoModel = "demo";

const DemoFile = z.object({ task: z.string(), replies: z.array(ScriptedReply) });

export interface Demo {
  /** What the person would have typed. */
  readonly task: string;
  readonly llm: Llm;
}

export interface DemoOptions {
  /** Holds `replies.json` and the sample `workspace`. */
  readonly folder: string;
  /** Where the task is played: a copy of the sample workspace. */
  readonly workingDir: string;
  /** The same folder as the agent sees it; absent: as it is called here. */
  readonly shownDir?: string;
  readonly wordDelayMs: number;
}

const epilogue = "The recorded demo is over: this model plays one task only. Choose a real model to go on.";
const elsewhere =
  "This is the demo model: it plays one recorded task, and only in its own sample workspace. Open the demo workspace, or choose a real model.";
const again =
  "The demo has been played in this folder: the test is fixed already. Open a fresh demo workspace to see it again, or choose a real model.";

/** The demo model: recorded replies, while the tools really run. In any other folder it says so and does nothing. */
export async function openDemo({ folder, workingDir, shownDir = workingDir, wordDelayMs }: DemoOptions): Promise<Demo> {
  const text = (await readFile(join(folder, "replies.json"), "utf8")).replaceAll("{{workspace}}", JSON.stringify(shownDir).slice(1, -1));
  const { task, replies } = DemoFile.parse(JSON.parse(text));
  const options = { model: demoModel, isDemo: true, wordDelayMs };
  const recorded = scriptedLlm(replies, { ...options, epilogue });

  async function* stream(request: LlmRequest, signal: AbortSignal): AsyncGenerator<LlmChunk> {
    const isBeginning = request.messages.every((message) => message.role !== "assistant");
    const refusal = isBeginning ? await reasonNotToPlay(folder, workingDir) : undefined;
    const llm = refusal === undefined ? recorded : scriptedLlm([{ text: refusal }], options);
    yield* llm.stream(request, signal);
  }
  return { task, llm: { model: demoModel, isDemo: true, hasPrice: true, stream } };
}

/** Whether the folder is a copy of the sample workspace, played or not. */
export async function isDemoWorkspace(folder: string, workingDir: string): Promise<boolean> {
  return (await sample(folder, "package.json")) === (await textAt(workingDir, "package.json"));
}

async function reasonNotToPlay(folder: string, workingDir: string): Promise<string | undefined> {
  if (!(await isDemoWorkspace(folder, workingDir))) return elsewhere;
  return (await sample(folder, "src/date.js")) === (await textAt(workingDir, "src/date.js")) ? undefined : again;
}

const sample = (folder: string, path: string): Promise<string> => readFile(join(folder, "workspace", path), "utf8");

async function textAt(folder: string, path: string): Promise<string | undefined> {
  return readFile(join(folder, path), "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  });
}
