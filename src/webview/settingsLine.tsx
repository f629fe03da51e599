import type { ComponentChildren, JSX } from "preact";
import type { ChatSession, DoorCommand } from "../protocol/chat.ts";
import type { ConfirmMode } from "../protocol/settings.ts";
import type { ConversationState } from "../protocol/state.ts";
import { useChat } from "./context.ts";
import { Icon } from "./icon.tsx";
import { contextPercent, contextTitle, costText, tokensText, usageTitle } from "./usage.ts";

/** With which model and rules the agent works and what that has used; what sends and what stops stand at its end. */
export function SettingsLine({ session, children }: { readonly session: ChatSession; readonly children: ComponentChildren }): JSX.Element {
  const { state } = useChat().view.value;
  const model = session.modelLabel === "" ? "No model" : session.modelLabel;
  const mode = modes[session.mode];
  return (
    <div class="settings" role="toolbar" aria-label="Model and mode">
      <Picker command="selectModel" name={`Model: ${model}. Select Model`} title={`${model}\nSelect Model`}>
        <span class="model-name">{model}</span>
      </Picker>
      <Picker command="selectMode" name={`${mode.words}. Select When to Ask`} title={`${mode.words}\nSelect When to Ask`}>
        <span class="model-name mode-words">{mode.words}</span>
        <span class="model-name mode-short">{mode.short}</span>
      </Picker>
      <span class="settings-end">
        <Context state={state} />
        <Usage state={state} />
        {children}
      </span>
    </div>
  );
}

const modes: Readonly<Record<ConfirmMode, { readonly words: string; readonly short: string }>> = {
  always: { words: "Asks always", short: "Asks always" },
  risky: { words: "Asks before commands", short: "Asks" },
  never: { words: "Never asks", short: "Never asks" },
};

interface PickerProps {
  readonly command: DoorCommand;
  /** The accessible name. */
  readonly name: string;
  readonly title: string;
  readonly children: ComponentChildren;
}

function Picker({ command, name, title, children }: PickerProps): JSX.Element {
  const chat = useChat();
  return (
    <button type="button" class="picker" title={title} aria-label={name} onClick={() => chat.post({ type: "door", command })}>
      {children}
      <Icon name="chevron-down" />
    </button>
  );
}

function Context({ state }: { readonly state: ConversationState }): JSX.Element | null {
  const percent = contextPercent(state);
  if (percent === undefined) return null;
  const title = contextTitle(state);
  return (
    <span class={percent >= nearlyFull ? "context full" : "context"} role="img" aria-label={title} title={title}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle class="ring" cx="8" cy="8" r="6" />
        <circle class="ring-used" cx="8" cy="8" r="6" pathLength="100" stroke-dasharray={`${percent} 100`} />
      </svg>
      {percent} %
    </span>
  );
}

const nearlyFull = 90;

/** The cost where there is one to say, the tokens otherwise. */
function Usage({ state }: { readonly state: ConversationState }): JSX.Element | null {
  const text = costText(state) || tokensText(state);
  if (text === "") return null;
  return (
    <span class="usage" title={usageTitle(state)}>
      {text}
    </span>
  );
}
