import type { LogOutputChannel } from "vscode";
import type { Log } from "../protocol/log.ts";

/** The person sets its level with VS Code's own command. */
export function toLog(channel: LogOutputChannel): Log {
  return {
    debug: (message, details) => channel.debug(message, ...rest(details)),
    info: (message, details) => channel.info(message, ...rest(details)),
    warn: (message, details) => channel.warn(message, ...rest(details)),
    error: (message, details) => channel.error(message, ...rest(details)),
  };
}

const rest = (details: object | undefined): object[] => (details ? [details] : []);
