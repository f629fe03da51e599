import "./browserSocket.ts";

export {
  BashWebSocketClient,
  HttpClient,
  HttpError,
  RemoteConversation,
  RemoteEventsList,
  RemoteWorkspace,
} from "@openhands/typescript-client";
export { AgentServerClient } from "@openhands/typescript-client/clients";
