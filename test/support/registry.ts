// A registry of images on this machine, in the words of its v2 API; engines take one at 127.0.0.1 without TLS.
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { tarOf } from "./docker.ts";

export interface TestRegistry extends AsyncDisposable {
  /** The beginning of its images' names, such as `127.0.0.1:1234`. */
  readonly name: string;
  /** `METHOD path` of what was asked for. */
  readonly requests: readonly string[];
  /** Layers that are being sent now. */
  readonly sending: () => number;
  /** Lets the slow layers go on. */
  release(): void;
}

export interface RegistryImage {
  readonly layers: number;
  readonly layerBytes: number;
  readonly architecture?: string;
  /** Half of the last layer is sent, and then, until `release`, hardly anything more. */
  readonly isSlow?: boolean;
}

interface Blob {
  readonly bytes: Buffer;
  readonly isSlow: boolean;
}

/** Has these images, by `repository:tag`; `private/…` is for nobody. */
export async function testRegistry(images: Readonly<Record<string, RegistryImage>>): Promise<TestRegistry> {
  const blobs = new Map<string, Blob>();
  const manifests = new Map<string, Buffer>();
  for (const [name, image] of Object.entries(images)) manifests.set(name, await addImage(blobs, image));
  const released = Promise.withResolvers<void>();
  const requests: string[] = [];
  let sending = 0;

  const answer = async ({ method = "", url = "" }: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(`${method} ${url}`);
    const [, repository = "", kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    if (url === "/v2/") return send(response, 200, "{}");
    if (repository.startsWith("private/")) return send(response, 403, errorOf("DENIED", "requested access to the resource is denied"));
    if (kind === "manifests") {
      const manifest = manifests.get(`${repository}:${reference}`) ?? [...manifests.values()].find((one) => digestOf(one) === reference);
      if (manifest === undefined) return send(response, 404, errorOf("MANIFEST_UNKNOWN", "manifest unknown"));
      response.setHeader("Docker-Content-Digest", digestOf(manifest));
      response.setHeader("Content-Type", manifestType);
      return send(response, 200, method === "HEAD" ? "" : manifest, manifest.length);
    }
    const blob = blobs.get(reference);
    if (blob === undefined) return send(response, 404, errorOf("BLOB_UNKNOWN", "blob unknown"));
    if (!blob.isSlow) return send(response, 200, blob.bytes);
    sending++;
    response.on("close", () => sending--);
    response.writeHead(200, { "Content-Length": blob.bytes.length });
    const half = Math.floor(blob.bytes.length / 2);
    response.write(blob.bytes.subarray(0, half));
    let sent = half;
    // An engine that has given up notices with what comes next.
    const trickle = setInterval(() => response.write(blob.bytes.subarray(sent, ++sent)), 20);
    await Promise.race([released.promise, once(response, "close")]);
    clearInterval(trickle);
    response.end(blob.bytes.subarray(sent));
  };

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    name: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sending: () => sending,
    release: released.resolve,
    async [Symbol.asyncDispose]() {
      released.resolve();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const manifestType = "application/vnd.docker.distribution.manifest.v2+json";

async function addImage(blobs: Map<string, Blob>, image: RegistryImage): Promise<Buffer> {
  const tars = [];
  // Random bytes stay as many when they are packed, and no image has the layers of another.
  for (let at = 0; at < image.layers; at++) tars.push(await buffer(tarOf({ [`layer-${at}`]: randomBytes(image.layerBytes) })));
  const layers = tars.map((tar, at) => {
    const bytes = gzipSync(tar, { level: 0 });
    blobs.set(digestOf(bytes), { bytes, isSlow: image.isSlow === true && at === tars.length - 1 });
    return { mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip", size: bytes.length, digest: digestOf(bytes) };
  });
  const config = Buffer.from(
    JSON.stringify({
      architecture: image.architecture ?? { x64: "amd64" }[process.arch as string] ?? process.arch,
      os: "linux",
      config: { Env: ["FROM=a registry"] },
      rootfs: { type: "layers", diff_ids: tars.map(digestOf) },
    }),
  );
  blobs.set(digestOf(config), { bytes: config, isSlow: false });
  const configPart = { mediaType: "application/vnd.docker.container.image.v1+json", size: config.length, digest: digestOf(config) };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: configPart, layers }));
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function errorOf(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}

function send(response: ServerResponse, status: number, body: string | Buffer, length = Buffer.byteLength(body)): void {
  response.writeHead(status, { "Content-Length": length, "Docker-Distribution-Api-Version": "registry/2.0" }).end(body);
}
