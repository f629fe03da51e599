import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import type { Host } from "../../host/host.ts";
import type { Log } from "../../protocol/log.ts";
import { addErrors, Refusal } from "../answers.ts";
import { gateOf } from "../gate.ts";
import { hostingRoutes } from "../hosting/app.ts";
import { Hosting } from "../hosting/hosting.ts";
import type { Lookups } from "../hosting/lookups.ts";
import { HostSight } from "../hosting/sight.ts";
import { hostingSockets } from "../hosting/sockets.ts";
import { currentKeys } from "../keys.ts";
import { listen } from "../listen.ts";
import { Routes } from "../routes.ts";
import { addServerInfo } from "../serverInfo.ts";
import { SocketServer } from "../sockets/socketServer.ts";
import { isForClients, refusal } from "./mayClients.ts";
import { type SharedClient, SharedClients } from "./sharedClients.ts";

export interface ShareOptions {
  /** Of a program that goes on working with it. */
  readonly host: Host;
  /** Name and version of what runs us, such as "Node 24.21.0". */
  readonly platform: string;
  /** The tools of its agents. */
  readonly usableTools: readonly string[];
  readonly log: Log;
  /** Another client is there, or one is no more. */
  readonly onClients: () => void;
  /** A client that only asks is there for so long after its last request; a minute unless told. */
  readonly activeMs?: number;
}

/** A host that clients of the agent-server protocol can follow and steer, on loopback. Disposing sends them away; runs go on. */
export interface Share extends AsyncDisposable {
  readonly url: string;
  /** Made for this share alone, and kept nowhere. */
  readonly key: string;
  /** Who follows a conversation now, or has asked something just now. */
  readonly clients: readonly SharedClient[];
}

/** Rejects with Node's error when no port can be had. */
export async function shareHost({ host, log, onClients, activeMs = 60_000, ...options }: ShareOptions): Promise<Share> {
  const hosting = new Hosting({
    host,
    sight: new HostSight(host),
    metas: undefined,
    lookups: noLookups,
    cipher: undefined,
    root: null,
    runtime: { kind: "local" },
    log,
  });
  const key = randomBytes(32).toString("base64url");
  const allowed = [key];
  const keys = currentKeys(() => allowed);
  const clients = new SharedClients(activeMs, onClients);
  const families = hostingSockets(hosting).map((family) => clients.counting(family));
  const listening = await listen({
    app: sharedApp(hosting, clients, options),
    host: "127.0.0.1",
    port: 0,
    gate: (port) => gateOf({ keys, hosts: [`127.0.0.1:${port}`, `localhost:${port}`], origins: [] }),
    log,
    sockets: async () => new SocketServer({ families, keys, log }),
  });
  return {
    url: `http://127.0.0.1:${listening.port}`,
    key,
    get clients() {
      return clients.all;
    },
    [Symbol.asyncDispose]: async () => {
      clients[Symbol.dispose]();
      await listening[Symbol.asyncDispose]();
      await hosting.goals[Symbol.asyncDispose]();
      hosting.logs[Symbol.dispose]();
    },
  };
}

/** The routes of conversations, behind what clients of a share may ask. */
function sharedApp(
  hosting: Hosting,
  clients: SharedClients,
  { platform, usableTools }: Pick<ShareOptions, "platform" | "usableTools">,
): Hono {
  const app = new Hono({ strict: false });
  addErrors(app, hosting.options.log);
  app.use(async (c, next) => {
    clients.asked(c.req.header("user-agent") ?? "", c.req.path);
    if (!isForClients(c.req.method, c.req.path)) throw new Refusal(403, refusal);
    await next();
  });
  addServerInfo(new Routes(app), { buildSha: "unknown", buildRef: "shared host", platform, usableTools, idleTimeoutSeconds: undefined });
  app.route("/", hostingRoutes(hosting).app);
  return app;
}

const noLookups: Lookups = {
  profile: async () => undefined,
  agentProfile: async () => undefined,
  agentOfSettings: async () => {
    throw new Refusal(403, refusal);
  },
  secret: async () => undefined,
};
