import * as z from "zod";
import { WireConversationId } from "../../protocol/agentServer/conversations.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { ConversationState } from "../../protocol/state.ts";
import { openBelow } from "../../runtime/machine/transfer/openBelow.ts";
import { Refusal } from "../answers.ts";
import { contentTypeOf } from "../contentTypes.ts";
import type { Routes } from "../routes.ts";
import { sendFile } from "../sendFile.ts";

const shape = { tag: "Workspaces", gives: "*/*", refuses: [400, 403, 404, 416] };
const Root = z.object({ conversation_id: WireConversationId });
const File = Root.extend({ file_path: z.string() });

/**
 * `/api/conversations/{id}/workspace[/path]`: the files of a conversation's working folder, as a page shows them (agent-server protocol §2.9).
 * `folderOf` throws a Refusal where there is none.
 */
export function addWorkspaceFiles(routes: Routes, folderOf: (id: ConversationId) => Promise<string>): void {
  const path = "/api/conversations/:conversation_id/workspace";
  routes.add(["get", path], { ...shape, summary: "The working folder's index.html", params: Root }, async ({ c, params, signal }) => {
    const { file, path: found } = await openBelow(await folderOf(params.conversation_id), "", signal);
    return sendFile(c, file, headersOf(found));
  });
  routes.add(
    ["get", `${path}/:file_path{.+}`],
    { ...shape, summary: "A file of the working folder", params: File },
    async ({ c, params, signal }) => {
      const { file, path: found } = await openBelow(await folderOf(params.conversation_id), params.file_path, signal);
      return sendFile(c, file, headersOf(found));
    },
  );
}

/** Of a conversation that works on this machine. Throws a Refusal for others: their files are elsewhere. */
export function localFolderOf({ working_dir, runtime }: Pick<ConversationState, "working_dir" | "runtime">): string {
  if (working_dir === undefined) throw new Refusal(404, "This conversation has no working folder.");
  if (runtime !== undefined && runtime.kind !== "local")
    throw new Refusal(404, "This conversation works in a sandbox, whose files are not served.");
  return working_dir;
}

/**
 * What an agent has made runs no script, because it would do so as a page of this server. It is of the server's own origin all the same: as a page of
 * nowhere it could not load its pictures and styles, for the cookie is not sent from there. PDF is no page, and browsers show it without this only.
 */
const pagePolicy =
  "sandbox allow-same-origin allow-popups allow-downloads; script-src 'none'; object-src 'none'; form-action 'none'; base-uri 'self'";

function headersOf(path: string): Record<string, string> {
  const type = contentTypeOf(path);
  return {
    "content-type": type,
    ...(type === "application/pdf" ? {} : { "content-security-policy": pagePolicy }),
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
  };
}
