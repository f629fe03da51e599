import * as z from "zod";

/** A dashed uuid v4 that names one conversation everywhere: log folder, wire, view. */
export const ConversationId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  .brand("ConversationId");
export type ConversationId = z.infer<typeof ConversationId>;

/** A dashed uuid v4, or an older id of eight or more hex digits and dashes (agent-server protocol §4.1). */
export const EventId = z
  .string()
  .regex(/^[0-9a-fA-F-]{8,}$/)
  .brand("EventId");
export type EventId = z.infer<typeof EventId>;
