import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { codeOf, messageOf } from "../../protocol/thrown.ts";
import { RuntimeError } from "../runtime.ts";
import { type EngineAddress, readAddress } from "./engineAddress.ts";

const Config = z.object({ currentContext: z.string().optional() });
const Meta = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string(), SkipTLSVerify: z.boolean().default(false) }) }) });

/** The context that the person has chosen by `docker context use`; undefined: none, or the default one. */
export async function currentContext(configFolder: string): Promise<string | undefined> {
  const config = await readJson(join(configFolder, "config.json"), Config);
  const name = config?.currentContext;
  return name === "" || name === "default" ? undefined : name;
}

/** Where the engine of a Docker context is. Rejects with RuntimeError when there is no such context, or one that cannot be read. */
export async function contextAddress(name: string, configFolder: string): Promise<EngineAddress> {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = await readJson(join(configFolder, "contexts", "meta", id, "meta.json"), Meta);
  if (meta === undefined) {
    throw new RuntimeError("unreachable", `There is no Docker context named "${name}"; "docker context ls" shows those that there are.`);
  }
  const { Host: host, SkipTLSVerify: isUnverified } = meta.Endpoints.docker;
  const folder = join(configFolder, "contexts", "tls", id, "docker");
  const hasTls = existsSync(folder) || isUnverified;
  return readAddress(host, { tls: hasTls ? (isUnverified ? "unverified" : "verified") : undefined, folder });
}

/** Undefined: there is no such file. */
async function readJson<T>(path: string, shape: z.ZodType<T>): Promise<T | undefined> {
  try {
    return shape.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return undefined;
    const reason = cause instanceof z.ZodError ? "it does not hold what Docker writes there" : messageOf(cause);
    throw new RuntimeError(
      "unreachable",
      `Docker's own file ${path} cannot be read (${reason}); put it right, or name the engine yourself.`,
      {
        cause,
      },
    );
  }
}
