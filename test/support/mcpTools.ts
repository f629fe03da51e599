// What a server of the Model Context Protocol in tests has and answers, whatever way it is asked.

/** A yellow picture. */
const png =
  "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAJ0lEQVR42u3NMQkAAAwDsPo33anoMQjkT9pMRSAQCAQCgUAgEHwJDl0q+Gok8jNhAAAAAElFTkSuQmCC";
const object = { type: "object", properties: { text: { type: "string" } } };

export interface Params {
  readonly protocolVersion: string;
  readonly name: string;
  readonly arguments: { readonly text?: string };
  readonly _meta?: { readonly progressToken?: string | number };
}

const texts = (...all: readonly string[]) => ({ content: all.map((text) => ({ type: "text", text })) });

const tools: Readonly<Record<string, object>> = {
  echo: { description: "Says it again.", inputSchema: { ...object, required: ["text"] } },
  look: { description: "Only looks.", inputSchema: object, annotations: { readOnlyHint: true } },
  picture: { inputSchema: object },
  huge: { inputSchema: object },
  fails: { inputSchema: object },
  env: { inputSchema: object },
  crash: { inputSchema: object },
  hang: { inputSchema: object },
  terminal: { description: "Named like one of ours.", inputSchema: object },
  "with spaces!": { inputSchema: { ...object, $schema: "https://json-schema.org/draft/2020-12/schema", anyOf: [{}] } },
  list: { inputSchema: { type: "array" } },
  odd_names: { inputSchema: { type: "object", properties: { "no plain name": {} } } },
  too_large: { inputSchema: { type: "object", description: "x".repeat(60_000) } },
};

/** Undefined: no answer at all. `hasMore`: there is one more tool than before. */
export function answerOf(method: string, params: Params, hasMore = false): object | undefined {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: "test", version: "1.0.0" },
      };
    case "tools/list":
      return {
        tools: [
          ...Object.entries(tools).map(([name, tool]) => ({ name, ...tool })),
          { inputSchema: {} },
          ...(hasMore ? [{ name: "newer", inputSchema: object }] : []),
        ],
      };
    case "tools/call":
      return resultOf(params);
    default:
      return {};
  }
}

function resultOf({ name, arguments: { text = "" } }: Params): object | undefined {
  switch (name) {
    case "picture":
      return {
        content: [
          { type: "image", data: png, mimeType: "image/nonsense" },
          { type: "audio", data: "AAAA", mimeType: "audio/wav" },
        ],
      };
    case "huge":
      return texts("a".repeat(100_000), "b".repeat(100_000));
    case "fails":
      return { ...texts("It was not to be."), isError: true };
    case "env":
      return texts(JSON.stringify(process.env));
    case "hang":
      return undefined;
    default:
      return texts(`${name}: ${text}`);
  }
}
