import * as vscode from "vscode";
import { type ListedModel, listModels } from "../../llm/modelList.ts";

/** An endpoint that a person may choose by its name. */
export interface KnownEndpoint {
  readonly name: string;
  readonly detail: string;
  /** Absent: OpenAI's own; null: the person gives it. */
  readonly baseUrl: string | undefined | null;
  readonly sampleModel: string;
}

const ollama: KnownEndpoint = {
  name: "Ollama",
  detail: "Models on this machine",
  baseUrl: "http://127.0.0.1:11434/v1",
  sampleModel: "qwen3-coder",
};
const lmStudio: KnownEndpoint = {
  name: "LM Studio",
  detail: "Models on this machine",
  baseUrl: "http://127.0.0.1:1234/v1",
  sampleModel: "qwen/qwen3-coder-30b",
};

export const knownEndpoints: readonly KnownEndpoint[] = [
  { name: "OpenAI", detail: "Needs an API key", baseUrl: undefined, sampleModel: "gpt-5" },
  ollama,
  lmStudio,
  {
    name: "OpenRouter",
    detail: "Models of many makers; needs an API key",
    baseUrl: "https://openrouter.ai/api/v1",
    sampleModel: "qwen/qwen3-coder",
  },
  {
    name: "Other OpenAI-compatible endpoint…",
    detail: "vLLM, LiteLLM, Azure, Anthropic, Gemini and others, by their address",
    baseUrl: null,
    sampleModel: "qwen3-coder",
  },
];

export interface LocalServer {
  readonly name: string;
  readonly baseUrl: string;
  readonly models: readonly ListedModel[];
}

const patienceMs = 500;

/** The model servers of this machine that answer at once. Nothing beyond the loopback is asked, and only when this is called. */
export async function findLocalServers(signal: AbortSignal): Promise<readonly LocalServer[]> {
  const found = await Promise.all([ollama, lmStudio].map((endpoint) => lookAt(endpoint, signal)));
  return found.filter((server) => server !== undefined);
}

async function lookAt({ name, baseUrl }: KnownEndpoint, signal: AbortSignal): Promise<LocalServer | undefined> {
  if (!baseUrl) return undefined;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  return listModels({ baseUrl, apiKey: undefined, signal: deadline }).then(
    (models) => ({ name, baseUrl, models }),
    // Nobody is there, or somebody else: neither is worth a word.
    () => undefined,
  );
}

/** The models that VS Code offers; none when it has none, or an older version fails to say so. */
export async function offeredModels(): Promise<readonly vscode.LanguageModelChat[]> {
  return Promise.resolve(vscode.lm.selectChatModels()).catch(() => []);
}
