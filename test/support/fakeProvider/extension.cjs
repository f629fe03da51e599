// An extension that offers a language model to others, which plays a script: it answers the questions of "Test This Model", and of any other
// task it looks at the folder, and says what it was told and what it saw.
const vscode = require("vscode");

const model = {
  id: "scripted/one",
  name: "Scripted Model",
  family: "scripted",
  version: "1",
  maxInputTokens: 64_000,
  maxOutputTokens: 4_000,
  capabilities: { imageInput: true, toolCalling: true },
};

exports.activate = (context) => {
  const provider = {
    provideLanguageModelChatInformation: async () => [model],
    provideTokenCount: async (_model, text) => Math.ceil(textOf(text).length / 4),
    provideLanguageModelChatResponse: async (_model, messages, ...[options, progress, token]) => {
      const say = async (text) => {
        for (const word of text.match(/\S+\s*/g)) {
          if (token.isCancellationRequested) return;
          progress.report(new vscode.LanguageModelTextPart(word));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const call = (name, input) => progress.report(new vscode.LanguageModelToolCallPart(`call-${messages.length}`, name, input));
      await answer(messages, options.tools ?? [], { say, call, token });
    },
  };
  context.subscriptions.push(vscode.lm.registerLanguageModelChatProvider("fake", provider));
};

async function answer(messages, tools, { say, call, token }) {
  const last = textOf(messages.at(-1));
  if (/Count from one/.test(last)) return say("one two three four five six seven eight nine ten");
  const [, number] = /report_number with the number (\d+)/.exec(last) ?? [];
  if (number !== undefined) return call("report_number", { number: Number(number) });
  if (/What colour/.test(last)) return say(isPicture(messages.at(-1)) ? "Yellow." : "I see no picture.");
  if (/over quota/.test(last)) throw new Error("You have exceeded your monthly quota: insufficient_quota");
  if (/never end/.test(last)) {
    await say("Waiting.");
    return new Promise((resolve) => token.onCancellationRequested(resolve));
  }
  const result = messages.at(-1).content.find((part) => part instanceof vscode.LanguageModelToolResultPart);
  if (result === undefined) {
    await say("I look first.");
    return call(tools.find(({ name }) => name === "terminal").name, { command: "echo seen-by-$((20+1))" });
  }
  const isTold = textOf(messages[0]).startsWith("These are your instructions");
  const output = result.content.map(({ value }) => value ?? "").join("");
  return say(`${isTold ? "Told" : "Not told"} what to do, and the terminal said ${/seen-by-\d+/.exec(output)?.[0]}.`);
}

const textOf = (message) =>
  typeof message === "string" ? message : message.content.map((part) => (typeof part.value === "string" ? part.value : "")).join("\n");
const isPicture = ({ content }) => content.some(({ mimeType, data }) => mimeType === "image/png" && data?.length > 50);
