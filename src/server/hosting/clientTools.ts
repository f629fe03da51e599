import { isDeepStrictEqual } from "node:util";
import type { ClientTool } from "../../protocol/agentServer/agent.ts";
import { Refusal } from "../answers.ts";

/** The tools of clients that this process has been told of: one name stands for one description (agent-server protocol §5.11, §10.64). */
export class ClientTools {
  readonly #known = new Map<string, ClientTool["parameters"]>();

  /** Throws a Refusal with 422 when a name stands for something else already; none of them is taken then. */
  take(tools: readonly ClientTool[]): void {
    for (const { name, parameters } of tools) {
      const known = this.#known.get(name);
      if (known !== undefined && !isDeepStrictEqual(known, parameters))
        throw new Refusal(422, `The client tool "${name}" is known with other parameters. Nothing was begun; give it another name.`);
    }
    for (const { name, parameters } of tools) this.#known.set(name, parameters);
  }
}
