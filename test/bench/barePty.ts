import { spawn } from "node-pty";

/** The least that a terminal needs: bash in a pseudo terminal, and a byte that tells when a command is over. */
export interface BarePty extends Disposable {
  run(command: string): Promise<void>;
}

const end = "\x01";

export async function openBarePty(cwd: string): Promise<BarePty> {
  const shell = spawn("bash", ["--noprofile", "--norc", "--noediting"], { cwd, cols: 200, rows: 50, encoding: null });
  let over: (() => void) | undefined;
  shell.onData((data) => {
    if (data.includes(end)) over?.();
  });
  const run = (command: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    over = resolve;
    shell.write(`${command}; printf '\\001'\n`);
    return promise;
  };
  await run("stty -echo; PS1=");
  return { run, [Symbol.dispose]: () => shell.kill("SIGKILL") };
}
