import * as z from "zod";
import { modelCatalog } from "../../llm/modelCatalog.ts";
import type { Routes } from "../routes.ts";

const tag = "LLM";

const Subscription = z.object({ vendor: z.literal("openai"), connected: z.boolean(), account_email: z.null(), expires_at: z.null() });

/** `/api/llm/*` (§2.9): what is known of models without asking anybody. */
export function addLlmLists(routes: Routes): void {
  routes.add(
    ["get", "/api/llm/providers"],
    { summary: "Providers of models", tag, answer: z.object({ providers: z.array(z.string()) }) },
    () => ({ providers: Object.keys(modelCatalog) }),
  );
  routes.add(
    ["get", "/api/llm/models"],
    {
      summary: "Models, with their providers",
      tag,
      query: z.object({ provider: z.string().optional() }),
      answer: z.object({ models: z.array(z.string()) }),
    },
    ({ query: { provider } }) => ({ models: modelsOf(provider) }),
  );
  routes.add(
    ["get", "/api/llm/models/verified"],
    { summary: "Models by provider", tag, answer: z.object({ models: z.record(z.string(), z.array(z.string())) }) },
    () => ({ models: modelCatalog }),
  );
  routes.add(
    ["get", "/api/llm/subscription/openai/status"],
    { summary: "Whether a ChatGPT subscription is used; never", tag, answer: Subscription },
    () => ({
      vendor: "openai",
      connected: false,
      account_email: null,
      expires_at: null,
    }),
  );
}

function modelsOf(provider: string | undefined): readonly string[] {
  return Object.entries(modelCatalog)
    .filter(([name]) => provider === undefined || name === provider)
    .flatMap(([name, models]) => models.map((model) => `${name}/${model}`))
    .toSorted();
}
