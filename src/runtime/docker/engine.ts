import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type Docker from "dockerode";
import type * as z from "zod";
import { addressWords, type EngineAddress, isElsewhere } from "./engineAddress.ts";
import { type EngineFacts, EngineInfo, EngineVersion, engineFacts } from "./engineFacts.ts";
import { type EngineFailure, failureOf, noEngine, WrongEngine } from "./engineFailures.ts";
import { enginePlaces } from "./enginePlaces.ts";
import { sshAgent } from "./sshAgent.ts";

export interface EngineOptions {
  /** The person's setting; empty: DOCKER_HOST, Docker's context, or where an engine is found. */
  readonly dockerHost: string;
  /** Where DOCKER_HOST and the like are read, and what ssh inherits. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long an engine may take to answer; 10,000 unless told otherwise, and 20,000 over SSH. */
  readonly answerMs?: number;
}

/** An engine that has answered. Disposing closes connections that are idle, and ends what they ran through. */
export interface Engine extends Disposable {
  readonly docker: Docker;
  readonly facts: EngineFacts;
}

/**
 * The engine that the person has named or, when none is named, the first of the usual ones that answers.
 *
 * Rejects with RuntimeError `unreachable`, in one sentence with all that was tried, or with the abort reason; nothing is left running then.
 */
export async function connectEngine(options: EngineOptions, signal: AbortSignal): Promise<Engine> {
  signal.throwIfAborted();
  const { namedBy, addresses } = await enginePlaces(options.dockerHost, options.environment);
  const failures: EngineFailure[] = [];
  for (const address of addresses) {
    const answerMs = options.answerMs ?? (address.kind === "ssh" ? 20_000 : 10_000);
    const late = AbortSignal.timeout(answerMs);
    try {
      return await tryEngine(address, options, AbortSignal.any([signal, late]));
    } catch (error) {
      signal.throwIfAborted();
      failures.push(failureOf(address, late.aborted ? { lateMs: answerMs } : { error }));
    }
  }
  throw noEngine(namedBy, failures);
}

async function tryEngine(address: EngineAddress, { environment }: EngineOptions, signal: AbortSignal): Promise<Engine> {
  const agent = agentFor(address, environment);
  try {
    const docker = await dockerAt(address, agent);
    const [version, info] = await Promise.all([ask(docker, "/version", EngineVersion, signal), ask(docker, "/info", EngineInfo, signal)]);
    if (version.Os !== "linux") throw new WrongEngine(`it runs ${version.Os} containers`, "switch it to Linux containers");
    const facts = { address: addressWords(address), isElsewhere: isElsewhere(address), ...engineFacts(version, info) };
    return { docker, facts, [Symbol.dispose]: () => agent.destroy() };
  } catch (error) {
    agent.destroy();
    throw error;
  }
}

function agentFor(address: EngineAddress, environment: EngineOptions["environment"]): Agent {
  if (address.kind === "ssh") return sshAgent(address.target, environment);
  if (address.kind === "socket" || address.tls === undefined) return new Agent({ keepAlive: true });
  const { ca, cert, key, verify } = address.tls;
  return new TlsAgent({ keepAlive: true, ca, cert, key, rejectUnauthorized: verify });
}

/** Loaded only now, because most conversations need none. Each option is said, because those that are not are read from this process's environment. */
async function dockerAt(address: EngineAddress, agent: Agent): Promise<Docker> {
  const { default: Client } = await import("dockerode");
  const hasTls = address.kind === "tcp" && address.tls !== undefined;
  // The types do not know of the agent.
  const options = {
    agent,
    protocol: hasTls ? ("https" as const) : ("http" as const),
    socketPath: address.kind === "socket" ? address.path : undefined,
    // The program behind SSH goes to the socket by itself; a host has to be there all the same.
    host: address.kind === "socket" ? undefined : address.kind === "ssh" ? "docker" : address.host,
    port: address.kind === "tcp" ? address.port : undefined,
    pathPrefix: "/",
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    sshOptions: {},
  };
  return new Client(options);
}

async function ask<T>(docker: Docker, path: string, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  const answer = await new Promise<unknown>((resolve, reject) => {
    const options = { path, method: "GET", abortSignal: signal, statusCodes: { 200: true } };
    docker.modem.dial(options, (error: Error | null, result: unknown) => (error === null ? resolve(result) : reject(error)));
  });
  const parsed = shape.safeParse(answer);
  if (!parsed.success) throw new WrongEngine("what answers there is no Docker engine", "name another place");
  return parsed.data;
}
