import type { TerminalRequest } from "../../src/protocol/runtime.ts";

/** What a terminal is given to run this, with time enough for a busy machine. */
export function command(text: string): TerminalRequest {
  return { type: "command", command: text, noChangeTimeoutMs: 30_000 };
}
