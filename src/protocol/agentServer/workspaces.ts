import * as z from "zod";

/** Folders that a person may choose from to work in, and files of those that a conversation works in (agent-server protocol §2.9). */

const text = z.string().max(4_096);

const WorkspaceItem = z.object({
  id: text,
  name: text,
  path: text.min(1),
  /** The folder that it was found in. */
  parentPath: text.nullish().transform((path) => path ?? undefined),
});

const WorkspaceParent = z.object({ id: text, name: text, path: text.min(1) });

/** Null and absent say the same; what is answered has no nulls. */
export const Workspaces = z.object({
  workspaces: z.array(WorkspaceItem),
  /** Folders whose folders may be chosen. */
  workspaceParents: z.array(WorkspaceParent),
});
export type Workspaces = z.infer<typeof Workspaces>;

const mostAtOnce = 1_000;

export const AddWorkspacesRequest = z.object({ workspaces: z.array(WorkspaceItem).max(mostAtOnce) });
export const AddParentsRequest = z.object({ parents: z.array(WorkspaceParent).max(mostAtOnce) });
export const Deleted = z.object({ deleted: z.boolean() });
