/** The pages that may ask, by `--allow-origin` and the environment; or a sentence that says what is wrong with them. */
export function allowedOrigins(
  given: readonly string[],
): { readonly origins: readonly string[]; readonly originPattern: RegExp | undefined } | string {
  const names = Object.keys(process.env).filter((name) => /^OH_ALLOW_CORS_ORIGINS_\d+$/.test(name));
  const origins = [...given, ...names.map((name) => process.env[name]?.trim() ?? "")].filter((origin) => origin !== "");
  const odd = origins.find((origin) => !isOrigin(origin));
  if (odd !== undefined)
    return `"${odd}" is no origin of a page: write it as browsers do, such as https://ide.example.org or http://localhost:3000.`;
  const pattern = process.env["OH_ALLOW_CORS_ORIGIN_REGEX"];
  if (pattern === undefined || pattern === "") return { origins, originPattern: undefined };
  try {
    return { origins, originPattern: new RegExp(`^(?:${pattern})$`) };
  } catch {
    return "OH_ALLOW_CORS_ORIGIN_REGEX is not a regular expression.";
  }
}

/** `null` is the origin of every page in a sandbox, and `*` means all: neither names a page. */
function isOrigin(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\/[^/*\s]+$/.test(text);
}
