/** Something the person typed or set cannot be used: a sentence, and exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const exitCodes = { finished: 0, failed: 1, usage: 2, limit: 3, unanswered: 4, interrupted: 130 } as const;

export const helpText = `OpenHands: a coding agent that works in a folder until the task is done.

Usage
  openhands run [TASK|-] [options]   do a task; "-" reads it from standard input
  openhands list                     the conversations that are kept (--workspace DIR: of one folder; --json)
  openhands show ID                  print one (--verbose, --json); the first letters of an ID are enough
  openhands delete|restore ID        take one out of the list; bring it back
  openhands changes ID               what the agent has changed in its sandbox (--diff, --json)
  openhands apply ID [PATH…]         bring that into your folder: these files, or all that may be
  openhands discard ID [PATH…]       undo it in the sandbox: these files, or all (asks, or --yes)
  openhands sandbox list|prune       the sandboxes that run or are kept (--json); remove those that do not run
  openhands demo                     watch a recorded task on a sample folder, no key needed

Options of run
  --workspace DIR          the folder to work in (default: the current one)
  --model NAME             the model (default: LLM_MODEL)
  --base-url URL           an OpenAI-compatible endpoint (default: LLM_BASE_URL, OPENAI_BASE_URL, or OpenAI)
  --resume ID              go on with that conversation, in its folder and with its model; TASK says what is next
  --confirm always|risky|never
                           when to ask before acting (default: risky, which is commands, anything outside the
                           workspace, and files that may hold secrets or that other programs run)
  --max-steps N            stop after N steps (default: 500)
  --max-cost USD           stop when this run has cost so much
  --max-tokens N           stop when this run has used so many tokens
  --timeout SECONDS        stop after this time
  --runtime local|docker   where commands run (default: RUNTIME_ENV, or local): on this machine, or in a Docker
                           container on a copy of the folder, whose changes you apply; so it asks less there
  --image NAME             the sandbox's image, any one (default: openhands/sandbox-server, or node:24-bookworm)
  --network none|bridge    whether the sandbox reaches a network (default: none)
  --mount                  let the sandbox work on the folder itself, not on a copy
  --apply                  when the task is finished, bring all changes into the folder that may be
  --server URL             do it on an OpenHands agent-server, in its folder --workspace; list, show and delete take it, too
  --server-key-file FILE   the server's key (default: OPENHANDS_SERVER_KEY); never an argument
  --insecure               talk to another machine over http, where keys can be read on the way
  --verbose                print every step in full, also in a pipe
  --json                   print one event per line, as JSON

Environment
  LLM_API_KEY, OPENAI_API_KEY    the key; never a flag, so that it is in no history
  OPENHANDS_SERVER_KEY           the key of the agent-server that --server names
  LLM_INPUT_COST_PER_TOKEN, LLM_OUTPUT_COST_PER_TOKEN
                                 dollars, for --max-cost with a model whose price is not known
  OH_PERSISTENCE_DIR             where conversations are kept (default: ~/.openhands)

Exit codes
  0 finished · 1 failed, or a change was refused · 2 wrong usage or configuration · 3 stopped at a limit
  4 confirmation needed and nobody to ask · 130 interrupted
`;
