import type { DockerRuntimes } from "../../src/extension/dockerRuntime/dockerRuntimes.ts";
import type { Files } from "../../src/runtime/runtime.ts";
import type { Review } from "../../src/runtime/workspaceCopy/review.ts";
/** A window in which nothing is in a sandbox. */
export declare const noSandboxes: Pick<DockerRuntimes, "review" | "onDidChange">;
export interface TwoFolders {
    readonly own: string;
    readonly sandbox: string;
    /** What both were at first, by path. */
    readonly base: Readonly<Record<string, string>>;
    readonly ownFiles: Files;
}
/** The least that is a review: whole files of one folder are applied to the other where that is as it was. */
export declare function folderReview({ own, sandbox, base, ownFiles }: TwoFolders): Review & AsyncDisposable;
