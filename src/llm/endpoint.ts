/** Where requests go and what goes with each. */
export interface Endpoint {
  /** What stands before `/chat/completions`; may end in a slash, and may have a query. */
  readonly baseUrl: string;
  readonly host: string;
  readonly path: string;
  /** Null takes a header of the client's away. */
  readonly headers: Readonly<Record<string, string | null>>;
}

const openAi = "https://api.openai.com/v1";

/** The last version of the data plane that is not a preview; addresses that end in /v1 need none. */
const azureVersion = "2024-10-21";

/** The endpoint behind a base URL as people write it: with or without a last slash, or with the whole path of a request. */
export function endpointOf(baseUrl: string | undefined, apiKey: string | undefined): Endpoint {
  const url = new URL(baseUrl ?? openAi);
  url.hash = "";
  url.pathname = url.pathname.replace(/(\/chat(\/completions)?)?\/*$/, "");
  const headers = isAzure(url) ? toAzure(url, apiKey) : {};
  return { baseUrl: url.href, host: url.host, path: url.pathname, headers };
}

const isAzure = ({ hostname }: URL): boolean => /\.(openai|cognitiveservices)\.azure\.com$/.test(hostname);

/** Azure takes its key in a header of its own; a resource's bare address stands for its newest API. */
function toAzure(url: URL, apiKey: string | undefined): Endpoint["headers"] {
  if (/^\/(openai)?$/.test(url.pathname)) url.pathname = "/openai/v1";
  if (!url.pathname.endsWith("/v1") && !url.searchParams.has("api-version")) url.searchParams.set("api-version", azureVersion);
  return apiKey === undefined ? {} : { authorization: null, "api-key": apiKey };
}
