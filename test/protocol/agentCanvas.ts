// The official web UI: its built site from npm, served as its own launcher does, with what belongs to the server passed on.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import path from "node:path";
import { root } from "../support/checkout.ts";
import { unpack } from "../support/codeServer.ts";
import { withProgress } from "../support/command.ts";

const version = "1.20.0";
const cache = path.join(root, ".cache");
const site = path.join(cache, `agent-canvas-${version}`);
const passedOn = ["/api", "/sockets", "/server_info", "/health", "/alive", "/ready"];
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

export interface WebUi extends AsyncDisposable {
  readonly origin: string;
  /** Everything that was passed on and not answered with success, as `GET /api/x 404`. */
  readonly refused: string[];
  /** Where the agent-server is. Until it is said, and while it is gone, its routes answer 502. */
  passTo(port: number): void;
}

/** Downloaded when it is missing: 17 MB, without what the package depends on. */
export async function ensureAgentCanvas(): Promise<void> {
  if (!existsSync(site)) await withProgress(`The official web UI ${version} from npm`, install);
}

/** Unpacked beside its place and moved there last, so that a folder with the right name is whole. */
async function install(): Promise<void> {
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(`${site}.`);
  try {
    const build = await unpack(`@openhands/agent-canvas@${version}`, "build", unfinished, undefined);
    if (!existsSync(site)) await rename(build, site);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** On loopback, at a port of its own. */
export async function serveAgentCanvas(): Promise<WebUi> {
  let target: number | undefined;
  const refused: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((asked, answer) => {
    if (!isPassedOn(asked)) void serveFile(asked, answer);
    else if (target === undefined) answer.writeHead(502).end();
    else pass(asked, answer, { port: target, refused });
  });
  server.on("upgrade", (asked: IncomingMessage, socket: Socket) => {
    if (target === undefined) socket.destroy();
    else for (const end of passSocket(asked, socket, target)) sockets.add(end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    passTo: (port) => (target = port),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await close(server);
    },
  };
}

function isPassedOn({ url = "/" }: IncomingMessage): boolean {
  return passedOn.some((route) => url === route || url.startsWith(`${route}/`) || url.startsWith(`${route}?`));
}

/** A page of the site's own router has no file: it is the site's only page. */
async function serveFile({ url = "/" }: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { pathname } = new URL(url, "http://127.0.0.1");
  const file = path.join(site, path.normalize(decodeURIComponent(pathname)));
  const extension = path.extname(pathname);
  const found = extension === "" ? undefined : await readFile(file).catch(() => undefined);
  if (found !== undefined) answer.writeHead(200, { "content-type": types[extension] ?? "application/octet-stream" }).end(found);
  else if (extension !== "") answer.writeHead(404).end();
  else answer.writeHead(200, { "content-type": types[".html"] }).end(await readFile(path.join(site, "index.html")));
}

interface Passing {
  readonly port: number;
  readonly refused: string[];
}

function pass(asked: IncomingMessage, answer: ServerResponse, { port, refused }: Passing): void {
  const { method, url, headers } = asked;
  const onward = request({ host: "127.0.0.1", port, method, path: url, headers: { ...headers, host: `127.0.0.1:${port}` } }, (back) => {
    const status = back.statusCode ?? 502;
    if (status >= 400) refused.push(`${method} ${url} ${status}`);
    answer.writeHead(status, back.headers);
    back.pipe(answer);
    back.once("error", () => answer.destroy());
  });
  onward.once("error", () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()));
  answer.once("close", () => onward.destroy());
  asked.pipe(onward);
}

/** The bytes of both sides, once the server has been told of the upgrade. */
function passSocket({ method, url, rawHeaders }: IncomingMessage, socket: Socket, port: number): Socket[] {
  const onward = connect(port, "127.0.0.1");
  const names = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""] as const] : []));
  const lines = names.map(([name, value]) => `${name}: ${name.toLowerCase() === "host" ? `127.0.0.1:${port}` : value}`);
  onward.write(`${method} ${url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  onward.pipe(socket).pipe(onward);
  for (const [end, other] of [
    [onward, socket],
    [socket, onward],
  ] as const) {
    end.once("error", () => other.destroy());
    end.once("close", () => other.destroy());
  }
  return [onward, socket];
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
