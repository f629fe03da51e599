import type { LateRoutes } from "../src/server/app.ts";
import type { SocketFamily } from "../src/server/sockets/socketServer.ts";
import type { OpenHosting } from "./hosting.ts";
import type { Serving } from "./parts.ts";

export interface HostingNeeds extends Serving {
  /** What secrets are encrypted with; undefined: nothing, and no secret is kept on the disk. */
  readonly secretKey: string | undefined;
}

export interface LateHosting extends LateRoutes, AsyncDisposable {
  readonly sockets: () => Promise<readonly SocketFamily[]>;
  /** Nobody need wait for it. */
  begin(): void;
}

/** Conversations, read and opened when the server listens already: so it answers `/health` sooner. */
export function lateHosting(needs: HostingNeeds): LateHosting {
  let opening: Promise<OpenHosting> | undefined;
  let areReady = false;
  const open = async (): Promise<OpenHosting> => {
    const { openHosting } = await import("./hosting.ts");
    const opened = await openHosting(needs);
    areReady = true;
    return opened;
  };
  return {
    get areReady() {
      return areReady;
    },
    routes: async () => (await (opening ??= open())).routes,
    sockets: async () => (await (opening ??= open())).sockets,
    begin: () => {
      opening ??= open();
      opening.catch((error: unknown) => needs.log.error("Conversations cannot be served.", { error: String(error) }));
    },
    [Symbol.asyncDispose]: async () => (await opening?.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}
