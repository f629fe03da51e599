import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import OpenAI from "openai";
import type { Llm } from "../../../src/llm/llm.ts";
import { scriptedLlm } from "../../../src/llm/scripted.ts";
import { LlmConfig } from "../../../src/protocol/agentServer/agent.ts";
import { noLog } from "../../../src/protocol/log.ts";
import { gateOf } from "../../../src/server/gate.ts";
import { hostingRoutes } from "../../../src/server/hosting/app.ts";
import { Creation } from "../../../src/server/hosting/create.ts";
import { currentKeys } from "../../../src/server/keys.ts";
import { type Listening, listen } from "../../../src/server/listen.ts";
import { addOpenAi } from "../../../src/server/openai/openAiRoutes.ts";
import { lookupsOf } from "../../../src/server/settings/lookups.ts";
import { openStores } from "../../../src/server/settings/openStores.ts";
import { type ServedHosting, serveHosting } from "../../support/servedHosting.ts";
import { type TempFolder, tempFolder } from "../../support/workspaces.ts";

const keys = ["the-session-key"];

describe("agents by OpenAI's own client (/v1)", () => {
  let folder: TempFolder;
  let served: ServedHosting;
  let server: Listening;
  let client: OpenAI;
  let models: (string | undefined)[] = [];
  let answers: Llm;

  before(async () => {
    folder = await tempFolder();
    const stores = openStores(folder.path, "a-secret");
    await stores.profiles.save("fast", LlmConfig.parse({ model: "small", api_key: "sk-planted" }));
    await stores.profiles.save("good", LlmConfig.parse({ model: "large" }));
    const openLlm = (config: LlmConfig | undefined): Llm => {
      models.push(config?.model);
      return answers;
    };
    served = await serveHosting({ lookups: lookupsOf(stores), openLlm });
    const routes = hostingRoutes(served.hosting);
    addOpenAi(routes, { hosting: served.hosting, creation: new Creation(served.hosting), stores });
    const gate = (port: number) => gateOf({ keys: currentKeys(() => keys), hosts: [`127.0.0.1:${port}`], origins: [] });
    server = await listen({ app: routes.app, host: "127.0.0.1", port: 0, gate, log: noLog });
    client = new OpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: keys[0], maxRetries: 0 });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await served[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    models = [];
    answers = scriptedLlm([{ text: "First." }, { text: "Second." }]);
  });

  const user = (content: string) => ({ role: "user", content }) as const;

  it("lists the profiles as models", async () => {
    const { data } = await client.models.list();
    deepEqual(
      data.map(({ id, owned_by }) => [id, owned_by]),
      [
        ["openhands_fast", "openhands"],
        ["openhands_good", "openhands"],
      ],
    );
  });

  it("answers by an agent with that profile's model, and goes on in its conversation", async () => {
    const messages = [{ role: "system", content: "Be kind." } as const, user("old"), user("What is it?")];
    const { data, response } = await client.chat.completions.create({ model: "openhands_fast", messages }).withResponse();
    deepEqual(data.choices, [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "First." } }]);
    equal(data.usage?.total_tokens, (data.usage?.prompt_tokens ?? 0) + (data.usage?.completion_tokens ?? 0));
    equal(models[0], "small");
    const id = response.headers.get("x-openhands-serverconversation-id") ?? "";
    const again = await client.chat.completions.create(
      { model: "openhands_fast", messages: [user("And now?")] },
      { headers: { "x-openhands-serverconversation-id": id } },
    );
    equal(again.choices[0]?.message.content, "Second.");
    const { body } = await served.ask("GET", `/api/conversations/${id}`);
    equal(body.execution_status, "finished");
    equal(body.agent.agent_context.system_message_suffix, "Be kind.");
    const events = (await served.ask("GET", `/api/conversations/${id}/events/search`)).body.items;
    const said = events
      .filter(({ kind }: { kind: string }) => kind === "MessageEvent")
      .map(({ llm_message }: { llm_message: { content: { text: string }[] } }) => llm_message.content[0]?.text);
    deepEqual(said, ["What is it?", "First.", "And now?", "Second."]);
    ok(!JSON.stringify([body, events, data]).includes("sk-planted"));
  });

  it("streams a beginning, the answer and its usage", async () => {
    const stream = await client.chat.completions.create({
      model: "openhands_good",
      messages: [user("Go.")],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    deepEqual(
      chunks.map(({ choices: [choice] }) => [choice?.delta.role, choice?.delta.content, choice?.finish_reason]),
      [
        ["assistant", undefined, null],
        [undefined, "First.", null],
        [undefined, undefined, "stop"],
        [undefined, undefined, undefined],
      ],
    );
    equal(typeof chunks.at(-1)?.usage?.total_tokens, "number");
  });

  it("refuses in OpenAI's shape", async () => {
    const create = (body: object) => client.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming);
    await rejects(create({ model: "gpt-5", messages: [user("x")] }), (error: InstanceType<typeof OpenAI.APIError>) => {
      deepEqual([error.status, error.code, error.type], [404, "model_not_found", "invalid_request_error"]);
      return /There is no model "gpt-5"/.test(error.message);
    });
    await rejects(
      create({ model: "openhands_fast", messages: [{ role: "system", content: "x" }] }),
      /400 There must be a message of the role user/,
    );
    await rejects(create({ model: 3, messages: [] }), /422 model: /);
    answers = {
      ...scriptedLlm([]),
      stream: () => {
        throw new Error("It is broken.");
      },
    };
    await rejects(create({ model: "openhands_fast", messages: [user("x")] }), /500 The agent's run ended with the status error/);
    const failing = await client.chat.completions.create({ model: "openhands_fast", messages: [user("x")], stream: true });
    await rejects(async () => {
      for await (const _chunk of failing) continue;
    }, /The agent's run ended with the status error/);
    const stranger = new OpenAI({ baseURL: client.baseURL, apiKey: "wrong", maxRetries: 0 });
    await rejects(stranger.models.list(), { status: 401 });
  });
});
