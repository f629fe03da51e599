import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { extract } from "tar-stream";
import { RuntimeError } from "../../runtime.ts";
import { statusOf } from "../engineAnswers.ts";
import type { FileTree } from "./libraries.ts";

const mostLinks = 10;
const mostBytes = 400_000_000;

/** The files of an image, brought to this machine one by one; nothing of the image is started. Disposing removes what was brought. */
export async function openImageTree(docker: Docker, image: string): Promise<FileTree & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "openhands-image-"));
  const container = await docker.createContainer({ Image: image, Entrypoint: ["/none"], HostConfig: { NetworkMode: "none" } });
  let count = 0;
  const bring = async (path: string, links: number): Promise<string | undefined> => {
    const target = join(folder, String(count++));
    const found = await readEntry(container, path, target);
    if (found?.type !== "link") return found === undefined ? undefined : target;
    return links >= mostLinks ? undefined : bring(posix.resolve(posix.dirname(path), found.to), links + 1);
  };
  const brought = new Map<string, Promise<string | undefined>>();
  return {
    find: (path) => {
      const known = brought.get(path) ?? bring(path, 0);
      brought.set(path, known);
      return known;
    },
    [Symbol.asyncDispose]: async () => {
      await container.remove({ force: true, v: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Entry = { readonly type: "file" } | { readonly type: "link"; readonly to: string };

async function readEntry(container: Docker.Container, path: string, target: string): Promise<Entry | undefined> {
  const archive = await container.getArchive({ path }).catch((error: unknown) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
  if (archive === undefined) return undefined;
  const entries = extract();
  const reading = pipeline(archive, entries);
  try {
    for await (const entry of entries) {
      const { type, size, linkname } = entry.header;
      if (type === "symlink" && linkname) return { type: "link", to: linkname };
      if (type !== "file") return undefined;
      if (size > mostBytes) throw new RuntimeError("too-large", `${path} in the image is too large to be one of its programs.`);
      await pipeline(entry, createWriteStream(target));
      return { type: "file" };
    }
    return undefined;
  } finally {
    entries.destroy();
    await reading.catch(() => undefined);
  }
}
