import type { Memento } from "vscode";
import * as z from "zod";
import type { Picture } from "../../protocol/chat.ts";
import type { ConversationId } from "../../protocol/ids.ts";

const mementoKey = "drafts";
const mostDrafts = 30;
/** A message has up to a hundred megabytes of pictures. */
const mostPictured = 5;
/** A workspace's memory is read as a whole; what is longer is only in the page itself. */
const mostCharacters = 50_000;

const StoredDrafts = z.array(z.object({ of: z.string(), text: z.string() })).catch([]);

/**
 * What is in a composer and not sent, for each conversation and for a new one. The latest thirty texts are kept with the workspace; pictures
 * are too large for that, and last as long as the window, those of the latest five conversations.
 */
export class Drafts {
  readonly #memento: Memento;
  readonly #pictures = new Map<ConversationId | null, readonly Picture[]>();

  constructor(memento: Memento) {
    this.#memento = memento;
  }

  get(id: ConversationId | null): string {
    return this.#all().find((draft) => draft.of === nameOf(id))?.text ?? "";
  }

  async save(id: ConversationId | null, text: string): Promise<void> {
    const others = this.#all().filter((draft) => draft.of !== nameOf(id));
    const own = text === "" ? [] : [{ of: nameOf(id), text: text.slice(0, mostCharacters) }];
    await this.#memento.update(mementoKey, [...others, ...own].slice(-mostDrafts));
  }

  pictures(id: ConversationId | null): readonly Picture[] {
    return this.#pictures.get(id) ?? [];
  }

  savePictures(id: ConversationId | null, pictures: readonly Picture[]): void {
    this.#pictures.delete(id);
    if (pictures.length > 0) this.#pictures.set(id, pictures);
    for (const oldest of this.#pictures.keys()) {
      if (this.#pictures.size <= mostPictured) return;
      this.#pictures.delete(oldest);
    }
  }

  #all(): z.infer<typeof StoredDrafts> {
    return StoredDrafts.parse(this.#memento.get(mementoKey, []));
  }
}

const nameOf = (id: ConversationId | null): string => id ?? "new";
