import assert from "node:assert/strict";
import { factsOf } from "../../../src/llm/knownModels.ts";
import { openAiLlm } from "../../../src/llm/openai.ts";
import { costOf, tellsCost, toldCost } from "../../../src/llm/prices.ts";
import { readUsage } from "../../../src/llm/usage.ts";
import { sse, startFakeLlm } from "../../support/fakeLlmServer.ts";
import { ask, costOfReply, outcomeOf } from "./asking.ts";

const million = 1_000_000;

/** Dollars, to a millionth of a cent. */
const round = (costUsd: number | undefined): number | undefined => costUsd && Math.round(costUsd * 1e8) / 1e8;

function listCost(model: string, usage: Record<string, unknown>, base_url?: string): number | undefined {
  const { price } = factsOf({ model, ...(base_url ? { base_url } : {}) });
  const counted = readUsage(usage);
  return counted && price ? round(costOf(counted, price)) : undefined;
}

describe("the tokens of a reply", () => {
  const shapes: readonly [string, Record<string, unknown>, readonly [number, number, number, number]][] = [
    [
      "OpenAI",
      {
        ...{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: { cached_tokens: 4 } },
        completion_tokens_details: { reasoning_tokens: 2 },
      },
      [10, 5, 4, 2],
    ],
    ["DeepSeek", { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 }, [10, 5, 4, 0]],
    [
      "DeepSeek, twice told",
      { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 4, prompt_tokens_details: { cached_tokens: 4 } },
      [10, 5, 4, 0],
    ],
    ["Moonshot", { prompt_tokens: 10, completion_tokens: 5, cached_tokens: 4 }, [10, 5, 4, 0]],
    ["LiteLLM", { prompt_tokens: 10, completion_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 1 }, [10, 5, 4, 0]],
    // What is in the cache is not part of these names' prompt.
    ["Anthropic", { input_tokens: 5, output_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 1 }, [10, 5, 4, 0]],
    ["Responses", { input_tokens: 10, output_tokens: 5, input_tokens_details: { cached_tokens: 4 } }, [10, 5, 4, 0]],
    // Thinking is in the total only.
    ["Gemini", { prompt_tokens: 10, completion_tokens: 2, total_tokens: 15 }, [10, 5, 0, 0]],
    [
      "xAI",
      { prompt_tokens: 10, completion_tokens: 2, total_tokens: 15, completion_tokens_details: { reasoning_tokens: 3 } },
      [10, 5, 0, 3],
    ],
    [
      "a server that has nulls",
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: null, prompt_tokens_details: null },
      [10, 5, 0, 0],
    ],
    ["a server that has halves", { prompt_tokens: 10.5, completion_tokens: 5 }, [10, 5, 0, 0]],
  ];
  for (const [who, usage, [prompt_tokens, completion_tokens, cache_read_tokens, reasoning_tokens]] of shapes) {
    it(`are read as ${who} sends them`, async () => {
      const { reply } = await ask({ text: "x", usage });
      assert.deepEqual(reply?.usage, { prompt_tokens, completion_tokens, cache_read_tokens, reasoning_tokens });
    });
  }

  const unknowns: readonly Record<string, unknown>[] = [
    {},
    { prompt_tokens: 10 },
    { prompt_tokens: 10, completion_tokens: null },
    { prompt_tokens: -5, completion_tokens: 5 },
    { prompt_tokens: "10", completion_tokens: 5 },
    { prompt_tokens: 10, completion_tokens: 1e18 },
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: -1 },
    { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 11 } },
    { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: -1 } },
  ];
  it("are unknown, and so is the cost, when a count is missing, negative, absurd or contradicts the others", async () => {
    for (const usage of unknowns) {
      const { reply } = await ask({ text: "x", usage });
      assert.deepEqual([reply?.text, reply?.usage], ["x", undefined], JSON.stringify(usage));
      assert.equal(await costOfReply(usage, { input_cost_per_token: 1, output_cost_per_token: 1 }), undefined);
    }
    assert.equal((await ask({ text: "x" })).reply?.usage, undefined);
  });
});

describe("the cost of a reply", () => {
  const usage = { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 40 } };
  const prices = { input_cost_per_token: 0.01, output_cost_per_token: 0.1 };

  it("is what the person's prices make, each token counted once", async () => {
    assert.equal(round(await costOfReply(usage, { ...prices, cache_read_cost_per_token: 0.001 })), 1.64);
    // Without a price for the cache it is never too low.
    assert.equal(round(await costOfReply(usage, prices)), 2);
    assert.equal(await costOfReply(usage, { input_cost_per_token: 0, output_cost_per_token: 0 }), 0);
  });

  it("is unknown, and never zero, without a price: also for a well-known name on a server of one's own", async () => {
    assert.equal(await costOfReply(usage, {}), undefined);
    assert.equal(await costOfReply(usage, { model: "gpt-4.1" }), undefined);
    assert.equal(await costOfReply(usage, { input_cost_per_token: 1 }), undefined);
    assert.equal(factsOf({ model: "gpt-4.1", base_url: "http://127.0.0.1:11434/v1" }).hasPrice, false);
    // What a server says of dollars counts only where it is known to mean them.
    assert.equal(await costOfReply({ ...usage, cost: 5 }, {}), undefined);
  });

  it("is worked out from the list price on the provider's own host, for its family whatever the date", () => {
    const counts = { prompt_tokens: million / 10, completion_tokens: million / 10, prompt_tokens_details: { cached_tokens: million / 20 } };
    assert.equal(listCost("gpt-4.1", counts), 0.1 + 0.025 + 0.8);
    assert.equal(listCost("gpt-4.1-2025-04-14", counts), 0.1 + 0.025 + 0.8);
    assert.equal(listCost("gpt-4o-2024-08-06", counts), listCost("gpt-4o", counts));
    assert.equal(listCost("gpt-4o-2024-05-13", counts), 0.5 + 1.5);
    assert.equal(listCost("claude-sonnet-4-5-20250929", counts, "https://api.anthropic.com/v1/"), 0.15 + 0.015 + 1.5);
    assert.equal(
      listCost("models/gemini-2.5-flash", counts, "https://generativelanguage.googleapis.com/v1beta/openai/"),
      0.015 + 0.0015 + 0.25,
    );
    assert.equal(listCost("gpt-4.1-mega", counts), undefined);
    assert.equal(listCost("toString", counts), undefined);
    assert.equal(listCost("gpt-4.1", counts, "https://gpt.example.com/v1"), undefined);
    assert.equal(listCost("gpt-4.1", counts, "https://api.openai.com.example.com/v1"), undefined);
  });

  it("grows with a long prompt, and with what is put into the cache, where the provider says so", () => {
    const counts = (prompt_tokens: number, cache_write_tokens = 0) => ({
      ...{ prompt_tokens, completion_tokens: 100_000, prompt_tokens_details: { cache_write_tokens } },
    });
    assert.equal(listCost("gpt-6.1-sol", counts(272_000)), 0.544 + 1);
    assert.equal(listCost("gpt-6.1-sol", counts(272_001)), round(272_001 * 4e-6 + 1.5));
    assert.equal(listCost("gpt-6.1-sol", counts(100_000, 50_000)), 0.1 + 0.125 + 1);
    assert.equal(listCost("gpt-4.1", counts(100_000, 50_000)), 0.2 + 0.8);
  });

  it("is what the provider says, from hosts that say it in dollars", () => {
    const cost = (said: Record<string, unknown>, host = "openrouter.ai") => toldCost(said, host);
    assert.equal(cost({ cost: 0.25 }), 0.25);
    assert.equal(cost({ cost: 0 }), 0);
    assert.equal(cost({ cost: 0.25, cost_details: { upstream_inference_cost: 0.5 } }), 0.25);
    assert.equal(cost({ cost: 0.25, is_byok: true, cost_details: { upstream_inference_cost: 0.5 } }), 0.75);
    assert.equal(cost({ cost: 0.25, is_byok: true }), undefined);
    assert.equal(cost({ cost_in_usd_ticks: 37_756_000 }, "api.x.ai"), 0.0037756);
    for (const wrong of [{}, { cost: -1 }, { cost: "0.25" }, { cost: 1e9 }, { cost: Number.NaN }]) assert.equal(cost(wrong), undefined);
    for (const host of ["api.openai.com", "127.0.0.1", "evil-openrouter.ai"]) {
      assert.deepEqual([cost({ cost: 0.25 }, host), tellsCost(host)], [undefined, false]);
    }
    assert.equal(factsOf({ model: "any/model", base_url: "https://openrouter.ai/api/v1" }).hasPrice, true);
  });

  it("is not the list price when the provider worked in another tier, but is the person's own", async () => {
    const price = { input: 0.01, output: 0.1 };
    const cost = async (service_tier: unknown, hasOwnPrice: boolean): Promise<number | undefined> => {
      await using server = await startFakeLlm([{ bytes: [sse({ service_tier, usage, choices: [{ delta: {}, finish_reason: "stop" }] })] }]);
      const facts = { price, hasOwnPrice, hasPrice: true };
      const { reply } = await outcomeOf(openAiLlm({ model: "m", apiKey: undefined, baseUrl: server.url, facts }));
      return round(reply?.costUsd);
    };
    const list = await Promise.all([undefined, null, "default", "auto", "flex", "priority"].map((tier) => cost(tier, false)));
    assert.deepEqual(list, [2, 2, 2, 2, undefined, undefined]);
    assert.equal(await cost("flex", true), 2);
  });
});

describe("what is known of a model", () => {
  it("is its window, its eyes and its price, and the person's word stands above the table", () => {
    const { price: _, ...known } = factsOf({ model: "gpt-4.1" });
    assert.deepEqual(known, { hasOwnPrice: false, hasPrice: true, maxInputTokens: 1_047_576, hasVision: true });
    assert.deepEqual(factsOf({ model: "gpt-4.1", input_cost_per_token: 1, output_cost_per_token: 2, max_input_tokens: 5 }), {
      price: { input: 1, output: 2 },
      hasOwnPrice: true,
      hasPrice: true,
      maxInputTokens: 5,
      hasVision: true,
    });
    assert.equal(factsOf({ model: "deepseek-v4-pro", base_url: "https://api.deepseek.com" }).hasVision, false);
  });

  it("is nothing for a name that is not in the table, and no price of the maker's behind a router", () => {
    assert.deepEqual(factsOf({ model: "gpt-99" }), { hasOwnPrice: false, hasPrice: false });
    assert.deepEqual(factsOf({ model: "openai/gpt-4.1", base_url: "https://openrouter.ai/api/v1" }), {
      ...{ hasOwnPrice: false, hasPrice: true, maxInputTokens: 1_047_576, hasVision: true },
    });
  });
});
