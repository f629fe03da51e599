import type { McpCredential, McpServerConfig } from "../../protocol/agentServer/mcp.ts";
import { isSecretName } from "../secrets/mapSecrets.ts";
import { headersOf } from "./credentials.ts";

const shortestSecret = 4;

/** Hides all that the server was given in its environment and its headers, and may repeat when it says what is wrong. */
export function maskOf(server: McpServerConfig): (text: string) => string {
  const given = server.type === "stdio" ? server.env : { ...server.headers, ...secretsOf(server.auth) };
  const secrets = Object.values(given)
    .filter((value) => value.length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length);
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, "**********"), text);
}

/** Shorter ones, such as `true` or `1`, are ordinary words. */
const shortestHidden = 8;
const looksRandom = /^(?=.*\d)(?=.*[A-Za-z])[\w+=~-]{20,}$/;

/**
 * What of it is hidden in a whole conversation. An environment and headers also hold ordinary words, such as folders and media types, which an agent could
 * not work without: so what is called a secret, the password in an address, and what looks like a key.
 */
export function hiddenTextsOf(server: McpServerConfig): string[] {
  if (server.type === "stdio") return Object.entries(server.env).flatMap(hiddenIn);
  const credentials = Object.values(secretsOf(server.auth)).flatMap(withoutScheme);
  return [...Object.entries(server.headers).flatMap(hiddenIn), ...credentials].filter(isLong);
}

function hiddenIn([name, value]: readonly [string, string]): string[] {
  if (isSecretName(name)) return withoutScheme(value).filter(isLong);
  const password = URL.parse(value)?.password ?? "";
  return [password, decoded(password), looksRandom.test(value) ? value : ""].filter(isLong);
}

/** `Bearer abc` is two texts: a program may print only the second. */
function withoutScheme(value: string): string[] {
  return [value, /^\S+ +(\S+)$/.exec(value)?.[1] ?? ""];
}

function isLong(text: string): boolean {
  return text.length >= shortestHidden;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function secretsOf(auth: McpCredential | null | undefined): Record<string, string> {
  if (auth == null || auth.strategy === "oauth2") return {};
  const plain = "value" in auth ? auth.value : "password" in auth ? auth.password : undefined;
  return { ...headersOf(auth), ...(plain == null ? {} : { plain }) };
}
