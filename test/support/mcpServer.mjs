// A server of the Model Context Protocol on standard input and output, for tests: node mcpServer.mjs [how]
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [how = "well", file] = process.argv.slice(2);
if (how === "leaves") {
  const child = spawn("sh", ["-c", "trap '' TERM HUP; sleep 300"], { detached: true, stdio: "ignore" });
  writeFileSync(file, `${process.pid}\n${child.pid}\n`);
  process.on("SIGTERM", () => undefined);
}
if (how === "dies") {
  process.stderr.write(`no such token: ${process.env.TOKEN}\n`);
  process.exit(3);
}
process.stdout.write("this line is no message\n");

const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "test", version: "1.0.0" } }),
  "tools/list": () => ({ tools: ["echo", "env"].map((name) => ({ name, inputSchema: { type: "object" } })) }),
  "tools/call": ({ name, arguments: given }) => ({
    content: [{ type: "text", text: name === "env" ? Object.keys(process.env).join(" ") : `${given.text} ${process.env.TOKEN ?? ""}` }],
    isError: name === "nothing",
  }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (how === "silent" || id === undefined) continue;
  const result = answers[method]?.(params);
  process.stdout.write(
    `${JSON.stringify({ jsonrpc: "2.0", id, ...(result ? { result } : { error: { code: -32601, message: "no" } }) })}\n`,
  );
}
if (how === "leaves") setInterval(() => undefined, 1_000);
