import { SSEClientTransport, type Transport } from "@modelcontextprotocol/client";
import type { McpServerConfig, RemoteServer } from "../../protocol/agentServer/mcp.ts";
import { type PipedProgram, startPipedProgram } from "../../runtime/machine/pipedProgram.ts";
import type { Reach } from "./addresses.ts";
import { checkedFetch } from "./checkedFetch.ts";
import { headersOf } from "./credentials.ts";
import { ProgramTransport } from "./programTransport.ts";
import { WebTransport } from "./webTransport.ts";

export interface Opening {
  readonly reach: Reach;
  /** Ends every request to a server on the web. */
  readonly signal: AbortSignal;
  /** Where a program works that does not say it itself. */
  readonly cwd?: string | undefined;
}

export interface OpenTransport {
  readonly transport: Transport;
  /** Who opened the transport ends it. */
  readonly program: PipedProgram | undefined;
}

/** The way to a server: its program is started, or its address is known. Rejects with the system's error, or with a sentence. */
export async function openTransport(server: McpServerConfig, { reach, signal, cwd }: Opening): Promise<OpenTransport> {
  if (server.type === "stdio") {
    const program = await startPipedProgram({ ...server, cwd: server.cwd ?? cwd });
    return { transport: new ProgramTransport(program), program };
  }
  return { transport: remoteTransport(server, reach, signal), program: undefined };
}

function remoteTransport(server: RemoteServer, reach: Reach, signal: AbortSignal): Transport {
  const requestInit = { headers: { ...server.headers, ...headersOf(server.auth) } };
  const options = { fetch: checkedFetch(reach, signal), requestInit };
  const url = URL.parse(server.url);
  if (url === null) throw new Error("The server's address is no URL.");
  // oxlint-disable-next-line typescript/no-deprecated -- Servers that speak only this one are still there, and the protocol has a name for them.
  return server.type === "sse" ? new SSEClientTransport(url, options) : new WebTransport(url, options);
}
