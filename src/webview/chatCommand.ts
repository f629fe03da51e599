import type { PageCommand } from "../protocol/commands.ts";

type Untargeted<Each> = Each extends unknown ? Omit<Each, "conversationId"> : never;
/** A command to the conversation that is shown. */
export type ChatCommand = Untargeted<PageCommand>;
