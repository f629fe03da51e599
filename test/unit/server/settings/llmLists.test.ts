import { deepEqual, equal, ok } from "node:assert/strict";
import { serveStores } from "../../../support/servedStores.ts";
import { tempFolder } from "../../../support/workspaces.ts";

describe("what is known of models", () => {
  it("§2.9 is told by provider, without asking anybody", async () => {
    await using folder = await tempFolder();
    const { ask } = serveStores(folder.path);
    const { providers } = (await ask("GET", "/api/llm/providers")).body;
    const { models: verified } = (await ask("GET", "/api/llm/models/verified")).body;
    const { models } = (await ask("GET", "/api/llm/models")).body;
    deepEqual(providers, Object.keys(verified));
    ok(providers.includes("openai") && verified.anthropic.includes("claude-opus-5"));
    ok(models.includes("anthropic/claude-opus-5") && models.includes("groq/openai/gpt-oss-20b"));
    const ofOne = (await ask("GET", "/api/llm/models?provider=anthropic")).body.models;
    deepEqual(
      ofOne,
      models.filter((model: string) => model.startsWith("anthropic/")),
    );
    deepEqual((await ask("GET", "/api/llm/models?provider=nobody")).body, { models: [] });
    const { status, body } = await ask("GET", "/api/llm/subscription/openai/status");
    equal(status, 200);
    deepEqual(body, { vendor: "openai", connected: false, account_email: null, expires_at: null });
  });
});
