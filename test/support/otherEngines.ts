// Ways to an engine besides its socket: over TLS, through a program that is called ssh, and sockets that lead nowhere.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { runCommand } from "./command.ts";

export interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** Makes `ca.pem`, `cert.pem` and `key.pem` in the folder, as Docker wants them, for a server on 127.0.0.1 and its client alike. */
export async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...args: string[]): Promise<string> => runCommand("openssl", args, { cwd: folder });
  const subject = (name: string): string[] => [
    "-subj",
    `/CN=${name}`,
    "-nodes",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
  ];
  await openssl("req", "-x509", ...subject("a test's authority"), "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2");
  await openssl("req", ...subject("localhost"), "-keyout", "key.pem", "-out", "request.pem");
  await writeFile(path.join(folder, "names.txt"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  const signing = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2", "-extfile", "names.txt"];
  await openssl("x509", "-req", "-in", "request.pem", "-out", "cert.pem", ...signing);
}

/** The engine behind TLS, for clients that the folder's authority knows. */
export async function tlsEngine(folder: string, socketPath: string): Promise<Listening> {
  const [ca, cert, key] = await Promise.all(["ca.pem", "cert.pem", "key.pem"].map((name) => readFile(path.join(folder, name))));
  const server = createTlsServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true }, (client) => {
    joinSockets(client, connect({ path: socketPath, allowHalfOpen: true }));
  });
  server.on("tlsClientError", () => undefined);
  return listen(server);
}

/** The engine as anybody can reach it. */
export async function tcpEngine(socketPath: string): Promise<Listening> {
  return listen(createServer({ allowHalfOpen: true }, (client) => joinSockets(client, connect({ path: socketPath, allowHalfOpen: true }))));
}

/** Takes every connection and says nothing; at a port, or at a socket that is gone afterwards. */
export async function silentEngine(socketPath?: string): Promise<Listening> {
  return listen(createServer(), socketPath);
}

async function listen(server: Server, socketPath?: string): Promise<Listening> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket.on("error", () => undefined).on("close", () => open.delete(socket)));
  });
  if (socketPath === undefined) server.listen(0, "127.0.0.1");
  else server.listen(socketPath);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function joinSockets(one: Socket, other: Socket): void {
  one.pipe(other);
  other.pipe(one);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy()).on("close", () => to.destroy());
  }
}

/** A socket's file whose program was killed. */
export async function deadSocket(socketPath: string): Promise<void> {
  const program = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  await once(spawn(process.execPath, ["-e", program, socketPath], { stdio: "ignore" }), "exit");
}

/**
 * Puts a program `ssh` into the folder. It writes its arguments to `ssh.log` there, and then does what `docker system dial-stdio` does on the
 * other machine; to the host `refused` it fails as ssh does, to `silent` it never answers, and `noshell` has no Docker.
 */
export async function fakeSsh(folder: string, socketPath: string): Promise<void> {
  const program = `#!${process.execPath}
const { appendFileSync } = require("node:fs");
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(path.join(folder, "ssh.log"))}, JSON.stringify(args) + "\\n");
const fail = (words, code) => { process.stderr.write(words); process.exitCode = code; };
const host = args[args.indexOf("--") + 1];
if (host === "refused") fail("Warning: Permanently added 'refused'.\\nme@refused: Permission denied (publickey).\\n", 255);
else if (host === "nodocker") fail("bash: line 1: docker: command not found\\n", 127);
else if (host === "silent") setInterval(() => {}, 1000);
else {
  const socket = require("node:net").connect({ path: ${JSON.stringify(socketPath)}, allowHalfOpen: true });
  process.stdin.pipe(socket).pipe(process.stdout);
  socket.on("end", () => process.exit());
}
`;
  await writeFile(path.join(folder, "ssh"), program);
  await chmod(path.join(folder, "ssh"), 0o755);
}
