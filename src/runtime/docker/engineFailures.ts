import { codeOf, messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";
import { addressWords, type EngineAddress } from "./engineAddress.ts";
import { SshError } from "./sshAgent.ts";

/** Why there is no engine at one place, and what a person can do about it; both are parts of a sentence. */
export interface EngineFailure {
  readonly where: string;
  readonly isMissing: boolean;
  readonly why: string;
  readonly nextStep: string;
  readonly cause: unknown;
}

/** Something answers, but it is not what a sandbox needs. */
export class WrongEngine extends Error {
  override readonly name = "WrongEngine";
  readonly nextStep: string;

  constructor(message: string, nextStep: string) {
    super(message);
    this.nextStep = nextStep;
  }
}

export type EngineTrouble = { readonly lateMs: number } | { readonly error: unknown };

export function failureOf(address: EngineAddress, trouble: EngineTrouble): EngineFailure {
  const cause = "error" in trouble ? trouble.error : undefined;
  const { why, nextStep } = "error" in trouble ? reasonOf(address, trouble.error) : late(address, trouble.lateMs);
  return { where: addressWords(address), isMissing: codeOf(cause) === "ENOENT" && address.kind === "socket", why, nextStep, cause };
}

/** One sentence with all that was tried. */
export function noEngine(namedBy: string | undefined, failures: readonly EngineFailure[]): RuntimeError {
  const there = failures.filter(({ isMissing }) => !isMissing);
  const [first] = there.length > 0 ? there : failures;
  const cause = first?.cause;
  if (first === undefined) return new RuntimeError("unreachable", "There is no Docker engine to be tried.");
  if (namedBy !== undefined) {
    const nextStep = first.isMissing ? `start Docker, or correct ${namedBy}` : first.nextStep;
    return new RuntimeError("unreachable", `No Docker engine answers at ${first.where}, named by ${namedBy}: ${first.why}; ${nextStep}.`, {
      cause,
    });
  }
  const missing = failures.filter(({ isMissing }) => isMissing).map(({ where }) => where);
  const tried = there.map(({ where, why }) => `${where}: ${why}`).join("; ");
  if (there.length === 0) {
    const nextStep = "install or start Docker or Podman, or name an engine in DOCKER_HOST or the setting sandbox.dockerHost";
    return new RuntimeError("unreachable", `No Docker engine is there (looked for ${placesOf(missing)}): ${nextStep}.`, { cause });
  }
  const others = missing.length > 0 ? `; nothing is at ${placesOf(missing)}` : "";
  return new RuntimeError("unreachable", `No Docker engine answers (${tried}${others}): ${first.nextStep}.`, { cause });
}

/** The first by its name: which others are usual is of no use to a person who has none. */
function placesOf([first = "", ...others]: readonly string[]): string {
  if (others.length === 0) return first;
  return `${first} and ${others.length} other usual ${others.length === 1 ? "place" : "places"}`;
}

type Reason = Pick<EngineFailure, "why" | "nextStep">;

const start =
  process.platform === "linux" ? 'start it, such as by "sudo systemctl start docker"' : "start it, such as by opening Docker Desktop";

function late(address: EngineAddress, lateMs: number): Reason {
  const nextStep = address.kind === "socket" ? "restart the engine" : "check the network to that machine, and its engine";
  return { why: `no answer in ${lateMs / 1000} seconds`, nextStep };
}

function reasonOf(address: EngineAddress, error: unknown): Reason {
  if (error instanceof WrongEngine) return { why: error.message, nextStep: error.nextStep };
  if (address.kind === "ssh") return sshReason(address, error);
  const code = codeOf(error) ?? "";
  const message = messageOf(error).trim();
  if (isAboutTls(code, message)) return tlsReason(address, message);
  switch (code) {
    case "ENOENT":
      return { why: "there is no such socket", nextStep: start };
    case "ECONNREFUSED":
      return address.kind === "socket"
        ? { why: "the socket is there, but no engine listens to it", nextStep: start }
        : { why: "nothing listens there", nextStep: "start the engine there, or correct the port" };
    case "EACCES":
    case "EPERM":
      return { why: "permission denied", nextStep: permissionStep(address) };
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return { why: "no machine of that name is found", nextStep: "check the name and the network" };
    case "ECONNRESET":
    case "EPIPE":
      return { why: "it closed the connection without an answer", nextStep: "restart the engine, or check whether it expects TLS" };
    default:
      if (code.startsWith("HPE_")) return { why: "what answers there is no Docker engine", nextStep: "name another place" };
      return { why: message, nextStep: "put that right, or name another engine" };
  }
}

function permissionStep(address: EngineAddress): string {
  if (process.platform !== "linux" || !addressWords(address).includes("docker")) return "give your user the right to use that socket";
  return 'add your user to the group "docker" by "sudo usermod -aG docker $USER", and log in again';
}

function sshReason({ target: { host } }: Extract<EngineAddress, { kind: "ssh" }>, error: unknown): Reason {
  if (codeOf(error) === "ENOENT") return { why: "there is no program ssh on this machine", nextStep: "install an OpenSSH client" };
  const why = error instanceof SshError ? error.message : `the connection broke (${messageOf(error)})`;
  return { why: why.replace(/[.;:]+$/, ""), nextStep: `make "ssh ${host} docker version" work without it asking for anything` };
}

function isAboutTls(code: string, message: string): boolean {
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_OSSL|EPROTO)/.test(code)) return true;
  return /HTTP request to an HTTPS server|wrong version number|bad certificate|certificate required/i.test(message);
}

function tlsReason(address: EngineAddress, message: string): Reason {
  if (address.kind === "tcp" && address.tls === undefined) {
    return { why: "it expects TLS", nextStep: "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the folder of its certificates" };
  }
  const plain = /wrong version number|packet length too long/i.test(message);
  if (plain) return { why: "it does not speak TLS", nextStep: "unset DOCKER_TLS_VERIFY, or use the engine's port for TLS" };
  return { why: `TLS failed (${message})`, nextStep: "check ca.pem, cert.pem and key.pem where DOCKER_CERT_PATH or the context has them" };
}
