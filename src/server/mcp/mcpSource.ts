import type { McpServerConfig } from "../../protocol/agentServer/mcp.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { mcpTool } from "../../tools/mcpTool.ts";
import type { Tool } from "../../tools/tool.ts";
import type { SourcedTools, ToolSource, ToolSourceNeeds } from "../../tools/toolSource.ts";
import { filtered } from "../toolFilter.ts";
import type { Reach } from "./addresses.ts";
import { configuredServer } from "./configuredServers.ts";
import { McpLink } from "./link.ts";
import { type ListedTool, type Listing, shortened } from "./listedTools.ts";
import { toolName } from "./toolNames.ts";

/** Of all servers together; some models' APIs take 128 with ours. */
const mostTools = 100;
const mostSchemas = 300_000;
const mostNamed = 20;

interface Offer {
  readonly server: string;
  readonly tool: ListedTool;
  readonly name: string;
}

/**
 * The tools of an agent's MCP servers. All are connected to side by side when the first run needs them, and stay so until the conversation is closed or
 * deleted, or the server ends. A server that cannot be reached holds up a run for half a minute at most, and then it goes on without its tools.
 *
 * Programs run on this machine. For an agent that acts in a container of its own they would be a way out of it, so that they are not started then, and that
 * is said. Elsewhere they have what commands of the agent have, and so none of the server's keys.
 */
export class McpSource implements ToolSource {
  readonly #needs: ToolSourceNeeds;
  readonly #links = new Map<string, McpLink>();
  /** What is said of servers for good. */
  readonly #refused: Record<string, string> = {};
  /** What was said of those that fail, so that it is said once. */
  readonly #failed = new Map<string, string>();

  constructor(needs: ToolSourceNeeds, reach: Reach) {
    this.#needs = needs;
    for (const [name, given] of Object.entries(needs.servers)) {
      const server = configuredServer(given);
      const refused = refusalOf(name, server, needs);
      if (server === undefined || refused !== undefined) this.#refused[name] = refused ?? "";
      else this.#links.set(name, new McpLink(server, { reach, cwd: needs.isOnMachine ? needs.workingDir : undefined }));
    }
  }

  async ready(): Promise<SourcedTools> {
    const notes: Record<string, string> = { ...this.#refused };
    const offers: Offer[] = [];
    const names = new Set(this.#needs.taken);
    let characters = 0;
    for (const [server, listing] of await this.#listings(notes)) {
      const leftOut = [...listing.leftOut];
      for (const offer of this.#offersOf(server, listing)) {
        characters += JSON.stringify(offer.tool.inputSchema).length;
        if (names.has(offer.name) || offers.length >= mostTools || characters > mostSchemas) leftOut.push(offer.tool.ownName);
        else offers.push(offer);
        names.add(offer.name);
      }
      notes[server] = [notes[server] ?? "", leftOutNote(server, leftOut)].filter((note) => note !== "").join(" ");
    }
    return { tools: offers.map((offer) => this.#toolOf(offer)), notes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#links.values()].map((link) => link[Symbol.asyncDispose]()));
  }

  /** Of those that answer, in the order in which the agent was given them; of the others there is a note. */
  async #listings(notes: Record<string, string>): Promise<readonly (readonly [string, Listing])[]> {
    const asked = [...this.#links].map(async ([name, link]) => {
      try {
        const listing = await link.listing();
        if (this.#failed.delete(name)) notes[name] = `The MCP server "${shown(name)}" can be used again, with its tools.`;
        return [[name, listing] as const];
      } catch (error) {
        const note = this.#failed.get(name) ?? failureNote(name, error);
        this.#failed.set(name, note);
        notes[name] = note;
        return [];
      }
    });
    return (await Promise.all(asked)).flat();
  }

  #offersOf(server: string, { tools }: Listing): readonly Offer[] {
    const rules = { isOnly: Object.keys(this.#needs.servers).length === 1, taken: new Set(this.#needs.taken) };
    const offers = tools.map((tool) => ({ server, tool, name: toolName(server, tool.ownName, rules) }));
    return filtered(offers, this.#needs.filter);
  }

  #toolOf({ server, tool, name }: Offer): Tool {
    const description = `${tool.description}\n(A tool of the MCP server "${shown(server)}".)`;
    return mcpTool({ ...tool, name, server, description }, async (args, signal) => {
      const link = this.#links.get(server);
      if (link === undefined) throw new Error(`There is no MCP server "${shown(server)}" here.`);
      return link.call(tool.ownName, args, signal);
    });
  }
}

function refusalOf(name: string, server: McpServerConfig | undefined, { isOnMachine }: ToolSourceNeeds): string | undefined {
  if (server === undefined)
    return `The MCP server "${shown(name)}" is not described in a way that is understood here, so it has no tools: it needs a command or a url.`;
  if (server.type === "stdio" && !isOnMachine)
    return `The MCP server "${shown(name)}" is a program that would run outside of the agent's container, so it was not started and has no tools. A server with a url can be used.`;
  return undefined;
}

function failureNote(name: string, error: unknown): string {
  return `The MCP server "${shown(name)}" cannot be used now: ${messageOf(error)}. The task goes on without its tools; it is tried again with a later message.`;
}

function leftOutNote(server: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  return `Some tools of the MCP server "${shown(server)}" are not offered, because they are too many or too large, or not described in a way that models take: ${names.slice(0, mostNamed).map(shown).join(", ")}${more}.`;
}

function shown(name: string): string {
  return shortened(name, 64);
}
