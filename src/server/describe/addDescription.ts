import type { ListedRoute, Routes } from "../routes.ts";

/** `/openapi.json`: all routes that are listed when it is first asked for, and `more`. */
export function addDescription(routes: Routes, more: () => Promise<readonly ListedRoute[]>): void {
  let made: Promise<string> | undefined;
  const make = async (): Promise<string> => {
    const [{ openApiOf }, { runtimeShapes }] = await Promise.all([import("./openApi.ts"), import("./runtimeShapes.ts")]);
    return JSON.stringify(openApiOf([...routes.listed, ...(await more()), ...runtimeShapes]));
  };
  routes.add(["get", "/openapi.json"], { summary: "This description", tag: "Description" }, async ({ c }) =>
    c.body(await (made ??= make()), 200, { "content-type": "application/json", "cache-control": "no-cache" }),
  );
}
