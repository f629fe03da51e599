import type { GitCommits } from "../../../protocol/agentServer/base.ts";
import { RuntimeError } from "../../runtime.ts";
import { commitOf, openRepository } from "./repository.ts";

/** The newest commits first. None outside a repository, and where nothing was committed yet. */
export async function gitCommits(folder: string, limit: number, signal: AbortSignal): Promise<GitCommits> {
  const none: GitCommits = { commits: [], has_more: false };
  const repository = await openRepository(folder, signal);
  if (repository === undefined || (await commitOf(repository, "HEAD")) === undefined) return none;
  const format = "--format=%H%x00%h%x00%s%x00%an%x00%aI%x00";
  const { exitCode, stdout, stderr } = await repository.git(["log", "--no-show-signature", "--no-mailmap", `-n${limit + 1}`, format]);
  if (exitCode !== 0) throw new RuntimeError("failed", `git failed: ${stderr.trim()}`);
  const fields = stdout.toString().split("\0");
  const commits: GitCommits["commits"][number][] = [];
  for (let at = 0; at + 5 < fields.length; at += 5) {
    const [sha = "", short_sha = "", subject = "", author = "", timestamp = ""] = fields.slice(at, at + 5);
    commits.push({ sha: sha.trimStart(), short_sha, subject, author, timestamp });
  }
  return { commits: commits.slice(0, limit), has_more: commits.length > limit };
}
