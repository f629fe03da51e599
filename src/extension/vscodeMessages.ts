import * as vscode from "vscode";
import type { ChatMessage } from "../llm/llm.ts";
import type { Content, MessageToolCall } from "../protocol/content.ts";

/** VS Code's API has no system role, so the instructions come as the first message of the person, and say what they are. */
const instructions = "These are your instructions. They stand above everything that follows, and are not a message of the person:\n\n";

/** The same conversation in the words of VS Code's API: results of tools are messages of the person there. */
export function toVscodeMessages(messages: readonly ChatMessage[]): vscode.LanguageModelChatMessage[] {
  const { User, Assistant } = vscode.LanguageModelChatMessage;
  return messages.map((message) => {
    switch (message.role) {
      case "system":
        return User(instructions + message.content);
      case "user":
        return User(message.content.flatMap(partsOf));
      case "assistant": {
        const texts = message.content === "" ? [] : [new vscode.LanguageModelTextPart(message.content)];
        return Assistant([...texts, ...message.toolCalls.map(callPart)]);
      }
      case "tool":
        return User([new vscode.LanguageModelToolResultPart(message.toolCallId, message.content.flatMap(partsOf))]);
    }
  });
}

function callPart({ id, name, arguments: json }: MessageToolCall): vscode.LanguageModelToolCallPart {
  return new vscode.LanguageModelToolCallPart(id, name, inputOf(json));
}

/** Arguments that were no JSON were refused when they came; the model sees them as the result told it. */
function inputOf(json: string): object {
  try {
    const input: unknown = JSON.parse(json);
    return typeof input === "object" && input !== null ? input : {};
  } catch {
    return {};
  }
}

function partsOf(content: Content): vscode.LanguageModelTextPart[] {
  if (content.type === "text") return [new vscode.LanguageModelTextPart(content.text)];
  return content.image_urls.map(imagePart);
}

/** Pictures came into the API after the oldest VS Code that we run in. */
function imagePart(url: string): vscode.LanguageModelTextPart {
  const [, mimeType, base64] = /^data:([\w/+.-]+);base64,(.*)$/s.exec(url) ?? [];
  const { LanguageModelDataPart } = newer;
  if (LanguageModelDataPart === undefined || mimeType === undefined || base64 === undefined)
    return new vscode.LanguageModelTextPart("[image: not shown, because this version of VS Code cannot pass it on]");
  return LanguageModelDataPart.image(Buffer.from(base64, "base64"), mimeType);
}

interface Newer {
  readonly LanguageModelDataPart?: { image(data: Uint8Array, mimeType: string): vscode.LanguageModelTextPart };
}

const newer: typeof vscode & Newer = vscode;
