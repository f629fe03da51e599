/** What a server did not do, in a sentence for the person. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  /**
   * `unreachable`: it does not answer; `key`: it wants another key; `refused`: it said no, with `status`; `too-large` and `not-understood`: its
   * answer cannot be used.
   */
  readonly code: "unreachable" | "key" | "refused" | "too-large" | "not-understood";
  readonly status: number | undefined;

  constructor(code: ServerError["code"], message: string, options?: ErrorOptions & { readonly status?: number }) {
    super(message, options);
    this.code = code;
    this.status = options?.status;
  }
}
