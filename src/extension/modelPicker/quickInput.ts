import * as vscode from "vscode";

/** What a person answered; `back` goes one step back, undefined leaves. */
export type Answer<Value> = { readonly value: Value } | "back" | undefined;

export interface Step {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly placeholder: string;
}

export interface Choice<Value> extends vscode.QuickPickItem {
  readonly value: Value;
}

/** One step that is answered by choosing; `value` is what is chosen beforehand. */
export async function askChoice<Value>(step: Step, choices: readonly Choice<Value>[], value: Value | undefined): Promise<Answer<Value>> {
  const pick = vscode.window.createQuickPick<Choice<Value>>();
  pick.items = choices;
  pick.activeItems = choices.filter((choice) => choice.value === value);
  pick.matchOnDescription = true;
  const { promise, resolve } = Promise.withResolvers<Answer<Value>>();
  pick.onDidAccept(() => {
    const [choice] = pick.activeItems;
    if (choice) resolve({ value: choice.value });
  });
  return shown(pick, step, { promise, resolve });
}

export interface TextStep extends Step {
  readonly prompt: string;
  readonly value: string;
  readonly password?: boolean;
  /** The fault of a text, or nothing. */
  readonly validate: (text: string) => string | undefined;
}

/** One step that is answered by a text without blanks around it. */
export async function askText({ prompt, value, password = false, validate, ...step }: TextStep): Promise<Answer<string>> {
  const input = vscode.window.createInputBox();
  Object.assign(input, { prompt, value, password });
  const { promise, resolve } = Promise.withResolvers<Answer<string>>();
  input.onDidChangeValue(() => {
    input.validationMessage = undefined;
  });
  input.onDidAccept(() => {
    const text = input.value.trim();
    const fault = validate(text);
    if (fault === undefined) resolve({ value: text });
    else input.validationMessage = fault;
  });
  return shown(input, step, { promise, resolve });
}

type Input = vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox;

interface Pending<Value> {
  readonly promise: Promise<Answer<Value>>;
  readonly resolve: (answer: Answer<Value>) => void;
}

/** Keeps still when the focus goes elsewhere: a key is mostly copied from another window. */
async function shown<Value>(input: Input, { title, step, totalSteps, placeholder }: Step, pending: Pending<Value>): Promise<Answer<Value>> {
  Object.assign(input, { title, placeholder, ignoreFocusOut: true });
  if (totalSteps > 1) Object.assign(input, { step, totalSteps });
  input.buttons = step > 1 ? [vscode.QuickInputButtons.Back] : [];
  input.onDidTriggerButton(() => pending.resolve("back"));
  input.onDidHide(() => pending.resolve(undefined));
  input.show();
  try {
    return await pending.promise;
  } finally {
    input.dispose();
  }
}
