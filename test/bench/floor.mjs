// The floor of the loop: the smallest harness that can play the script. No log, no retries, no checks, nobody to watch.
// What ours costs above this is ours.

import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const [prompt] = process.argv.slice(2);
const bash = spawn("bash", ["--noprofile", "--norc"], { stdio: ["pipe", "pipe", "inherit"] });
bash.stdout.setEncoding("utf8");

const texts = (...names) => ({ type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) });
const tools = {
  terminal: { parameters: texts("command"), run: ({ command }) => runInBash(command) },
  file_editor: { parameters: texts("command", "path", "file_text"), run: edit },
};
const declared = Object.entries(tools).map(([name, { parameters }]) => ({
  type: "function",
  function: { name, description: name, parameters },
}));

const messages = [
  { role: "system", content: "You are a coding agent." },
  { role: "user", content: prompt },
];
for (;;) {
  const message = await ask();
  messages.push(message);
  if (message.tool_calls.length === 0) break;
  for (const { id, function: call } of message.tool_calls) {
    messages.push({ role: "tool", tool_call_id: id, content: await tools[call.name].run(JSON.parse(call.arguments)) });
  }
}
bash.stdin.end();

async function ask() {
  const response = await fetch(`${process.env.LLM_BASE_URL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${process.env.LLM_API_KEY}` },
    body: JSON.stringify({ model: process.env.LLM_MODEL, stream: true, messages, tools: declared }),
  });
  const message = { role: "assistant", content: "", tool_calls: [] };
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of response.body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: {")) add(message, JSON.parse(line.slice(6)).choices[0]?.delta);
  }
  return message;
}

function add(message, delta) {
  message.content += delta?.content ?? "";
  for (const { index, id, function: piece } of delta?.tool_calls ?? []) {
    const call = (message.tool_calls[index] ??= { id, type: "function", function: { name: "", arguments: "" } });
    call.function.name += piece.name ?? "";
    call.function.arguments += piece.arguments ?? "";
  }
}

function runInBash(command) {
  const { promise, resolve } = Promise.withResolvers();
  let output = "";
  const read = (text) => {
    output += text;
    if (!output.endsWith("\0")) return;
    bash.stdout.off("data", read);
    resolve(output.slice(0, -1));
  };
  bash.stdout.on("data", read);
  bash.stdin.write(`{ ${command}\n} </dev/null 2>&1; printf '\\0'\n`);
  return promise;
}

async function edit({ command, path, file_text }) {
  if (command === "view") return readFile(path, "utf8");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, file_text);
  return "ok";
}
