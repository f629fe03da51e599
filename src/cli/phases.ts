import type { Notification } from "../protocol/notifications.ts";

/**
 * Says what is made ready before the agent can act, each thing once and after how long it began, and when all is. What moves within one of them
 * (a part behind " · ") is left to the status line.
 */
export function phaseLines(write: (line: string) => void): (notification: Notification) => void {
  let startedAt: number | undefined;
  let shown = "";
  const say = (text: string): void => {
    startedAt ??= performance.now();
    const seconds = (performance.now() - startedAt) / 1000;
    write(`${seconds.toFixed(1).padStart(5)} s  ${text}\n`);
  };
  return (notification) => {
    if (notification.type === "runtime.phase") {
      const [heading = ""] = notification.phase.split(" · ");
      if (heading !== "" && heading !== shown) say(heading);
      shown = heading;
      return;
    }
    if (notification.type !== "event.appended" || startedAt === undefined || !isBegin(notification.event)) return;
    say("The sandbox is ready");
    startedAt = undefined;
  };
}

function isBegin(event: Extract<Notification, { type: "event.appended" }>["event"]): boolean {
  return event.kind === "ConversationStateUpdateEvent" && event.key === "execution_status" && event.value === "running";
}
