import { deepEqual } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../support/checkout.ts";

/** What is easy to get wrong in the agent-server protocol, by number. A test of it says `§10.N` in its title. */
const easyToGetWrong: readonly string[] = [
  "an id that is taken: 200 and the conversation as it is",
  "an agent's kind is told by its llm; one of ACP has to say it",
  "agent before agent_settings; a profile beside neither",
  "a title comes by itself unless told not to; the person's own stays",
  "the title is made of the message that asked for it",
  "PATCH of an unknown one: 200, success:false; titles have 1 to 200 characters",
  "unknown ones: 400 for delete, pause, interrupt; 404 for the rest",
  "run while running: 409; accept while running: 200",
  "a message during the last answer is answered, by one run more",
  "with run:false it is not",
  "pause and interrupt take back the run that waits",
  "the end of a run is told after its events",
  "a run that throws: error, and one event that says so",
  "the last page that is full has no next",
  "pages of a filter go on with what fits",
  "an unknown page is the first; descending begins at the end",
  "what cannot be read of a log is left out",
  "bounds of time with a zone are converted",
  "words are looked for in messages, in any case",
  "resend_mode before resend_all; since without a time replays nothing",
  "a bad frame is answered, and the socket lives on",
  "a socket waits for no other one and for no step",
  "the key in the query; then a frame of it is ignored, and no other",
  "keys are compared as they are configured now",
  "the cookie opens the workspace's files only, and not to Origin null",
  "a refusal echoes no key",
  "an error of the server has an id; 5xx keep their status",
  "secrets come as text, value and source",
  "encrypted keys are decrypted where they come back",
  "a model's usage id names the first that had it",
  "the condenser follows the agent's model when it had it",
  "a fork that is refused leaves nothing; client tools are forked",
  "navigate tells nobody; null begins a new root",
  "a call that a crash cut off gets one error, or none when it has its result",
  "a restart touches only what was running",
  "what is running, watched or waited for is not put away",
  "a lease is taken from the dead only",
  "a workspace is made a repository once",
  "git outside a repository is empty; too large or missing is 400",
  "a rename is two changes; repositories inside have their prefix",
  "uploads need whole paths; folders cannot be downloaded",
  "no trajectory has a key",
  "a command's time is up: its trap runs, then -1",
  "no log has a command",
  "thoughts are on the first action of an answer only",
  "no such tool, wrong arguments: an action and an error of one call",
  "thoughts without words do not end a run; words do",
  "results in the order of their calls; nothing after finish",
  "finish and think alone are never held",
  "no analysis is HIGH; UNKNOWN is no threshold",
  "no risk in an action",
  "no summary in an action, unless it is its own",
  "being stuck looks at what came after the person's last message",
  "condensing parts no call from its result",
  "a context that is full is condensed, or ends the run",
  "values of secrets are masked, exported or not",
  "names of secrets are found in any case; what no shell can name is left out",
  "a here-document is one command; two lines are two",
  "a prompt that a program prints is none",
  "exit ends the shell, and the next command has a new one",
  "str_replace tries again without the space around, and inserts as given",
  "a failed write leaves the file; its mode stays; what it cannot hold makes it UTF-8",
  "a view past the end warns; of a folder it fails",
  "a client's tool has one schema for its name",
  "tags: small letters and digits, 256 characters, replaced whole",
  "children are derived, and outlive their parent",
  "without include_skills the agent keeps them",
  "empty pieces are streamed; none without stream:true",
  "goals: 400, 404, and a stop without one is 200",
  "settings: null deletes inside and is a value at the top; nothing is 400",
];

/** Those that cannot be of us. */
const notOurs: Readonly<Record<number, string>> = {};

describe("the list of what is easy to get wrong", () => {
  it("has a test for each of its lines", () => {
    const cited = new Set([...titles()].flatMap((title) => [...title.matchAll(/§10\.(\d+)/g)].map(([, number]) => Number(number))));
    const missing = easyToGetWrong
      .map((line, index) => [index + 1, line] as const)
      .filter(([number]) => !cited.has(number) && !(number in notOurs));
    deepEqual(
      missing.map(([number, line]) => `§10.${number} ${line}`),
      [],
    );
    deepEqual(
      [...cited].filter((number) => number < 1 || number > easyToGetWrong.length || number in notOurs),
      [],
    );
  });
});

function* titles(): Generator<string> {
  const folder = path.join(root, "test");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const text = readFileSync(path.join(folder, name), "utf8");
    for (const [, title = ""] of text.matchAll(/\b(?:it|describe)\(\s*["'`](.*)/g)) yield title;
  }
}
