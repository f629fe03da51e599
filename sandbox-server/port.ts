import type { Log } from "../src/protocol/log.ts";
import { codeOf, messageOf } from "../src/protocol/thrown.ts";
import { type GateOptions, gateOf } from "../src/server/gate.ts";
import { listen } from "../src/server/listen.ts";
import type { Sockets } from "../src/server/upgrades.ts";
import type { Arguments } from "./arguments.ts";
import { endAll } from "./endAll.ts";
import { allowedHosts, isLoopback } from "./hosts.ts";
import { lateApp } from "./lateApp.ts";
import { lateHosting } from "./lateHosting.ts";
import { allowedOrigins } from "./origins.ts";
import type { Serving } from "./parts.ts";
import { secretKeyOf, sessionKeys } from "./sessionKeys.ts";

const openWarning = "No key is needed (--no-auth): every program and user of this machine may run commands here.";

/** Serves on a port until it is told to end. Or a sentence that says why it cannot. */
export async function servePort(serving: Serving, port: number): Promise<number | string> {
  try {
    return await serve(serving, port);
  } catch (error) {
    return portTrouble(error, serving.options) ?? messageOf(error);
  }
}

async function serve(serving: Serving, port: number): Promise<number | string> {
  const { options, log, ended } = serving;
  const secretKey = secretKeyOf(options.keyFile);
  const allowed = whoMayAsk(options, log);
  if (typeof allowed === "string") return allowed;
  await using hosting = lateHosting({ ...serving, secretKey });
  await using served = lateApp(serving, hosting);
  const app = async () => (await served.open()).app;
  const gate = (bound: number) => gateOf({ ...allowed, hosts: allowedHosts({ ...options, port: bound }) });
  // Read when the first socket is asked for.
  const sockets = async (): Promise<Sockets> => {
    const [{ SocketServer }, { bashSockets }] = await Promise.all([
      import("../src/server/sockets/socketServer.ts"),
      import("../src/server/bashSockets.ts"),
    ]);
    const families = [...(await hosting.sockets()), bashSockets((await served.open()).openBash, log)];
    return new SocketServer({ families, keys: allowed.keys, log });
  };
  await using listening = await listen({ app, host: options.host, port, gate, log, sockets });
  process.stdout.write(`${JSON.stringify({ host: listening.host, port: listening.port })}\n`);
  log.info("Listening", { host: listening.host, port: listening.port, workspace: serving.workingDir });
  if (options.noAuth) process.stderr.write(`${openWarning}\n`);
  if (options.noAuth) log.warn(openWarning);
  if (options.isPublic) log.warn("Other machines may reach this port, and there is no TLS: map it to loopback, or put a proxy in front.");
  using _beginning = soon(() => Promise.all([served.open(), hosting.routes()]));
  await Promise.race([ended, served.failed]);
  await endAll(listening, hosting, served);
  return 0;
}

/** Who has started the server asks for `/health` at once. */
const soonMs = 100;

/** Does it when that has been answered. What goes wrong is told by what is opened. */
function soon(open: () => Promise<unknown>): Disposable {
  const timer = setTimeout(() => void open().catch(() => undefined), soonMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Or a sentence that says why nobody may. */
function whoMayAsk(options: Arguments, log: Log): Omit<GateOptions, "hosts"> | string {
  if (!isLoopback(options.host)) {
    if (options.noAuth) return `Without a key a port is served on loopback only, and other machines can reach ${options.host}.`;
    if (!options.isPublic)
      return `Other machines can reach ${options.host}: say --listen-public when that is meant, and see there what protects the key.`;
  }
  if (options.noAuth && options.isPublic) return "Give --listen-public or --no-auth, not both: what others reach needs a key.";
  const keys = sessionKeys({ ...options, log });
  const pages = allowedOrigins(options.allowOrigins);
  if (typeof keys === "string") return keys;
  return typeof pages === "string" ? pages : { keys, ...pages };
}

function portTrouble(error: unknown, { host, port }: Arguments): string | undefined {
  const troubles: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} of ${host} is in use: choose another one, or 0 for any that is free.`,
    EACCES: `This user may not listen at port ${port} of ${host}.`,
    EADDRNOTAVAIL: `This machine has no address ${host}.`,
    ENOTFOUND: `There is no address called ${host}.`,
  };
  return troubles[codeOf(error) ?? ""];
}
