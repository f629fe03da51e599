import type * as z from "zod";
import type { ConversationSearch, ConversationSort } from "../../protocol/agentServer/conversations.ts";

import type { Row } from "./hosting.ts";

/** One page in the order that was asked for; `next_page_id` names the first of the next one. An unknown `page_id` begins anew. */
export function pageOf(rows: readonly Row[], { status, sort_order, page_id, limit }: z.output<typeof ConversationSearch>) {
  const sorted = rows.filter((row) => status === undefined || row.execution_status === status).toSorted(orders[sort_order]);
  const wanted = page_id?.replaceAll("-", "").toLowerCase();
  const from = Math.max(0, wanted === undefined ? 0 : sorted.findIndex(({ id }) => hexOf(id) === wanted));
  const next = sorted[from + limit];
  return { items: sorted.slice(from, from + limit), next_page_id: next === undefined ? null : hexOf(next.id) };
}

const hexOf = (id: string): string => id.replaceAll("-", "");

type Order = (a: Row, b: Row) => number;

const by =
  (key: "created_at" | "updated_at"): Order =>
  (a, b) =>
    compare(a[key], b[key]) || compare(a.id, b.id);
const reversed =
  (order: Order): Order =>
  (a, b) =>
    order(b, a);
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const orders: Readonly<Record<ConversationSort, Order>> = {
  CREATED_AT: by("created_at"),
  CREATED_AT_DESC: reversed(by("created_at")),
  UPDATED_AT: by("updated_at"),
  UPDATED_AT_DESC: reversed(by("updated_at")),
};
