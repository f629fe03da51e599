import type { Log } from "../src/protocol/log.ts";
import { type LogLevel, logLevels } from "./arguments.ts";

/** One line of JSON for each message, from `least` on. */
export function jsonLog(least: LogLevel, write: (line: string) => void): Log {
  const at =
    (level: LogLevel) =>
    (message: string, details?: Readonly<Record<string, unknown>>): void => {
      if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
      write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...(details && { details }) })}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
