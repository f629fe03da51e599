import type { Hono } from "hono";
import { ChangesQuery, CommitPath, CommitsQuery, DiffQuery, PathQuery } from "../protocol/agentServer/base.ts";
import { gitChanges, gitCommitChanges } from "../runtime/machine/git/changes.ts";
import { gitCommits } from "../runtime/machine/git/commits.ts";
import { gitDiff } from "../runtime/machine/git/diff.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { paramsOf, queryOf, Refusal } from "./answers.ts";

/** `/api/git/*`: what a work tree has become (agent-server protocol §2.6). */
export function addGit(app: Hono): void {
  app.get("/api/git/changes", async (c) => {
    const { path, ref } = queryOf(c, ChangesQuery);
    return c.json(await plainly(gitChanges(path, ref, c.req.raw.signal)));
  });
  app.get("/api/git/diff", async (c) => {
    const { path, ref, commit } = queryOf(c, DiffQuery);
    if (ref !== undefined && commit !== undefined) throw new Refusal(400, "Give ref or commit, not both.");
    return c.json(await plainly(gitDiff(path, { ref, commit, signal: c.req.raw.signal })));
  });
  app.get("/api/git/commits", async (c) => {
    const { path, limit } = queryOf(c, CommitsQuery);
    return c.json(await plainly(gitCommits(path, limit, c.req.raw.signal)));
  });
  app.get("/api/git/commits/:sha/changes", async (c) => {
    const { sha } = paramsOf(c, CommitPath);
    return c.json(await plainly(gitCommitChanges(queryOf(c, PathQuery).path, sha, c.req.raw.signal)));
  });
}

/** The protocol says 400 for a file that is missing or too large. */
async function plainly<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RuntimeError && (error.code === "too-large" || error.code === "not-found")) throw new Refusal(400, error.message);
    throw error;
  }
}
