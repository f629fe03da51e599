import { type JSONRPCMessage, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** The code of an error that no server has sent: its answer broke off. */
export const brokenOff = -32_099;

/** Streamable HTTP. A request whose answer breaks off, and cannot be taken up again, fails at once, and not only when its time is over. */
export class WebTransport extends StreamableHTTPClientTransport {
  override async send(
    message: JSONRPCMessage | JSONRPCMessage[],
    options?: Parameters<StreamableHTTPClientTransport["send"]>[1],
  ): Promise<void> {
    // An answer that was heard already is not heard twice.
    const onRequestStreamEnd = (): void => {
      for (const one of [message].flat())
        if ("method" in one && "id" in one)
          this.onmessage?.({ jsonrpc: "2.0", id: one.id, error: { code: brokenOff, message: "The answer broke off." } });
    };
    return super.send(message, { ...options, onRequestStreamEnd });
  }
}
