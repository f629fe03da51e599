/** The tools that an agent of a server may be given by name (agent-server protocol §2.1); finish and think are always there. */
export const registeredTools = ["terminal", "file_editor", "task_tracker", "glob", "grep"] as const;
export type RegisteredTool = (typeof registeredTools)[number];
