import type { ConversationStore } from "../conversation/store.ts";
import { displayCost } from "../protocol/display.ts";
import type { ConversationId } from "../protocol/ids.ts";
import type { ExecutionStatus } from "../protocol/state.ts";
import type { ListedConversation } from "../protocol/summary.ts";
import { initialView, reduceView } from "../protocol/view.ts";
import { findConversation, shortIdLength } from "./findConversation.ts";
import type { Output } from "./output.ts";
import { isTerminal, type Paint, safe, shortened, widthOf } from "./terminalText.ts";
import { UsageError } from "./usage.ts";

export interface ListOptions {
  /** Only the conversations of this folder. */
  readonly workspace: string | undefined;
  readonly json: boolean;
  readonly stdout: NodeJS.WritableStream;
  readonly paint: Paint;
  readonly now: Date;
}

/** Prints the kept conversations, newest first: one line each. */
export async function listConversations(store: Pick<ConversationStore, "list">, options: ListOptions): Promise<void> {
  const { workspace, json, stdout, paint } = options;
  const all = await store.list();
  const rows = workspace === undefined ? all : all.filter(({ working_dir }) => working_dir === workspace);
  if (json) stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  else if (rows.length > 0) stdout.write(table(rows, options));
  else
    stdout.write(
      paint(
        "dim",
        `${workspace === undefined ? "No conversations yet" : `No conversations in ${safe(workspace)}`}. Begin one: openhands run "…"\n`,
      ),
    );
}

function table(rows: readonly ListedConversation[], { stdout, paint, now }: ListOptions): string {
  const cells = rows.map((row) => [
    row.id.slice(0, shortIdLength),
    stateText(row),
    age(row.updated_at, now),
    costText(row),
    safe(row.working_dir ?? ""),
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((line) => widthOf(line[column] ?? ""))));
  const columns = "columns" in stdout && typeof stdout.columns === "number" && isTerminal(stdout) ? stdout.columns : Infinity;
  const lines = cells.map((line, index) => {
    const start = line.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell))).join("  ");
    const title = safe(rows[index]?.title ?? "").replaceAll(/\s+/g, " ");
    const text = shortened(`${start}  ${title}`, columns).trimEnd();
    return `${paint("bold", text.slice(0, shortIdLength))}${text.slice(shortIdLength)}\n`;
  });
  return lines.join("");
}

const stateWords: Readonly<Record<ExecutionStatus, string>> = {
  idle: "idle",
  running: "running",
  paused: "paused",
  waiting_for_confirmation: "asks",
  finished: "finished",
  error: "failed",
  stuck: "stuck",
  deleting: "deleting",
};

/** What is said to run while nobody has it open was cut off. */
function stateText({ execution_status, isOpenElsewhere }: ListedConversation): string {
  if (execution_status === "running" && !isOpenElsewhere) return "cut off";
  return isOpenElsewhere && execution_status !== "running" ? `${stateWords[execution_status]}, open` : stateWords[execution_status];
}

/** Timestamps of the log are local times. */
export function age(timestamp: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - Date.parse(timestamp)) / 60_000);
  if (!(minutes >= 1)) return "now";
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} days`;
}

function costText({ accumulated_cost: cost }: ListedConversation): string {
  if (cost === undefined) return "-";
  return cost === null ? "?" : displayCost(cost);
}

export interface ShowOptions {
  readonly id: string;
  readonly output: Output;
  /** Hears of the conversation before its events are shown. */
  readonly heading: (row: ListedConversation) => void;
}

/** Shows one conversation as it is now, whoever writes to it. */
export async function showConversation(store: ConversationStore, { id: beginning, output, heading }: ShowOptions): Promise<void> {
  const row = findConversation(await store.list(), beginning);
  await using conversation = await store.openReadOnly(row.id);
  heading(row);
  let view = initialView;
  const { count } = conversation;
  for (let from = 0; from < count; from += eventsAtOnce) {
    const events = await conversation.read(from, Math.min(count, from + eventsAtOnce));
    for (const [index, event] of events.entries()) {
      const notification = { type: "event.appended", conversationId: row.id, seq: from + index, event } as const;
      view = reduceView(view, notification);
      output.show(notification, view);
    }
  }
  output.end(view);
}

const eventsAtOnce = 500;

/** The lines above a conversation that is shown. */
export function headingText({ id, title = "", working_dir = "", model = "", created_at }: ListedConversation): string {
  return `${safe(title)}\n${id} · ${safe(working_dir)} · ${safe(model)} · ${created_at.slice(0, 16).replace("T", " ")}\n`;
}

/** Takes a conversation out of the list; the sentence says how it comes back. Rejects when another program writes to it. */
export async function deleteConversation(store: ConversationStore, beginning: string): Promise<string> {
  const { id, title, isOpenElsewhere } = findConversation(await store.list(), beginning);
  const shortId = id.slice(0, shortIdLength);
  if (isOpenElsewhere) throw openElsewhere(shortId, "Close it there before you delete it");
  const hasSandbox = await isInSandbox(store, id);
  await store.delete(id);
  const kept = hasSandbox ? " What was changed in its sandbox is kept as long; openhands sandbox prune removes it." : "";
  return `Deleted ${shortId}${title === undefined ? "" : ` "${title}"`}.${kept} For thirty days this brings it back: openhands restore ${shortId}`;
}

/** Not of one that cannot be read, which can be deleted all the same. */
async function isInSandbox(store: ConversationStore, id: ConversationId): Promise<boolean> {
  await using conversation = await store.openReadOnly(id).catch(() => undefined);
  return conversation?.state.runtime?.kind === "docker";
}

export async function restoreConversation(store: ConversationStore, beginning: string): Promise<string> {
  const deleted = await store.deletedIds();
  const found = deleted.filter((id) => id.startsWith(beginning));
  if (found.length === 0) throw new UsageError(`No deleted conversation has an ID that begins with "${beginning}".`);
  const { id } = findConversation(
    found.map((one) => ({ id: one })),
    beginning,
  );
  await store.restore(id);
  return `Restored ${id.slice(0, shortIdLength)}. To read it: openhands show ${id.slice(0, shortIdLength)}`;
}

export function openElsewhere(shortId: string, advice: string): UsageError {
  return new UsageError(
    `Conversation ${shortId} is open in another window or program, which writes to it. ${advice}; "openhands show ${shortId}" prints it.`,
  );
}
