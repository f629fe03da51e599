import type { SettingsSchema } from "../../../protocol/agentServer/settingsSchema.ts";
import { type Field, sectionOf } from "./field.ts";
import { llmFields } from "./llmFields.ts";

const general: readonly Field[] = [
  { name: "agent", type: "string", usual: "CodeActAgent", description: "The kind of agent; there is one.", prominence: "major" },
  {
    name: "tools",
    type: "array",
    description:
      "Empty: terminal, file_editor and task_tracker. A list is used as it is; one without entries leaves finish and think only.",
    prominence: "major",
  },
  {
    name: "enable_sub_agents",
    type: "boolean",
    usual: false,
    label: "Enable sub-agents",
    description: "Let the agent give tasks to others.",
    prominence: "major",
  },
  {
    name: "enable_switch_llm_tool",
    type: "boolean",
    usual: true,
    label: "Enable LLM switching tool",
    description: "Let the agent change to another LLM profile.",
  },
  {
    name: "tool_concurrency_limit",
    type: "integer",
    usual: 1,
    label: "Parallel tool calls",
    description: "How many calls of one step may run at once.",
    prominence: "major",
  },
  { name: "mcp_config", type: "object", usual: {}, label: "MCP servers", description: "MCP servers by name." },
];

const context: readonly Field[] = [
  {
    name: "load_memory",
    type: "boolean",
    usual: false,
    label: "Persistent memory",
    description: "Not used by this server.",
    prominence: "major",
  },
];

const condenser: readonly Field[] = [
  {
    name: "enabled",
    type: "boolean",
    usual: true,
    label: "Enable memory condensation",
    description: "Summarize what is old when a conversation grows long.",
    prominence: "critical",
  },
  { name: "max_size", type: "integer", usual: 240, description: "Events, above which is condensed.", dependsOn: ["enabled"] },
  {
    name: "condenser_kind",
    type: "string",
    usual: "llm_summarizing",
    description: "no_op: nothing is condensed.",
    choices: ["llm_summarizing", "no_op"],
  },
  {
    name: "max_tokens",
    type: "integer",
    description: "Tokens of the prompt, above which is condensed. Empty: by the model's window.",
    dependsOn: ["enabled"],
  },
  { name: "keep_first", type: "integer", usual: 2, description: "Events at the beginning that always stay.", dependsOn: ["enabled"] },
  { name: "minimum_progress", type: "number", usual: 0.1, dependsOn: ["enabled"] },
  { name: "hard_context_reset_max_retries", type: "integer", usual: 5, label: "Hard reset retries", dependsOn: ["enabled"] },
  { name: "hard_context_reset_context_scaling", type: "number", usual: 0.8, label: "Hard reset scaling", dependsOn: ["enabled"] },
];

const ofCritic = ["critic_enabled"];
const ofRefinement = ["critic_enabled", "enable_iterative_refinement"];

const verification: readonly Field[] = [
  {
    name: "critic_enabled",
    type: "boolean",
    usual: false,
    label: "Enable critic",
    description: "Kept for other servers; this one has no critic.",
    prominence: "critical",
  },
  {
    name: "critic_mode",
    type: "string",
    usual: "finish_and_message",
    dependsOn: ofCritic,
    choices: ["finish_and_message", "all_actions"],
  },
  { name: "enable_iterative_refinement", type: "boolean", usual: false, prominence: "critical", dependsOn: ofCritic },
  { name: "critic_threshold", type: "number", usual: 0.6, dependsOn: ofRefinement },
  { name: "max_refinement_iterations", type: "integer", usual: 3, dependsOn: ofRefinement },
  { name: "critic_server_url", type: "string", label: "Critic server URL", dependsOn: ofCritic },
  { name: "critic_model_name", type: "string", dependsOn: ofCritic },
  { name: "critic_api_key", type: "string", label: "Critic API Key", prominence: "critical", dependsOn: ofCritic, isSecret: true },
];

const acp: readonly Field[] = [
  {
    name: "acp_server",
    type: "string",
    usual: "claude-code",
    label: "ACP server",
    description: "Kept for other servers; this one runs no agents of other programs.",
    prominence: "critical",
    choices: ["claude-code", "codex", "gemini-cli", "custom"],
  },
  { name: "acp_command", type: "array", usual: [], label: "ACP command (custom override)" },
  { name: "acp_args", type: "array", usual: [], label: "ACP extra args" },
  { name: "acp_model", type: "string", label: "ACP model", prominence: "critical" },
  { name: "acp_session_mode", type: "string", label: "ACP session mode" },
  { name: "acp_prompt_timeout", type: "number", usual: 1800, label: "ACP prompt inactivity timeout (seconds)" },
  { name: "acp_startup_timeout", type: "number", usual: 90, label: "ACP startup timeout (seconds)" },
];

/** `GET /api/settings/agent-schema`. */
export const agentSchema: SettingsSchema = {
  model_name: "AgentSettings",
  sections: [
    sectionOf({ key: "general", label: "General", variant: null, fieldVariant: "openhands", prefix: "", fields: general }),
    sectionOf({ key: "llm", label: "LLM", variant: "openhands", prefix: "llm.", fields: llmFields }),
    sectionOf({ key: "agent_context", label: "Memory", variant: "openhands", prefix: "agent_context.", fields: context }),
    sectionOf({ key: "condenser", label: "Condenser", variant: "openhands", prefix: "condenser.", fields: condenser }),
    sectionOf({ key: "verification", label: "Verification", variant: "openhands", prefix: "verification.", fields: verification }),
    sectionOf({ key: "acp", label: "ACP (Agent Client Protocol)", variant: "acp", prefix: "", fields: acp }),
  ],
};

/** `GET /api/settings/conversation-schema`. */
export const conversationSchema: SettingsSchema = {
  model_name: "ConversationSettings",
  sections: [
    sectionOf({
      key: "general",
      label: "General",
      variant: null,
      prefix: "",
      fields: [
        {
          name: "max_iterations",
          type: "integer",
          usual: 500,
          description: "Steps that one run may take.",
          prominence: "major",
        },
      ],
    }),
    sectionOf({
      key: "verification",
      label: "Verification",
      variant: null,
      prefix: "",
      fields: [
        {
          name: "confirmation_mode",
          type: "boolean",
          usual: false,
          description: "Ask before actions that are risky.",
          prominence: "critical",
        },
        {
          name: "security_analyzer",
          type: "string",
          usual: "llm",
          description: "Who judges the risk of an action.",
          prominence: "major",
          dependsOn: ["confirmation_mode"],
          choices: ["llm", "none"],
        },
      ],
    }),
  ],
};
