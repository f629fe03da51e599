import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Hides texts with the server's secret key, as Fernet tokens: AES-128-CBC under HMAC-SHA256. Whoever holds a token can bring it back, and cannot
 * read it.
 */
export interface Cipher {
  /** A new token each time. */
  encrypt(text: string): string;
  /** Undefined for what is no token, was changed, or was made with another key. */
  decrypt(token: string): string | undefined;
}

/** Whether a text looks like what a cipher makes; it need not be ours. */
export function isToken(text: string): boolean {
  return text.startsWith("gAAAAA");
}

/** A cipher of a secret of any length; its hash is the key, so that tokens are those of the official server with the same secret. */
export function cipherOf(secretKey: string): Cipher {
  return fernetOf(createHash("sha256").update(secretKey).digest());
}

/** By the 32 bytes of a Fernet key: the first half signs, the second encrypts. */
export function fernetOf(key: Uint8Array): Cipher {
  const [signingKey, encryptionKey] = [key.subarray(0, 16), key.subarray(16, 32)];
  return {
    encrypt: (text) => sealed(text, { signingKey, encryptionKey, seconds: Math.floor(Date.now() / 1000), iv: randomBytes(16) }),
    decrypt: (token) => opened(token, { signingKey, encryptionKey }),
  };
}

interface FernetKeys {
  readonly signingKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
}

interface Seal extends FernetKeys {
  readonly seconds: number;
  readonly iv: Uint8Array;
}

const version = 0x80;
const headBytes = 1 + 8 + 16;
const macBytes = 32;

/** The token of `text` at a time (seconds since 1970) and with an initialization vector of 16 bytes. */
export function sealed(text: string, { signingKey, encryptionKey, seconds, iv }: Seal): string {
  const head = Buffer.alloc(9);
  head[0] = version;
  head.writeBigUInt64BE(BigInt(seconds), 1);
  const cipher = createCipheriv("aes-128-cbc", encryptionKey, iv);
  const body = Buffer.concat([head, iv, cipher.update(text, "utf8"), cipher.final()]);
  const token = Buffer.concat([body, macOf(body, signingKey)]).toString("base64url");
  return token.padEnd(Math.ceil(token.length / 4) * 4, "=");
}

function opened(token: string, { signingKey, encryptionKey }: FernetKeys): string | undefined {
  if (!/^[\w-]+={0,2}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length < headBytes + 16 + macBytes || bytes[0] !== version) return undefined;
  const body = bytes.subarray(0, -macBytes);
  if (!timingSafeEqual(macOf(body, signingKey), bytes.subarray(-macBytes))) return undefined;
  const text = body.subarray(headBytes);
  if (text.length % 16 !== 0) return undefined;
  try {
    const decipher = createDecipheriv("aes-128-cbc", encryptionKey, body.subarray(9, headBytes));
    return Buffer.concat([decipher.update(text), decipher.final()]).toString("utf8");
  } catch {
    // Signed with our key, but its padding is not whole: no token of ours.
    return undefined;
  }
}

function macOf(body: Uint8Array, key: Uint8Array): Buffer {
  return createHmac("sha256", key).update(body).digest();
}
