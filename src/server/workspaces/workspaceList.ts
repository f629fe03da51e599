import { join } from "node:path";
import { PathQuery } from "../../protocol/agentServer/base.ts";
import { AddParentsRequest, AddWorkspacesRequest, Deleted, Workspaces } from "../../protocol/agentServer/workspaces.ts";
import { Refusal } from "../answers.ts";
import type { Routes } from "../routes.ts";
import { FolderLock } from "../storage/folderLock.ts";
import { JsonFile } from "../storage/jsonFile.ts";

const tag = "Workspaces";
/** Of each list. */
const most = 10_000;
const refuses = [409, 413];

/** `/api/workspaces`: the folders that a person has chosen, the same for all clients (agent-server protocol §2.9). They are kept in the data folder. */
export function addWorkspaceList(routes: Routes, dataFolder: string): void {
  const kept = { file: new JsonFile(join(dataFolder, "workspaces.json")), lock: new FolderLock(dataFolder) };
  routes.add(["get", "/api/workspaces"], { summary: "The folders to choose from", tag, answer: Workspaces, refuses: [409] }, async () =>
    understood(await kept.file.read().catch(damaged)),
  );
  routes.add(
    ["post", "/api/workspaces"],
    { summary: "Add folders; one that is there already stays as it is", tag, body: AddWorkspacesRequest, answer: Workspaces, refuses },
    ({ body }) => change(kept, (list) => ({ ...list, workspaces: withNew(list.workspaces, body.workspaces) })),
  );
  routes.add(
    ["post", "/api/workspaces/parents"],
    { summary: "Add folders whose folders may be chosen", tag, body: AddParentsRequest, answer: Workspaces, refuses },
    ({ body }) => change(kept, (list) => ({ ...list, workspaceParents: withNew(list.workspaceParents, body.parents) })),
  );
  const removal = { tag, query: PathQuery, answer: Deleted, refuses: [404, 409] };
  routes.add(["delete", "/api/workspaces"], { ...removal, summary: "Remove a folder from the list" }, async ({ query: { path } }) => {
    await change(kept, (list) => ({ ...list, workspaces: without(list.workspaces, path) }));
    return { deleted: true };
  });
  routes.add(
    ["delete", "/api/workspaces/parents"],
    { ...removal, summary: "Remove a parent from the list" },
    async ({ query: { path } }) => {
      await change(kept, (list) => ({ ...list, workspaceParents: without(list.workspaceParents, path) }));
      return { deleted: true };
    },
  );
}

interface Kept {
  readonly file: JsonFile;
  /** Because another server may have the same data folder. */
  readonly lock: FolderLock;
}

async function change({ file, lock }: Kept, make: (list: Workspaces) => Workspaces): Promise<Workspaces> {
  return lock.hold(async () => {
    const made = make(understood(await file.read().catch(damaged)));
    await file.write(made);
    return made;
  });
}

const empty: Workspaces = { workspaces: [], workspaceParents: [] };

function understood(value: unknown): Workspaces {
  if (value === undefined) return empty;
  const { success, data } = Workspaces.safeParse(value);
  if (!success) throw notUnderstood();
  return data;
}

function damaged(error: unknown): never {
  throw error instanceof SyntaxError ? notUnderstood() : error;
}

function notUnderstood(): Refusal {
  return new Refusal(
    409,
    "The list of workspaces cannot be understood. It was left as it is: repair or remove workspaces.json in the server's data folder.",
  );
}

function withNew<Item extends { readonly path: string }>(kept: readonly Item[], added: readonly Item[]): Item[] {
  const seen = new Set<string>();
  const all = [...kept, ...added].filter(({ path }) => !seen.has(path) && seen.add(path));
  if (all.length > most) throw new Refusal(413, `The list has no more than ${most} folders. Nothing was added.`);
  return all;
}

function without<Item extends { readonly path: string }>(kept: readonly Item[], path: string): Item[] {
  const rest = kept.filter((item) => item.path !== path);
  if (rest.length === kept.length) throw new Refusal(404, "That folder is not in the list.");
  return rest;
}
