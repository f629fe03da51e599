import { ConversationId } from "../protocol/ids.ts";

/** Commands by what stands behind `openhands.` in their names. */
export type CommandMap = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** The conversations that a command of the list is for: all that are selected when the row is one of them, else the row; a key gives none. */
export function entriesOf(args: readonly unknown[], selection: readonly unknown[]): ConversationId[] {
  const [row, selected] = args;
  const rowId = idOf(row);
  const many = idsOf(Array.isArray(selected) ? selected : selection);
  if (rowId === undefined) return many;
  return many.includes(rowId) ? many : [rowId];
}

const idsOf = (rows: readonly unknown[]): ConversationId[] => rows.flatMap((row) => idOf(row) ?? []);

function idOf(row: unknown): ConversationId | undefined {
  return typeof row === "object" && row !== null && "id" in row ? ConversationId.safeParse(row.id).data : undefined;
}
