import { type TaskItem, TaskTrackerAction, type TaskTrackerObservation } from "../protocol/actions.ts";
import { textContent } from "../protocol/content.ts";
import type { Event } from "../protocol/events.ts";
import { lowRisk, type Tool } from "./tool.ts";
import { toolOf } from "./toolOf.ts";

const mostTasks = 100;
const icons = { todo: "⏳", in_progress: "🔄", done: "✅" };

/** The agent's own list of what is to do. It is in the conversation's events and nowhere else: `events` are those so far. */
export function taskTrackerTool(events: readonly Event[]): Tool {
  let tasks = lastList(events);
  return toolOf<TaskTrackerAction>({
    name: "task_tracker",
    kind: "TaskTrackerAction",
    description: `Keeps a list of the steps of a long task, for you and the person. Use it from three steps on.
- plan: replaces the whole list by task_list, so send the finished tasks, too.
- view: shows the list.
Keep one task in_progress, and mark it done as soon as it is.`,
    action: TaskTrackerAction,
    parameters: {},
    isReadOnly: true,
    risk: () => lowRisk,
    run: async ({ command = "view", task_list }) => {
      if (command === "view") return observe(command, tasks, listText(tasks));
      const problem = problemOf(task_list);
      if (task_list === undefined || problem !== undefined) return { ...observe(command, tasks, problem ?? ""), is_error: true };
      tasks = task_list.map(({ title, notes = "", status = "todo" }) => ({ title: title.trim(), notes, status }));
      return observe(command, tasks, `The list is updated:\n${listText(tasks)}`);
    },
  });
}

function lastList(events: readonly Event[]): readonly TaskItem[] {
  const last = events.findLast((event) => event.kind === "ObservationEvent" && event.observation.kind === "TaskTrackerObservation");
  return last?.kind === "ObservationEvent" && last.observation.kind === "TaskTrackerObservation" ? last.observation.task_list : [];
}

/** Undefined when the list can be taken. */
function problemOf(tasks: readonly TaskItem[] | undefined): string | undefined {
  if (tasks === undefined) return "plan needs task_list: all tasks, those that are done too. The list is as it was.";
  if (tasks.length > mostTasks)
    return `The list has ${tasks.length} tasks; at most ${mostTasks} are kept. Put some together. The list is as it was.`;
  const untitled = tasks.findIndex(({ title }) => title.trim() === "");
  return untitled === -1 ? undefined : `Task ${untitled + 1} has no title. The list is as it was.`;
}

function listText(tasks: readonly TaskItem[]): string {
  if (tasks.length === 0) return "There are no tasks on the list.";
  return tasks
    .map(({ title, notes, status = "todo" }, index) => `${index + 1}. ${icons[status]} ${title}${notes ? `\n   ${notes}` : ""}`)
    .join("\n");
}

function observe(command: "view" | "plan", tasks: readonly TaskItem[], text: string): TaskTrackerObservation {
  return { kind: "TaskTrackerObservation", content: [textContent(text)], is_error: false, command, task_list: [...tasks] };
}
