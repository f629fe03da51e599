/** Headers of the agent-server protocol. By themselves, so that who only looks at headers reads no schemas. */
export const keyHeader = "x-session-api-key";

/** Names one request with an effect. When its answer was lost, the same request with the same id gets the stored answer, and nothing is done twice. */
export const requestIdHeader = "x-request-id";
