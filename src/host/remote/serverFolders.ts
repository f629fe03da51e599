import * as z from "zod";
import type { ServerClient } from "./serverClient.ts";
import { ServerError } from "./serverError.ts";

const Home = z.looseObject({
  home: z.string(),
  favorites: z.array(z.looseObject({ label: z.string(), path: z.string() })).catch([]),
  locations: z.array(z.looseObject({ label: z.string(), path: z.string() })).catch([]),
});
const Folders = z.looseObject({
  items: z.array(z.looseObject({ name: z.string(), path: z.string() })),
  next_page_id: z.string().nullish(),
});

export interface ServerFolder {
  readonly label: string;
  readonly path: string;
}

/** So many folders of one are enough to choose from. */
const mostFolders = 500;

/** The folders of a server's machine, to choose one from (agent-server protocol §2.5). */
export class ServerFolders {
  readonly #client: ServerClient;

  constructor(client: ServerClient) {
    this.#client = client;
  }

  /** Where one begins to look: the home folder first. */
  async start(): Promise<readonly ServerFolder[]> {
    const { home, favorites, locations } = read(Home, await this.#client.get("api/file/home"));
    return [{ label: "Home", path: home }, ...favorites, ...locations].map(({ label, path }) => ({ label, path }));
  }

  async below(path: string): Promise<readonly ServerFolder[]> {
    const found: ServerFolder[] = [];
    for (let page_id: string | undefined; found.length < mostFolders; ) {
      const page = read(Folders, await this.#client.get("api/file/search_subdirs", { query: { path, page_id, limit: 100 } }));
      found.push(...page.items.map((item) => ({ label: item.name, path: item.path })));
      page_id = page.next_page_id ?? undefined;
      if (page_id === undefined) break;
    }
    return found;
  }
}

function read<Shape>(schema: z.ZodType<Shape>, value: unknown): Shape {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ServerError("not-understood", "The server does not tell its folders. Type the path.", { cause: parsed.error });
}
