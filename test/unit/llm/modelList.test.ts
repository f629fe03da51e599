import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { listModels } from "../../../src/llm/modelList.ts";
import { startFakeLlm } from "../../support/fakeLlmServer.ts";
import { apiKey, never } from "./asking.ts";

describe("the list of an endpoint's models", () => {
  it("has those that chat, in order, with their window where the endpoint tells it", async () => {
    const models = [
      "zeta",
      { id: "alpha", context_length: 32_768 },
      { id: "beta", max_model_len: 8_192 },
      { id: 7 },
      "text-embedding-3",
      "whisper-1",
    ];
    await using server = await startFakeLlm([], { models });
    assert.deepEqual(await listModels({ baseUrl: `${server.url}/`, apiKey: undefined, signal: never }), [
      { id: "alpha", contextWindow: 32_768 },
      { id: "beta", contextWindow: 8_192 },
      { id: "zeta" },
    ]);
  });

  it("rejects with a sentence when there is none, when it is something else, or when nobody is there", async () => {
    const server = await startFakeLlm([]);
    const { url } = server;
    await assert.rejects(listModels({ baseUrl: url, apiKey, signal: never }), {
      name: "LlmError",
      message: /It said: There is no list of models\./,
    });
    await server[Symbol.asyncDispose]();
    await assert.rejects(listModels({ baseUrl: url, apiKey, signal: never }), { name: "LlmError", message: /cannot be reached/ });
  });

  it("sends the key to this host, and never says it", async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: `The key ${apiKey} is not known.` } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    await assert.rejects(listModels({ baseUrl, apiKey, signal: never }), { message: /refused the API key.*The key \[key\] is not known/ });
    assert.deepEqual(seen, [`Bearer ${apiKey}`]);
    await new Promise((resolve) => server.close(resolve));
  });
});
