import type { LateRoutes } from "../src/server/app.ts";
import type { SocketFamily } from "../src/server/sockets/socketServer.ts";
import type { OpenHosting } from "./hosting.ts";
import type { Serving } from "./parts.ts";
import { tidyMemorySoon } from "./tidyMemory.ts";

export interface HostingNeeds extends Serving {
  /** What secrets are encrypted with; undefined: nothing, and no secret is kept on the disk. */
  readonly secretKey: string | undefined;
}

export interface LateHosting extends LateRoutes, AsyncDisposable {
  readonly sockets: () => Promise<readonly SocketFamily[]>;
  /** Soon, so that the first answer does not wait for it. Nobody need wait for it. */
  begin(): void;
}

/** Who has started the server asks for `/health` at once. */
const soonMs = 100;

/** Conversations, read and opened when the server listens already: so it answers `/health` sooner. */
export function lateHosting(needs: HostingNeeds): LateHosting {
  let opening: Promise<OpenHosting> | undefined;
  let beginning: NodeJS.Timeout | undefined;
  let areReady = false;
  const open = async (): Promise<OpenHosting> => {
    const { openHosting } = await import("./hosting.ts");
    const opened = await openHosting(needs);
    areReady = true;
    tidyMemorySoon();
    return opened;
  };
  return {
    get areReady() {
      return areReady;
    },
    routes: async () => (await (opening ??= open())).routes,
    sockets: async () => (await (opening ??= open())).sockets,
    begin: () => {
      beginning = setTimeout(() => {
        opening ??= open();
        opening.catch((error: unknown) => needs.log.error("Conversations cannot be served.", { error: String(error) }));
      }, soonMs);
    },
    [Symbol.asyncDispose]: async () => {
      clearTimeout(beginning);
      await (await opening?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}
