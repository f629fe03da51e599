/** Why the host refused a command, in a sentence for the person. Nothing was changed. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: "nothing-to-confirm" | "not-possible" | "not-found" | "closed";

  constructor(code: HostError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
