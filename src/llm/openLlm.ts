import type { LlmRef } from "../protocol/state.ts";
import type { Deadlines } from "./deadlines.ts";
import { demoModel, openDemo } from "./demo.ts";
import type { Llm } from "./llm.ts";
import { LlmError } from "./llmError.ts";
import type { HowToAsk } from "./openai.ts";
import { type RetryOptions, withRetry } from "./retry.ts";
import { isVscodeModel, onlyInVscode } from "./vscodeModel.ts";

export interface LlmSources {
  readonly demoFolder: string;
  readonly demoWordDelayMs: number;
  /** The key for the endpoint, when the person has set one. */
  readonly apiKey: string | undefined;
}

/** The folder that a conversation works in, for a model that knows it. */
export interface WorkFolder {
  /** On this machine. */
  readonly host: string;
  /** As the agent sees it, which in a sandbox is another path. */
  readonly shown: string;
}

const openAiHost = "api.openai.com";

/** The model that `ref` names, ready to be asked. Rejects with an LlmError when its address is none, or it needs a key and there is none. */
export async function openLlm(ref: LlmRef, { host, shown }: WorkFolder, sources: LlmSources): Promise<Llm> {
  if (ref.model === demoModel) {
    const demo = await openDemo({ folder: sources.demoFolder, workingDir: host, shownDir: shown, wordDelayMs: sources.demoWordDelayMs });
    return demo.llm;
  }
  if (isVscodeModel(ref)) throw onlyInVscode(ref.model);
  return openedLlm(ref, { apiKey: sources.apiKey });
}

/** How an endpoint is asked, beside what the model's own entry says. */
export interface Asking extends HowToAsk {
  readonly apiKey: string | undefined;
  readonly deadlines?: Deadlines;
  readonly retry?: RetryOptions;
  /** Whether it shall be shown no images. */
  readonly isBlind?: boolean;
}

/** The model behind an endpoint that speaks Chat Completions. Rejects with an LlmError like `openLlm`. */
export async function openedLlm(ref: LlmRef, { apiKey, retry, isBlind = false, ...how }: Asking): Promise<Llm> {
  if (ref.base_url !== undefined && !/^https?:$/.test(URL.parse(ref.base_url)?.protocol ?? "")) {
    throw new LlmError(
      "LLMBadRequestError",
      `The base URL "${ref.base_url}" is not an http or https address. Correct it, or choose another model.`,
    );
  }
  const { username, password } = new URL(ref.base_url ?? `https://${openAiHost}`);
  if (username || password) {
    throw new LlmError("LLMBadRequestError", "The base URL holds a name or a password. Take it out, and set an API key instead.");
  }
  if (!/^[\x21-\x7e]*$/.test(apiKey?.trim() ?? "")) {
    throw new LlmError(
      "LLMAuthenticationError",
      `The API key for ${ref.model} has a blank or a letter in it that no key has, so it was not sent. Set it again.`,
    );
  }
  if (apiKey === undefined && needsKey(ref)) {
    throw new LlmError("LLMAuthenticationError", `${ref.model} needs an API key, and none is set. Set one, or choose another model.`);
  }
  // The client is loaded when it is first needed: it is the largest part of the bundle.
  const [{ openAiLlm }, { factsOf }] = await Promise.all([import("./openai.ts"), import("./knownModels.ts")]);
  const facts = { ...factsOf(ref), ...(isBlind ? { hasVision: false } : {}) };
  return withRetry(openAiLlm({ ...how, model: ref.model, baseUrl: ref.base_url, apiKey: apiKey?.trim(), facts }), retry);
}

/** Whether the model cannot be asked without a key. */
export function needsKey({ model, base_url }: LlmRef): boolean {
  if (model === demoModel || isVscodeModel({ model, base_url })) return false;
  return base_url === undefined || URL.parse(base_url)?.host === openAiHost;
}
