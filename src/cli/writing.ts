/** What became of what was written to standard output. */
export interface Written {
  /** Aborts when it cannot be written any more, such as when its reader went away. */
  readonly whenNotRead: AbortSignal;
  /** Once all is written: why something could not be. A reader that had enough (`| head -1`) is no failure. */
  readonly failure: () => Promise<Error | undefined>;
}

/** Because a stream that breaks must end the run in an orderly way, and not the process in the middle of a step. */
export function watchWriting(stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): Written {
  const controller = new AbortController();
  let failed: NodeJS.ErrnoException | undefined;
  stderr.on("error", () => undefined);
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    failed ??= error;
    controller.abort();
  });
  return {
    whenNotRead: controller.signal,
    failure: async () => {
      await new Promise((resolve) => stdout.write("", resolve));
      return failed?.code === "EPIPE" ? undefined : failed;
    },
  };
}
