import { type Cipher, isToken } from "./cipher.ts";
import { mapSecrets } from "./mapSecrets.ts";

/** Secrets in files are tokens. Those of another key stay as they are, so that the right key brings them back one day. */

/** A copy of JSON as it is written. */
export function sealed(value: unknown, cipher: Cipher): unknown {
  return mapSecrets(value, (secret) => (secret === "" || isToken(secret) ? secret : cipher.encrypt(secret)));
}

/** A copy of JSON as it was before `sealed`. */
export function unsealed(value: unknown, cipher: Cipher): unknown {
  return mapSecrets(value, (secret) => (isToken(secret) ? (cipher.decrypt(secret) ?? secret) : secret));
}

/** A copy of what was unsealed without the secrets that could not be decrypted: for their readers there are none. */
export function readable(value: unknown): unknown {
  return mapSecrets(value, (secret) => (isToken(secret) ? undefined : secret));
}
