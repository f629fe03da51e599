import type { ConversationId } from "../protocol/ids.ts";
import { UsageError } from "./usage.ts";

/** What a list has of a conversation, as far as one is found by it. */
export interface Findable {
  readonly id: ConversationId;
  readonly title?: string | undefined;
}

/** So much of an id is printed; it is enough but for one time in millions. */
export const shortIdLength = 8;
const mostCandidates = 10;

/** The beginning of an id, as people paste it. */
export function idText(given: string): string {
  const id = given.trim().toLowerCase();
  if (/^[0-9a-f-]{1,36}$/.test(id)) return id;
  throw new UsageError(`"${given}" is not the ID of a conversation. "openhands list" prints them.`);
}

/** The one conversation whose id begins so. Throws a UsageError that names the candidates when there are several. */
export function findConversation<Found extends Findable>(conversations: readonly Found[], beginning: string): Found {
  const [found, ...others] = conversations.filter(({ id }) => id.startsWith(beginning));
  if (found === undefined) throw new UsageError(`No conversation has an ID that begins with "${beginning}". "openhands list" prints them.`);
  if (others.length === 0) return found;
  const candidates = [found, ...others].slice(0, mostCandidates).map(({ id, title = "" }) => `  ${id}  ${title}`.trimEnd());
  const more = others.length + 1 - candidates.length;
  throw new UsageError(
    [
      `"${beginning}" is the beginning of ${others.length + 1} IDs. Give more of the one that you mean:`,
      ...candidates,
      ...(more > 0 ? [`  … ${more} more`] : []),
    ].join("\n"),
  );
}
