import type { ChatUpdate } from "../../src/protocol/chat.ts";
import { Story, session } from "./fixtures.ts";

const onServer = { wall: "Server · agents.example.com", server: "agents.example.com" };

/** What a conversation on a server, or before one, can look like. */
export function serverScenes(worked: () => Story): Readonly<Record<string, () => ChatUpdate[]>> {
  return {
    "server-empty": () => [session({ ...onServer, conversationId: null })],
    "server-no-model": () => [session({ ...onServer, conversationId: null, readiness: "no-model", isDemo: true, modelLabel: "Demo" })],
    "server-limit": () => [session(onServer), worked().failed("MaxIterationsReached", limitText, limit).take()],
    "server-away-at-once": () => [session(onServer), new Story().readOnly("server-gone", awayAtOnceText).take()],
    "server-gone": () => [session(onServer), worked().readOnly("server-gone", serverGoneText).take()],
  };
}

const limit = { kind: "agent_action", retryable: false, user_action: "none" } as const;
const limitText = "The limit of 500 steps is reached. Everything done so far is kept; send a message to go on.";
const awayAtOnceText =
  "The server agents.example.com cannot be followed (nothing listens there, ECONNREFUSED). It is tried again by itself.";
const serverGoneText =
  "The server agents.example.com cannot be reached (the connection was lost). What is shown here is kept, and the agent may go on there. It is tried again by itself.";
