import { personOptions } from "../support/personsHome.ts";
import { openServedRuntime } from "../support/servedRuntime.ts";
import { machineContract } from "./runtimeOnMachine.ts";

machineContract("remote, with a person's own start-up files over there", personOptions(), {
  isTerminal: true,
  openRuntime: openServedRuntime,
});
