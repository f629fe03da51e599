/** Something the person typed or set cannot be used: a sentence, and exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const exitCodes = { finished: 0, failed: 1, usage: 2, limit: 3, unanswered: 4, interrupted: 130 } as const;

export const helpText = `OpenHands: a coding agent that works in a folder until the task is done.

Usage
  openhands run [TASK|-] [options]   do a task; "-" reads it from standard input
  openhands demo                     watch a recorded task on a sample folder, no key needed
  openhands --help | --version

Options of run
  --workspace DIR            the folder to work in (default: the current one)
  --model NAME               the model (default: LLM_MODEL)
  --base-url URL             an OpenAI-compatible endpoint (default: LLM_BASE_URL, OPENAI_BASE_URL, or OpenAI)
  --confirm always|risky|never
                             when to ask before acting (default: risky; commands are risky, edits in the folder are not)
  --max-steps N              stop after N steps (default: 500)
  --json                     print one event per line, as JSON

Environment
  LLM_API_KEY, OPENAI_API_KEY    the key; never a flag, so that it is in no history
  OH_PERSISTENCE_DIR             where conversations are kept (default: ~/.openhands)

Exit codes
  0 finished · 1 failed · 2 wrong usage or configuration · 3 stopped at a limit
  4 confirmation needed and nobody to ask · 130 interrupted
`;
