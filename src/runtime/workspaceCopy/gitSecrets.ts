/** Files of `.git` that hold addresses and settings as text. */
const withAddresses = /(?:^|\/)(?:config|config\.worktree|FETCH_HEAD|ORIG_HEAD|logs\/.*|sequencer\/.*)$/;

/** What git's helpers keep passwords in, and what only a process that runs now needs. */
const leftOut = /(?:^|\/)(?:\.?git-credentials|credentials?|\.netrc|_netrc|[^/]*\.lock|[^/]*\.ipc|gc\.pid)$/i;

/** Keys of git's settings whose values are, or run, something secret. */
const secretKeys =
  /^[ \t]*(?:extraheader|cookiefile|helper|[\w-]*(?:pass|password|token|secret)|sslkey|sslcert\w*|proxy)[ \t]*=(?:[^\n]*\\\r?\n)*[^\n]*$/gim;

/** Objects and references, whatever they are called. */
const stored = /^(?:(?:modules\/.+|worktrees\/[^/]+)\/)?(?:objects|refs|lfs)\//;

/** Whether a file below `.git`, named from there, stays out of every copy. */
export function isGitSecret(path: string): boolean {
  return !stored.test(path) && leftOut.test(path);
}

/** Whether a file below `.git` is to be cleaned before it is copied. */
export function isGitText(path: string): boolean {
  return !stored.test(path) && withAddresses.test(path);
}

/** The same text without names and passwords in addresses, and without settings that hold secrets. */
export function withoutCredentials(text: string): string {
  const unnamed = text.replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s"'@]*@/gi, (whole, scheme: string) =>
    /^(?:ssh|git\+ssh):/i.test(scheme) && !whole.includes(":", scheme.length) ? whole : scheme,
  );
  return unnamed.replaceAll(secretKeys, "");
}
