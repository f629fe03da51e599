import type { AgentHost } from "../../host/agentHost.ts";
import { HostError } from "../../host/hostError.ts";
import type { MessageInput } from "../../protocol/agentServer/conversations.ts";
import type { ConfirmationAnswer } from "../../protocol/agentServer/events.ts";
import { maxImages } from "../../protocol/commands.ts";
import { textOf } from "../../protocol/content.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { ConversationState } from "../../protocol/state.ts";
import { Refusal } from "../answers.ts";

export type TalkHost = Pick<AgentHost, "handle" | "follow">;

/** Throws a Refusal for what nobody but the server may say, and for what is no picture. */
export function checkMessage({ role, content }: MessageInput): void {
  if (role !== "user") throw new Refusal(400, "Only messages of the role user can be sent.");
  const images = imagesOf(content);
  if (images.length > maxImages) throw new Refusal(400, `A message takes at most ${maxImages} pictures.`);
  if (images.some((url) => !isPicture(url))) throw new Refusal(400, "A picture is an http(s) address or a data: URL of an image.");
}

/**
 * A client's message (agent-server protocol §2.3). With a run it also allows what waits for an answer, because clients rely on that; the agent
 * reads it next. Throws a Refusal as `checkMessage` does.
 */
export async function sendMessage(host: TalkHost, id: ConversationId, said: MessageInput): Promise<void> {
  checkMessage(said);
  const { content, run } = said;
  const images = imagesOf(content);
  const target = { conversationId: id };
  const message = { type: "message.send", ...target, text: textOf(content), images } as const;
  if (!run) return host.handle({ ...message, run: false });
  const isWaiting = (await stateOf(host, id)).execution_status === "waiting_for_confirmation";
  // While an answer is awaited the message is kept, and begins nothing.
  await host.handle({ ...message, run: true });
  if (isWaiting) await respond(host, id, { accept: true, reason: "" });
}

function imagesOf(content: MessageInput["content"]): string[] {
  return content.flatMap((part) => (part.type === "image" ? part.image_urls : []));
}

function isPicture(url: string): boolean {
  return /^(?:https?:\/\/|data:image\/(?:png|jpeg|gif|webp);base64,)/.test(url);
}

/** With nothing to answer, allowing begins a run and rejecting does nothing (§2.3, §10.8). */
export async function respond(host: TalkHost, id: ConversationId, { accept, reason }: ConfirmationAnswer): Promise<void> {
  const { pending, execution_status } = await stateOf(host, id);
  const target = { conversationId: id };
  const actionIds = pending.map((action) => action.id);
  if (execution_status === "waiting_for_confirmation" && actionIds.length > 0) {
    try {
      const answer = accept ? { accept: true } : { accept: false, reason, run: false };
      return await host.handle({ type: "confirmation.respond", ...target, actionIds, ...answer });
    } catch (error) {
      // Somebody else was quicker: what they said stands.
      if (!(error instanceof HostError) || error.code !== "nothing-to-confirm") throw error;
    }
  }
  if (accept && execution_status !== "running") await host.handle({ type: "run.start", ...target });
}

async function stateOf(host: TalkHost, id: ConversationId): Promise<ConversationState> {
  using followed = await host.follow(id, { limit: 0 }, () => undefined);
  return followed.snapshot.state;
}
