import assert from "node:assert/strict";
import { ChatRequest } from "../../../src/protocol/chat.ts";
import { newId } from "../../support/workspaces.ts";

describe("what the page of a chat may ask", () => {
  it("is of one conversation, and neither what is asked about, nor models, nor secrets", () => {
    const conversationId = newId();
    const asks = (command: object): boolean => ChatRequest.safeParse({ type: "command", command: { conversationId, ...command } }).success;
    assert.equal(asks({ type: "run.start" }), true);
    const refused = [
      { type: "confirmation_policy.set", policy: { kind: "NeverConfirm" } },
      { type: "llm.set", llm: { model: "other", base_url: "https://elsewhere.example/v1" } },
      { type: "secrets.set", secrets: { TOKEN: "12345678" } },
      { type: "conversation.delete" },
      { type: "conversation.fork", forkId: newId() },
      { type: "conversation.create", start: { id: conversationId } },
    ];
    assert.deepEqual(refused.filter(asks), []);
  });
});
