import { openServedRuntime } from "../support/servedRuntime.ts";
import { personContract } from "./person.ts";

const bash = {
  shell: "bash",
  rc: ".bashrc",
  noisy: `echo noise
alias hi='echo HI'
PROMPT_COMMAND='sleep 0.01; history -a'
PS1='mine> '
`,
  ends: "exit 3\n",
  keepsX: "x=typed",
};

personContract(bash);
// What a person sees and types passes the wire of sandbox-server.
describe("over the wire", () => personContract({ ...bash, openRuntime: openServedRuntime }));
