/** Names under which a text is a secret: `api_key`, `aws_session_token`, `Authorization` and the like; not `custom_tokenizer`. */
const secretName = /(?:key|token|secret|password|passphrase|authorization|credentials?|cookie|access_key_id)$|^auth$/i;
/** All texts in these are secrets, whatever they are called. */
const secretMap = /^(?:env|headers|extra_headers|secrets)$/;
/** Where an MCP server's bearer token may be, this asks for a login. */
const noSecret = "oauth";

/** Whether a text under this name is a secret, in an environment, too: `GITHUB_TOKEN`. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** A copy of JSON in which `change` has made something else of every text that is a secret by its name; undefined takes it out. */
export function mapSecrets(value: unknown, change: (secret: string) => unknown): unknown {
  return mapped(value, change, "");
}

/** Of a list, all items have its name. */
function mapped(value: unknown, change: (secret: string) => unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, change, name));
  if (typeof value === "string") return secretName.test(name) && value !== noSecret ? change(value) : value;
  // The client's own: nobody here knows what a name means there.
  if (typeof value !== "object" || value === null || name === "misc_settings") return value;
  const areAllSecret = secretMap.test(name);
  // In a map of secrets its kind may be left out; the credentials of an MCP server have it, too.
  const isSource = name === "secret" || ("kind" in value && value.kind === "StaticSecret") || "strategy" in value;
  const nameOf = (key: string): string => (areAllSecret || (isSource && key === "value") ? "secret" : key);
  const entries = Object.entries(value).map(([key, item]) => [key, mapped(item, change, nameOf(key))] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}
