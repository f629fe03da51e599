import { Duplex } from "node:stream";
import type Docker from "dockerode";
import { RuntimeError } from "../runtime.ts";

const noBytes = Buffer.alloc(0);

/** A container as dockerode has it; its types say nothing of the client that it goes through. */
interface Attachable {
  readonly id: string;
  readonly modem: Docker["modem"];
}

/**
 * Both directions of the container's main process, framed as the engine does. dockerode's own `attach` sends its options as a body as well,
 * and Podman takes that for the first input.
 */
export async function attachContainer({ id, modem }: Attachable, signal: AbortSignal): Promise<Duplex> {
  const stream = await new Promise<unknown>((resolve, reject) => {
    const request = {
      path: `/containers/${id}/attach?`,
      method: "POST",
      options: { _query: { stream: true, stdin: true, stdout: true, stderr: true } },
      file: noBytes,
      hijack: true,
      isStream: true,
      abortSignal: signal,
      statusCodes: { 101: true, 200: true },
    };
    modem.dial(request, (error: Error | null, result: unknown) => (error === null ? resolve(result) : reject(error)));
  });
  if (!(stream instanceof Duplex)) throw new RuntimeError("failed", "The engine gave no stream of the container.");
  return stream;
}
