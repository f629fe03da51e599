import { ask } from "../agent/ask.ts";
import type { AgentConversation } from "../agent/maskedConversation.ts";
import type { Secrets } from "../agent/secrets.ts";
import { statsEvents } from "../agent/stats.ts";
import { toChatMessages } from "../llm/chatHistory.ts";
import type { ChatMessage, Llm } from "../llm/llm.ts";
import { textContent } from "../protocol/content.ts";
import { descriptionFor, type Tool } from "../tools/tool.ts";

export interface Asked {
  readonly conversation: AgentConversation;
  readonly secrets: Secrets;
  /** Offered, because some providers refuse a history with calls otherwise; none of them runs. */
  readonly tools: readonly Tool[];
  readonly llm: () => Promise<Llm>;
}

/** Under this name its tokens are counted (agent-server protocol §4.9). */
const usageId = "ask-agent-llm";

/** One reply to `question` by who has read the conversation so far. Rejects with an LlmError, or with the signal's reason. */
export async function askAside({ conversation, secrets, tools, llm: open }: Asked, question: string, signal: AbortSignal): Promise<string> {
  const llm = await open();
  signal.throwIfAborted();
  const offered = tools.map((tool) => ({ name: tool.name, description: descriptionFor(tool, llm), parameters: tool.parameters }));
  const messages = withQuestion(toChatMessages(conversation.events), secrets.mask(question));
  const reply = await ask({ llm, secrets, emit: () => undefined }, { messages, tools: offered }, signal);
  await conversation.append(...statsEvents({ conversation, llm, usageId }, reply));
  return secrets.mask(reply.text);
}

function withQuestion(messages: readonly ChatMessage[], question: string): ChatMessage[] {
  const text = `${introduction}\n\n${question}`;
  const last = messages.at(-1);
  if (last?.role !== "user") return [...messages, { role: "user", content: [textContent(text)] }];
  return [...messages.slice(0, -1), { role: "user", content: [...last.content, textContent(text)] }];
}

const introduction =
  "A question beside the task. Answer it from what you know by now, in words only: call no tool, and do not go on with the task.";
