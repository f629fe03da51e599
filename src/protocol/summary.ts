import * as z from "zod";
import { ConversationId } from "./ids.ts";
import { type ConversationState, ExecutionStatus } from "./state.ts";

/** What a list of conversations shows of one; a short form of its state. Timestamps are those of its first and latest event. */
export const ConversationSummary = z.object({
  id: ConversationId,
  title: z.string().optional(),
  working_dir: z.string().optional(),
  model: z.string().optional(),
  execution_status: ExecutionStatus,
  created_at: z.string(),
  updated_at: z.string(),
  /** Dollars; null when a price is not known, absent before the first call. */
  accumulated_cost: z.number().nullish(),
  /** Of its log. */
  sizeBytes: z.number().int().min(0),
});
export type ConversationSummary = z.infer<typeof ConversationSummary>;

/** The part of it that a state says. */
export function summaryOf(
  state: Pick<ConversationState, "title" | "working_dir" | "llm" | "accumulated_cost"> &
    Partial<Pick<ConversationState, "execution_status">>,
): Pick<ConversationSummary, "title" | "working_dir" | "model" | "execution_status" | "accumulated_cost"> {
  const { title, working_dir, llm, execution_status = "idle", accumulated_cost } = state;
  return {
    ...(title === undefined ? {} : { title }),
    ...(working_dir === undefined ? {} : { working_dir }),
    ...(llm === undefined ? {} : { model: llm.model }),
    execution_status,
    ...(accumulated_cost === undefined ? {} : { accumulated_cost }),
  };
}

/** A row of the list. */
export interface ListedConversation extends ConversationSummary {
  /** Whether another window or program writes to it, so that it can only be read here. */
  readonly isOpenElsewhere: boolean;
}

/** What goes on in a conversation that the host has open. */
export interface Activity {
  readonly id: ConversationId;
  readonly title?: string;
  readonly working_dir?: string;
  readonly execution_status: ExecutionStatus;
  /** Timestamp of the log since when that is so. */
  readonly since: string;
  /** When its latest run began; empty before the first. */
  readonly runStartedAt: string;
  /** How many actions wait for the person's answer. */
  readonly waiting: number;
  /** Whether another window or program writes to it, or its server is away. */
  readonly isReadOnly: boolean;
  /** Its server cannot be reached, so that all else is what was known last. */
  readonly isAway?: boolean;
}

/** What the host tells of the conversations that it has open: one is open, or something in it has changed; or it is so no more. */
export type ActivityNotice =
  | { readonly type: "changed"; readonly activity: Activity }
  | { readonly type: "closed" | "deleted"; readonly id: ConversationId };

export function activityOf(id: ConversationId, state: ConversationState, isReadOnly: boolean): Activity {
  const { title, working_dir, execution_status, pending, progress } = state;
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(working_dir === undefined ? {} : { working_dir }),
    execution_status,
    since: progress.statusSince,
    runStartedAt: progress.runStartedAt,
    waiting: execution_status === "waiting_for_confirmation" ? pending.length : 0,
    isReadOnly,
  };
}
