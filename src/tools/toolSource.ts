import type { Tool } from "./tool.ts";

/** Servers whose tools an agent has besides its own, such as those of the Model Context Protocol. Plain data: what is equal is connected to once. */
export interface ToolServers {
  /** As clients describe them, by name. */
  readonly servers: Readonly<Record<string, unknown>>;
  /** Names that none of their tools can have, because they are of other tools. */
  readonly taken: readonly string[];
  /** A regular expression: only tools are there whose names begin with what matches it. */
  readonly filter?: string;
}

/** What a source is opened for. */
export interface ToolSourceNeeds extends ToolServers {
  /** The folder of the conversation on this machine. */
  readonly workingDir: string;
  /** Whether its agent acts on this machine, and not in a container of its own. */
  readonly isOnMachine: boolean;
}

export interface SourcedTools {
  readonly tools: readonly Tool[];
  /** By server, in a sentence for the person and the model: what is not there and why, or that it is there again. */
  readonly notes: Readonly<Record<string, string>>;
}

/**
 * Tools that others have, who must be connected to.
 *
 * **Contract:** Nothing is started before the first `ready`, and all that was started has ended when disposing is over. A call after that fails.
 */
export interface ToolSource extends AsyncDisposable {
  /**
   * What can be had now. It connects to all servers side by side, to those again that were lost or have failed a while ago, and takes some
   * seconds at most. Never rejects: a server without an answer is in the notes. It goes on when nobody waits for it any more.
   */
  ready(): Promise<SourcedTools>;
}
