// @ts-check
// The least that could answer by HTTP: a bare server that gives the same bytes to everyone. The first argument says how many.
import { createServer } from "node:http";

const [sizeBytes = "0"] = process.argv.slice(2);
const body = JSON.stringify({ status: "ok", filling: "x".repeat(Number(sizeBytes)) });
const server = createServer((_request, response) => response.setHeader("content-type", "application/json").end(body));
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: Object(server.address()).port })));
