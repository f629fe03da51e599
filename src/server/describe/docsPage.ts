import type { Context } from "hono";
import { accessTo } from "../access.ts";
import type { ListedRoute } from "../routes.ts";
import { operationIdOf, pathOf, schemaOf } from "./openApi.ts";

/** A page that shows routes to a person: of our own, with nothing from elsewhere and no script. */
export function docsPage(c: Context, routes: readonly ListedRoute[]): Response {
  return c.html(pageOf(routes), 200, {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
}

function pageOf(routes: readonly ListedRoute[]): string {
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  const links = tags.map((tag) => `<a href="#${idOf(tag)}">${escaped(tag)}</a>`).join("\n");
  const families = tags
    .map((tag) =>
      familyOf(
        tag,
        routes.filter((route) => route.tag === tag),
      ),
    )
    .join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenHands Agent Server: API</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>OpenHands Agent Server</h1>
<p>${routes.length} routes. For programs: <a href="/openapi.json">openapi.json</a>. A key goes into the header <code>X-Session-API-Key</code>;
routes marked <span class="open">open</span> need none. Bodies and answers are JSON unless told.</p>
<nav aria-label="Families">
${links}
</nav>
</header>
<main>
${families}
</main>
</body>
</html>
`;
}

function familyOf(tag: string, routes: readonly ListedRoute[]): string {
  return `<section id="${idOf(tag)}" aria-labelledby="${idOf(tag)}-title">
<h2 id="${idOf(tag)}-title">${escaped(tag)}</h2>
${routes.map(routeOf).join("\n")}
</section>`;
}

function routeOf(route: ListedRoute): string {
  const open = accessTo(route.path) === "none" ? ' <span class="open">open</span>' : "";
  return `<details id="${operationIdOf(route)}">
<summary><b class="${route.method}">${route.method.toUpperCase()}</b> <code>${escaped(pathOf(route))}</code>${open} <span class="what">${escaped(route.summary)}</span></summary>
${partsOf(route)}
</details>`;
}

function partsOf({ params, query, body, takes, answer, gives, status, refuses = [] }: ListedRoute): string {
  const parts = [
    params && part("In the path", schemaOf(params, "input")),
    query && part("In the query", schemaOf(query, "input")),
    body && part("Body", schemaOf(body, "input")),
    takes && `<h3>Body</h3><p><code>${escaped(takes)}</code></p>`,
    `<h3>Answers</h3><p><code>${status ?? 200}</code>${gives === undefined ? "" : ` with <code>${escaped(gives)}</code>`}${others(refuses)}</p>`,
    answer && gives === undefined
      ? `<pre tabindex="0">${escaped(JSON.stringify(schemaOf(answer, "output"), undefined, 2))}</pre>`
      : undefined,
  ];
  return parts.filter((text) => text !== undefined && text !== "").join("\n");
}

function others(refuses: readonly number[]): string {
  return refuses.length === 0 ? "" : `; or ${refuses.map((status) => `<code>${status}</code>`).join(", ")}`;
}

function part(title: string, schema: object): string {
  return `<h3>${title}</h3>\n<pre tabindex="0">${escaped(JSON.stringify(schema, undefined, 2))}</pre>`;
}

function idOf(tag: string): string {
  return tag.toLowerCase().replaceAll(/[^a-z\d]+/g, "-");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3a3f46); --soft: light-dark(#f4f6f8, #1d2126); --quiet: light-dark(#57606a, #9aa4af);
  --link: light-dark(#0a58ca, #7cb7ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; font: 15px/1.5 system-ui, sans-serif;
  background: light-dark(#fff, #14171a); color: light-dark(#1f2328, #e3e6ea); }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h3 { font-size: .85rem; margin: .75rem 0 .25rem; color: var(--quiet); }
p { margin: .25rem 0; }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin-top: .75rem; }
code, pre, summary b { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .35rem 0; padding: 0 .75rem; }
details[open] { padding-bottom: .75rem; }
summary { cursor: pointer; padding: .4rem 0; }
summary b { display: inline-block; min-width: 4.2rem; }
.what { color: var(--quiet); margin-left: .5rem; }
.open { border: 1px solid var(--line); border-radius: 999px; padding: 0 .5rem; font-size: .8rem; color: var(--quiet); }
.get { color: light-dark(#0a58ca, #7cb7ff); } .post { color: light-dark(#116329, #6fd08c); }
.put, .patch { color: light-dark(#7a4a00, #e3b341); } .delete { color: light-dark(#b3261e, #ff9b93); }
pre { background: var(--soft); border-radius: 6px; padding: .6rem .75rem; margin: .25rem 0; max-height: 24rem; overflow: auto; }
`;
