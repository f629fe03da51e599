import type { Conversation } from "../conversation/conversation.ts";
import { ConversationError } from "../conversation/conversationError.ts";
import type { FollowedConversation } from "../conversation/followedConversation.ts";
import { type Glance, leanState } from "../conversation/summary.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { Notification } from "../protocol/notifications.ts";
import type { ConversationState } from "../protocol/state.ts";
import { HostError } from "./hostError.ts";
import type { Session } from "./session.ts";

/**
 * How a conversation is open: we write to it, or we read what somebody else writes, or what nobody can. After a fault of the disk, and when
 * nobody needs it, it is closed until somebody asks for it again.
 */
export type Mode = Writing | Reading | { readonly kind: "closed" };
export interface Writing {
  readonly kind: "writing";
  readonly conversation: Conversation;
  readonly session: Session;
  /** Whether it was begun here. */
  readonly isNew: boolean;
}
export interface Reading {
  readonly kind: "reading";
  readonly conversation: FollowedConversation;
  /** Commands wait so long for the owner, because it may be the same window that is being reloaded. */
  readonly patientUntil: number;
}

/** How long the open conversation stays when nobody uses it: for as long as something goes on, a while, or not at all. */
export function staysFor(mode: Mode): "needed" | "awhile" | "closing" {
  if (mode.kind !== "writing") return "closing";
  const { session, conversation, isNew } = mode;
  if (session.isRunning || conversation.state.execution_status === "waiting_for_confirmation") return "needed";
  return isNew || session.holdsMore ? "awhile" : "closing";
}

export function canBeRead(error: unknown): error is ConversationError {
  return error instanceof ConversationError && ["in-use", "newer", "not-writable"].includes(error.code);
}

export function readOnly(conversationId: ConversationId, { code, message }: ConversationError): Notification {
  const reason = code === "newer" || code === "not-writable" ? code : code === "lost" ? "taken-over" : "in-use";
  return { type: "access.changed", conversationId, access: "read", reason, message };
}

export function notOpen(): HostError {
  return new HostError("closed", "The conversation is closed.");
}

/** A conversation at one moment. */
export interface Look {
  readonly state: ConversationState;
  /** Of events. */
  readonly count: number;
  /** Why it can only be read here; absent: commands are taken. */
  readonly readOnly?: ConversationError;
}

/** A conversation as a list shows it. */
export type Glimpse = Pick<Glance, "state" | "createdAt"> & { readonly isOpenElsewhere: boolean };

export async function glimpseOf(conversation: Conversation | FollowedConversation): Promise<Glimpse | undefined> {
  const [first] = await conversation.read(0, 1);
  if (first === undefined) return undefined;
  const code = "reason" in conversation ? conversation.reason.code : undefined;
  return { state: leanState(conversation.state), createdAt: first.timestamp, isOpenElsewhere: code === "in-use" || code === "lost" };
}

/** One that nobody has open has no run: opening it finds that it failed. */
export function cutOff(glimpse: Glimpse): Glimpse {
  const isCutOff = !glimpse.isOpenElsewhere && glimpse.state.execution_status === "running";
  return isCutOff ? { ...glimpse, state: { ...glimpse.state, execution_status: "error" } } : glimpse;
}

export function lookAt(conversation: Conversation | FollowedConversation): Look {
  const { state, count } = conversation;
  return { state, count, ...("reason" in conversation ? { readOnly: conversation.reason } : {}) };
}
