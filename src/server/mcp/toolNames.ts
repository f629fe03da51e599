import { createHash } from "node:crypto";

/** What every model's API takes as the name of a tool. */
const longestName = 64;
const hashLength = 8;

/**
 * What the model calls a tool of a server. It follows from what the agent was given, and not from which servers can be reached, so that a name never means
 * another tool later: its own name where there is one server, `server_tool` where there are several, and also where one of our own tools has that name.
 */
export function toolName(
  server: string,
  ownName: string,
  { isOnly, taken }: { readonly isOnly: boolean; readonly taken: ReadonlySet<string> },
): string {
  const name = isOnly && !taken.has(ownName) ? ownName : `${server}_${ownName}`;
  const plain = name.replaceAll(/[^\w-]/g, "_");
  if (plain === name && name.length <= longestName && !taken.has(name)) return name;
  const hash = createHash("sha256").update(`${server}\0${ownName}`).digest("hex").slice(0, hashLength);
  return `${plain.slice(0, longestName - hashLength - 1)}_${hash}`;
}
