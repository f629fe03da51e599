import * as z from "zod";
import {
  ChangesQuery,
  CommitPath,
  CommitsQuery,
  DiffQuery,
  GitChange,
  GitCommits,
  GitDiff,
  PathQuery,
} from "../protocol/agentServer/base.ts";
import { gitChanges, gitCommitChanges } from "../runtime/machine/git/changes.ts";
import { gitCommits } from "../runtime/machine/git/commits.ts";
import { gitDiff } from "../runtime/machine/git/diff.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { Refusal } from "./answers.ts";
import type { Routes } from "./routes.ts";

const tag = "Git";
const refuses = [400, 403];

/** `/api/git/*`: what a work tree has become (agent-server protocol §2.6). */
export function addGit(routes: Routes): void {
  routes.add(
    ["get", "/api/git/changes"],
    { summary: "Files that have changed", tag, query: ChangesQuery, answer: z.array(GitChange), refuses },
    ({ query, signal }) => plainly(gitChanges(query.path, query.ref, signal)),
  );
  routes.add(
    ["get", "/api/git/diff"],
    { summary: "One file before and now", tag, query: DiffQuery, answer: GitDiff, refuses },
    ({ query: { path, ref, commit }, signal }) => {
      if (ref !== undefined && commit !== undefined) throw new Refusal(400, "Give ref or commit, not both.");
      return plainly(gitDiff(path, { ref, commit, signal }));
    },
  );
  routes.add(
    ["get", "/api/git/commits"],
    { summary: "The newest commits", tag, query: CommitsQuery, answer: GitCommits, refuses },
    ({ query, signal }) => plainly(gitCommits(query.path, query.limit, signal)),
  );
  routes.add(
    ["get", "/api/git/commits/:sha/changes"],
    { summary: "Files that a commit has changed", tag, params: CommitPath, query: PathQuery, answer: z.array(GitChange), refuses },
    ({ params, query, signal }) => plainly(gitCommitChanges(query.path, params.sha, signal)),
  );
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
