import { modelsAt } from "./knownModels.ts";

/** The models that are known, by the names that clients of the agent-server protocol have for providers; those without any have their own. */
export const modelCatalog: Readonly<Record<string, readonly string[]>> = {
  anthropic: modelsAt("api.anthropic.com"),
  azure: [],
  deepseek: modelsAt("api.deepseek.com"),
  gemini: modelsAt("generativelanguage.googleapis.com"),
  groq: modelsAt("api.groq.com"),
  hosted_vllm: [],
  litellm_proxy: [],
  lm_studio: [],
  mistral: modelsAt("api.mistral.ai"),
  ollama: [],
  openai: modelsAt("api.openai.com"),
  openrouter: [],
  xai: modelsAt("api.x.ai"),
};
