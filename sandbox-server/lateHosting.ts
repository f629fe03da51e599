import { messageOf } from "../src/protocol/thrown.ts";
import type { LateRoutes } from "../src/server/app.ts";
import type { LateState } from "../src/server/serverInfo.ts";
import type { SocketFamily } from "../src/server/sockets/socketServer.ts";
import type { OpenHosting } from "./hosting.ts";
import type { Serving } from "./parts.ts";

export interface HostingNeeds extends Serving {
  /** What secrets are encrypted with; undefined: nothing, and no secret is kept on the disk. */
  readonly secretKey: string | undefined;
}

export interface LateHosting extends LateRoutes, AsyncDisposable {
  readonly sockets: () => Promise<readonly SocketFamily[]>;
}

/** Conversations, read and opened when the server listens already: so it answers `/health` sooner. */
export function lateHosting(needs: HostingNeeds): LateHosting {
  let opening: Promise<OpenHosting> | undefined;
  let state: LateState = "opening";
  const open = async (): Promise<OpenHosting> => {
    try {
      const [{ openHosting }, { tidyMemorySoon }] = await Promise.all([import("./hosting.ts"), import("./tidyMemory.ts")]);
      const opened = await openHosting(needs);
      state = "ready";
      tidyMemorySoon();
      return opened;
    } catch (error) {
      state = "failed";
      needs.log.error("Conversations cannot be served.", { error: messageOf(error) });
      throw error;
    }
  };
  return {
    get state() {
      return state;
    },
    routes: async () => (await (opening ??= open())).routes,
    sockets: async () => (await (opening ??= open())).sockets,
    [Symbol.asyncDispose]: async () => (await opening?.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}
