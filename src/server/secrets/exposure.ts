import type { Context } from "hono";
import { redacted } from "../../protocol/agentServer/agent.ts";
import { Refusal } from "../answers.ts";
import { type Cipher, isToken } from "./cipher.ts";
import { mapSecrets } from "./mapSecrets.ts";

export const exposeHeader = "x-expose-secrets";

/** How secrets leave in one answer (§1.2). */
export type Exposure = "redacted" | "encrypted" | "plaintext";

/** What the request asks for. Throws a Refusal for what is no way (400), and for `encrypted` where there is no secret key (503). */
export function exposureOf(c: Context, cipher: Cipher | undefined): Exposure {
  const asked = c.req.header(exposeHeader)?.trim().toLowerCase() ?? "";
  if (asked === "") return "redacted";
  if (asked === "plaintext") return "plaintext";
  // An old name, which never was for plain text.
  if (asked !== "encrypted" && asked !== "true")
    throw new Refusal(400, `The header X-Expose-Secrets may be "encrypted" or "plaintext", or absent.`);
  if (cipher === undefined)
    throw new Refusal(503, "Secrets cannot be encrypted, because the server has no secret key. Set OH_SECRET_KEY, or a session key.");
  return "encrypted";
}

/** A copy of JSON as it may be sent. */
export function exposed(value: unknown, exposure: Exposure, cipher: Cipher | undefined): unknown {
  return mapSecrets(value, (secret) => {
    if (secret === "") return secret;
    if (exposure === "plaintext") return secret;
    return exposure === "encrypted" && cipher ? cipher.encrypt(secret) : redacted;
  });
}

/**
 * A copy of JSON from a client, with the tokens in it decrypted (§10.29); plain texts stay. Throws a Refusal (422) for a token of another key, which
 * would be kept as a key that works nowhere.
 */
export function withSecretsDecrypted(value: unknown, cipher: Cipher | undefined): unknown {
  return mapSecrets(value, (secret) => {
    if (cipher === undefined || !isToken(secret)) return secret;
    const text = cipher.decrypt(secret);
    if (text === undefined)
      throw new Refusal(422, "A secret was encrypted with another key than the server's. Nothing was changed; give the secret itself.");
    return text;
  });
}

/** A copy of JSON from a client without the texts that stand for a hidden secret: where they are, what is kept stays. */
export function withoutHidden(value: unknown): unknown {
  return mapSecrets(value, (secret) => (secret === redacted ? undefined : secret));
}
