import assert from "node:assert/strict";
import OpenAI from "openai";
import { type Stage, withStage } from "./server.ts";

describe("agents as models, by OpenAI's own client", () => {
  let stage: Stage;
  let openAi: OpenAI;
  withStage((opened) => {
    stage = opened;
    openAi = new OpenAI({ baseURL: `${stage.server.url}/v1`, apiKey: stage.server.key });
  });

  it("lists profiles as models, and answers with what the agent says", async () => {
    await stage.client.profiles.saveProfile("played", { llm: stage.model.llm(), include_secrets: true });
    const { data } = await openAi.models.list();
    const model = data[0]?.id ?? "";
    assert.match(model, /played/);
    const answer = await openAi.chat.completions.create({ model, messages: [{ role: "user", content: "Hi.\n> say Hello to you." }] });
    assert.equal(answer.choices[0]?.message.content, "Hello to you.");
    await assert.rejects(new OpenAI({ baseURL: `${stage.server.url}/v1`, apiKey: "wrong" }).models.list(), { status: 401 });
  });
});
