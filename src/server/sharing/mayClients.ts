/** What a client of a shared host is told that asks for anything else. */
export const refusal =
  "This host is shared for following: clients can read its conversations, send messages, run, pause, stop and answer. They cannot begin or change conversations, read files or run commands.";

const conversation = "/api/conversations/[^/]+";

const mayRead = new RegExp(
  `^(?:/|/alive|/health|/ready|/server_info|/api/conversations|${conversation}|${conversation}/events(?:/[^/]+)?|${conversation}/agent_final_response)/?$`,
);
const mayDo = new RegExp(`^${conversation}/(?:events|events/respond_to_confirmation|run|pause|interrupt)/?$`);

/** Whether a client may ask it. All else is refused, so that a route which is added one day is not shared by itself. */
export function isForClients(method: string, path: string): boolean {
  if (method === "GET" || method === "HEAD") return mayRead.test(path);
  return method === "POST" && mayDo.test(path);
}
