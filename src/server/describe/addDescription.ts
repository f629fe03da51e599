import type { ListedRoute, Routes } from "../routes.ts";

/** `/openapi.json` for programs, `/docs` and `/redoc` for people: all routes that are listed when they are first asked for, and `more`. */
export function addDescription(routes: Routes, more: () => Promise<readonly ListedRoute[]>): void {
  const tag = "Description";
  const all = async (): Promise<readonly ListedRoute[]> => {
    const [{ runtimeShapes }, late] = await Promise.all([import("./runtimeShapes.ts"), more()]);
    return [...routes.listed, ...late, ...runtimeShapes];
  };
  const describe = async (): Promise<string> => {
    const { openApiOf } = await import("./openApi.ts");
    return JSON.stringify(openApiOf(await all()));
  };
  let made: Promise<string> | undefined;
  routes.add(["get", "/openapi.json"], { summary: "This API in OpenAPI 3.1", tag }, async ({ c }) =>
    c.body(await (made ??= describe()), 200, { "content-type": "application/json", "cache-control": "no-cache" }),
  );
  for (const path of ["/docs", "/redoc"]) {
    routes.add(["get", path], { summary: "This API as a page", tag, gives: "text/html" }, async ({ c }) => {
      const { docsPage } = await import("./docsPage.ts");
      return docsPage(c, await all());
    });
  }
}
