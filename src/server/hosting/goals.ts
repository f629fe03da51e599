import * as z from "zod";
import type { Host } from "../../host/host.ts";
import { textOf } from "../../protocol/content.ts";
import { isUserMessage } from "../../protocol/events.ts";
import type { ConversationId } from "../../protocol/ids.ts";
import type { Log } from "../../protocol/log.ts";
import type { Notification } from "../../protocol/notifications.ts";
import type { ConversationState, ExecutionStatus } from "../../protocol/state.ts";
import { messageOf } from "../../protocol/thrown.ts";
import { Refusal } from "../answers.ts";
import { judged, type Verdict, VerdictShape } from "./goalJudge.ts";

/** How a goal stands, as clients read it in the state under `goal` (agent-server protocol §2.2). */
export const GoalStatus = z.looseObject({
  active: z.boolean(),
  status: z.enum(["running", "complete", "capped", "interrupted"]),
  /** Rounds that were judged. */
  iteration: z.number().int().min(0),
  max_iterations: z.number().int().min(1),
  objective: z.string(),
  verdict: VerdictShape.nullable(),
});
export type GoalStatus = z.infer<typeof GoalStatus>;

/** What goals are worked on with. */
export type GoalHost = Pick<Host, "ask" | "follow" | "handle" | "look" | "settled">;

/** Works on goals: runs the agent and has it judged until the goal is reached, at most one loop for each conversation. */
export class Goals implements AsyncDisposable {
  readonly #host: GoalHost;
  readonly #log: Log;
  readonly #going = new Map<ConversationId, { readonly stop: AbortController; readonly done: Promise<void> }>();

  constructor(host: GoalHost, log: Log) {
    this.#host = host;
    this.#log = log;
  }

  /** Resolves when the agent has been told. Throws a Refusal. */
  async start(id: ConversationId, objective: string, maxIterations: number): Promise<void> {
    if (objective.trim() === "") throw new Refusal(400, "The goal is empty. Say what is to be reached.");
    const status: GoalStatus = { active: true, status: "running", iteration: 0, max_iterations: maxIterations, objective, verdict: null };
    await this.#begin(id, status, objective);
  }

  /** Goes on with the goal that was interrupted, from the round that it had come to. Throws a Refusal. */
  async resume(id: ConversationId): Promise<void> {
    const { state } = await this.#host.look(id);
    const last = GoalStatus.safeParse(state.goal).data;
    if (last === undefined || last.status === "complete" || last.status === "capped") throw new Refusal(400, "no_resumable_goal");
    const text = `Go on with the goal, which was interrupted: ${last.objective}`;
    await this.#begin(id, { ...last, active: true, status: "running", verdict: null }, text);
  }

  isGoing(id: ConversationId): boolean {
    return this.#going.has(id);
  }

  /** The run that is going goes on. Resolves when the loop has ended; at once when there is none. */
  async stop(id: ConversationId): Promise<void> {
    const going = this.#going.get(id);
    going?.stop.abort();
    await going?.done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#going.keys()].map((id) => this.stop(id)));
  }

  async #begin(id: ConversationId, status: GoalStatus, text: string): Promise<void> {
    const { state } = await this.#host.look(id);
    if (this.isGoing(id)) throw new Refusal(409, "A goal is worked on already. Stop it first.");
    if (state.execution_status === "running" || state.execution_status === "waiting_for_confirmation")
      throw new Refusal(409, "The agent works already. Wait until it has ended, or stop it.");
    const stop = new AbortController();
    const told = Promise.withResolvers<void>();
    const loop = new GoalLoop({ host: this.#host, id, stop, status });
    const done = loop.run(text, told.resolve).catch((error: unknown) => {
      told.reject(error);
      this.#log.warn("A goal was given up.", { id, error: messageOf(error) });
    });
    this.#going.set(id, { stop, done });
    void done.finally(() => this.#going.delete(id));
    await told.promise;
  }
}

interface LoopParts {
  readonly host: GoalHost;
  readonly id: ConversationId;
  readonly stop: AbortController;
  readonly status: GoalStatus;
}

class GoalLoop {
  readonly #host: GoalHost;
  readonly #id: ConversationId;
  readonly #stop: AbortController;
  #status: GoalStatus;
  #state: ExecutionStatus = "idle";
  /** What was said by the loop itself and is not in the log yet. */
  readonly #own: string[] = [];
  #changed = Promise.withResolvers<void>();

  constructor({ host, id, stop, status }: LoopParts) {
    this.#host = host;
    this.#id = id;
    this.#stop = stop;
    this.#status = status;
    stop.signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  async run(text: string, told: () => void): Promise<void> {
    using _listening = await this.#host.follow(this.#id, { limit: 0 }, (notification) => this.#hear(notification));
    try {
      await this.#tell({});
      await this.#say(text);
      told();
      for (;;) {
        const end = await this.#runEnd();
        if (end === undefined) return await this.#tell({ active: false, status: "interrupted" });
        const verdict = await judged(this.#host, { id: this.#id, objective: this.#status.objective }, this.#stop.signal);
        const iteration = this.#status.iteration + 1;
        if (this.#stop.signal.aborted) return await this.#tell({ active: false, status: "interrupted", iteration });
        if (verdict.complete) return await this.#tell({ active: false, status: "complete", iteration, verdict });
        if (iteration >= this.#status.max_iterations) return await this.#tell({ active: false, status: "capped", iteration, verdict });
        await this.#tell({ iteration });
        await this.#say(followUp(verdict));
      }
    } catch (error) {
      // It may be closed, or its disk full: then who listens has been told of that.
      await this.#tell({ active: false, status: "interrupted" }).catch(() => undefined);
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  /** How the run has ended; undefined when the loop shall not go on. */
  async #runEnd(): Promise<ExecutionStatus | undefined> {
    for (;;) {
      // Before anything is looked at, so that nothing is missed that happens meanwhile.
      const changed = this.#changed.promise;
      if (this.#stop.signal.aborted) return undefined;
      if (this.#state === "paused" || this.#state === "error") return undefined;
      if (this.#state === "finished" || this.#state === "stuck") {
        await this.#host.settled(this.#id);
        // A message may have come at the last moment, for which it goes on.
        const { state } = await this.#host.look(this.#id);
        if (isOver(state)) return state.execution_status;
      }
      await changed;
    }
  }

  async #say(text: string): Promise<void> {
    this.#state = "running";
    this.#own.push(text);
    await this.#host.handle({ type: "message.send", conversationId: this.#id, text });
  }

  async #tell(change: Partial<GoalStatus>): Promise<void> {
    this.#status = { ...this.#status, ...change };
    await this.#host.handle({ type: "state.set", conversationId: this.#id, key: "goal", value: this.#status });
  }

  #hear(notification: Notification): void {
    if (notification.type === "conversation.deleted") this.#stop.abort();
    if (notification.type !== "event.appended") return;
    const { event } = notification;
    if (isUserMessage(event)) {
      const at = this.#own.indexOf(textOf(event.llm_message.content));
      // The person has something else in mind.
      if (at === -1) this.#stop.abort();
      else this.#own.splice(at, 1);
    }
    if (event.kind !== "ConversationStateUpdateEvent" || event.key !== "execution_status") return;
    if (isStatus(event.value)) this.#state = event.value;
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

function isOver({ execution_status }: ConversationState): boolean {
  return execution_status === "finished" || execution_status === "stuck";
}

function isStatus(value: unknown): value is ExecutionStatus {
  return typeof value === "string";
}

function followUp({ missing }: Verdict): string {
  const rest = missing.trim() === "" ? "Not all of it is proven yet." : missing;
  return `The goal is not reached. What is missing: ${rest}\nGo on until it is, and prove it: run what shows that it works.`;
}
