/** The HTTP status with which the engine has refused. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : undefined;
}

/** For `catch`: undefined for what is not there. */
export function ifMissing(error: unknown): undefined {
  if (statusOf(error) === 404) return undefined;
  throw error;
}
