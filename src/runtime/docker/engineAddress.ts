import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";

/** Where an engine is reached. A `socket` is also Windows' named pipe. */
export type EngineAddress =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: EngineTls | undefined }
  | { readonly kind: "ssh"; readonly target: SshTarget };

/** Who the engine must be able to prove it is, and who we are; `ca` undefined: whom the machine trusts. */
export interface EngineTls {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly verify: boolean;
}

export interface SshTarget {
  readonly host: string;
  readonly user: string;
  /** Empty: what the person's ssh says. */
  readonly port: string;
  /** The socket on that machine; empty: its own default. */
  readonly socket: string;
}

/** How TCP is to be protected, when the address itself does not say so. */
export interface TlsChoice {
  /** Undefined: plain TCP, unless the address says `https`. */
  readonly tls: "verified" | "unverified" | undefined;
  /** Where `ca.pem`, `cert.pem` and `key.pem` are; empty: nowhere. */
  readonly folder: string;
}

export const windowsPipe = "//./pipe/docker_engine";
const unixSocket = "/var/run/docker.sock";

/** Reads what Docker itself reads as DOCKER_HOST. Rejects with RuntimeError, also when a certificate cannot be read. */
export async function readAddress(text: string, choice: TlsChoice): Promise<EngineAddress> {
  const [, scheme = "tcp", rest = text] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case "unix":
      return { kind: "socket", path: rest || unixSocket };
    case "npipe":
      return { kind: "socket", path: rest || windowsPipe };
    case "ssh":
      return { kind: "ssh", target: sshTarget(text) };
    case "tcp":
    case "http":
    case "https":
      return tcpAddress(rest, { ...choice, tls: choice.tls ?? (scheme.toLowerCase() === "https" ? "verified" : undefined) });
    default:
      throw wrong(text);
  }
}

async function tcpAddress(rest: string, { tls, folder }: TlsChoice): Promise<EngineAddress> {
  const { hostname, port } = parseUrl(`tcp://${rest}`);
  if (hostname === "") throw wrong(`tcp://${rest}`);
  return {
    kind: "tcp",
    // Sockets take an IPv6 address without its brackets.
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || (tls ? 2376 : 2375)),
    tls: tls && { ...(await readCertificates(folder)), verify: tls === "verified" },
  };
}

function sshTarget(text: string): SshTarget {
  const { hostname, username, password, port, pathname } = parseUrl(text);
  const [host, user] = [hostname.replace(/^\[(.*)\]$/, "$1"), decodeURIComponent(username)];
  // ssh would take these for its own options.
  if (host === "" || host.startsWith("-") || user.startsWith("-")) throw wrong(text);
  if (password !== "") {
    throw new RuntimeError(
      "unreachable",
      "An address of an engine over SSH holds no password: set up a key or an agent for SSH, and leave it out.",
    );
  }
  return { host, user, port, socket: pathname === "/" ? "" : decodeURIComponent(pathname) };
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw wrong(text);
  return new URL(text);
}

function wrong(text: string): RuntimeError {
  const known = "unix:///var/run/docker.sock, tcp://host:2376, ssh://me@host or npipe:////./pipe/docker_engine";
  return new RuntimeError("unreachable", `"${text}" is no address of a Docker engine; it looks like ${known}.`);
}

async function readCertificates(folder: string): Promise<Omit<EngineTls, "verify">> {
  const [ca, cert, key] = await Promise.all(["ca.pem", "cert.pem", "key.pem"].map((name) => readOptional(folder, name)));
  return { ca, cert, key };
}

async function readOptional(folder: string, name: string): Promise<Buffer | undefined> {
  if (folder === "") return undefined;
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    const path = join(folder, name);
    throw new RuntimeError("unreachable", `The certificate ${path} of the Docker engine cannot be read; make it readable for you.`, {
      cause,
    });
  }
}

/** The address in the words that Docker itself uses. */
export function addressWords(address: EngineAddress): string {
  switch (address.kind) {
    case "socket":
      return address.path;
    case "tcp":
      return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
    case "ssh": {
      const { user, host, port, socket } = address.target;
      return `ssh://${user && `${user}@`}${host}${port && `:${port}`}${socket}`;
    }
  }
}

/** Whether it is another machine's, as far as the address shows: then folders of this one cannot be mounted there. */
export function isElsewhere(address: EngineAddress): boolean {
  if (address.kind === "tcp") return !/^(?:localhost|127\..*|::1)$/.test(address.host);
  return address.kind === "ssh";
}
