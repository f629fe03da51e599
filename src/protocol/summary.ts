import * as z from "zod";
import { ConversationId } from "./ids.ts";
import { ExecutionStatus } from "./state.ts";

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

/** A row of the list. */
export interface ListedConversation extends ConversationSummary {
  /** Whether another window or program writes to it, so that it can only be read here. */
  readonly isOpenElsewhere: boolean;
}
