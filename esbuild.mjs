// Builds the bundles into dist/: the extension, its thread that colours code, its webview, the command line, and sandbox-server.

import { existsSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire, isBuiltin } from "node:module";
import { basename } from "node:path";
import esbuild from "esbuild";

const require = createRequire(import.meta.url);
const watch = process.argv.includes("--watch");

/** @type {esbuild.BuildOptions} */
const common = { bundle: true, minify: !watch, sourcemap: true, sourcesContent: false, logLevel: "warning", legalComments: "none" };
/** @type {esbuild.BuildOptions} */
const node = { ...common, platform: "node", target: "node22", external: ["node-pty"] };
// Because bundled CommonJS packages call `require`, which an ES module does not have.
const requireBanner = {
  js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
};

/**
 * What dockerode asks for and we never use: SSH of its own (the person's `ssh` is ours), and what builds images. They are large, and one of them has
 * a native part.
 * @type {esbuild.Plugin}
 */
const neverUsed = {
  name: "neverUsed",
  setup(build) {
    build.onResolve({ filter: /^(?:ssh2|tar-fs|@balena\/dockerignore|protobufjs|@grpc\/grpc-js|@grpc\/proto-loader)$/ }, ({ path }) => ({
      path,
      namespace: "never-used",
    }));
    build.onLoad({ filter: /.*/, namespace: "never-used" }, () => ({ contents: "module.exports = {};" }));
  },
};

/**
 * Modules of Node are required, and when they are first needed. Because an `import` of one reads each of its exports before anything else is done, and
 * that of `node:http` loads all of `fetch` so: two thirds of what a bare server needs to start.
 * @type {esbuild.Plugin}
 */
const requireNode = {
  name: "requireNode",
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      if (kind !== "import-statement" || !isBuiltin(path)) return undefined;
      return { path: path.replace(/^(?:node:)?/, "node:"), namespace: "of-node", sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: "of-node" }, ({ path }) => {
      const names = Object.keys(require(path)).filter((name) => /^[a-zA-Z_$][\w$]*$/.test(name) && name !== "default");
      // Marked, so that what nobody uses is left out.
      const lines = names.map(
        (name, at) => `const n${at} = /* @__PURE__ */ (() => node[${JSON.stringify(name)}])(); export { n${at} as ${name} };`,
      );
      return { contents: [`const node = /* @__PURE__ */ require(${JSON.stringify(path)});`, "export default node;", ...lines].join("\n") };
    });
  },
};

/**
 * The one file that goes into sandboxes serves standard input by itself; what serves a port is a bundle beside it.
 * @type {esbuild.Plugin}
 */
const besideServer = {
  name: "besideServer",
  setup(build) {
    build.onResolve({ filter: /^\.\/port\.ts$/ }, () => ({ path: "./sandbox-server-port.js", external: true }));
  },
};

/** @type {esbuild.BuildOptions[]} */
const bundles = [
  {
    ...node,
    // What is imported when it is needed, such as the model's client and the terminal, is not read when VS Code activates the extension.
    format: "esm",
    splitting: true,
    sourcemap: "inline",
    write: false,
    plugins: [neverUsed, { name: "commonJs", setup: (build) => build.onEnd(writeCommonJs) }],
    external: ["vscode", "node-pty"],
    // Because VS Code logs an error when an extension so much as looks at it: https://aka.ms/vscode-extensions/navigator
    define: { navigator: "undefined" },
    entryPoints: { extension: "src/extension/extension.ts" },
    chunkNames: "extension-[name]-[hash]",
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
  },
  {
    ...node,
    format: "cjs",
    entryPoints: { highlighter: "src/extension/highlighter/worker.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
  },
  {
    ...node,
    format: "esm",
    entryPoints: { "sandbox-server": "sandbox-server/main.ts" },
    plugins: [requireNode, besideServer],
    outdir: "dist",
    banner: requireBanner,
  },
  {
    ...node,
    format: "esm",
    // What only some servers need, such as conversations, the model's client and Docker's, is read when it is needed.
    splitting: true,
    entryPoints: { "sandbox-server-port": "sandbox-server/port.ts" },
    chunkNames: "sandbox-server-[name]-[hash]",
    plugins: [requireNode, neverUsed],
    outdir: "dist",
    banner: requireBanner,
  },
  {
    ...node,
    format: "esm",
    // What is imported when it is needed, such as the model's client, is not read before.
    splitting: true,
    entryPoints: { "cli-main": "src/cli/main.ts" },
    chunkNames: "cli-[name]-[hash]",
    plugins: [neverUsed],
    outdir: "dist",
    banner: requireBanner,
  },
  {
    ...common,
    platform: "browser",
    format: "iife",
    target: "chrome128",
    entryPoints: { webview: "src/webview/main.tsx" },
    outdir: "dist",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".ttf": "file" },
    // Because the page names the font of the icons, to load it before they are drawn.
    assetNames: "[name]",
  },
];

await rm("dist", { recursive: true, force: true });
await mkdir("dist");
await copyFile("src/cli/launcher.mjs", "dist/cli.js");
await chmod("dist/cli.js", 0o755);
await copyPty();
if (existsSync(".cache/tools")) await cp(".cache/tools", "dist/tools", { recursive: true });
if (watch) await watchAll();
else await buildAll();

/**
 * esbuild splits ES modules only, and VS Code loads an extension as CommonJS: each part is made into a CommonJS module by itself.
 * @param {esbuild.BuildResult} result
 */
async function writeCommonJs({ outputFiles = [] }) {
  /** @type {esbuild.TransformOptions} */
  const options = {
    format: "cjs",
    platform: "node",
    target: "node22",
    minify: !watch,
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
  };
  const supported = { "dynamic-import": false };
  await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const { code, map } = await esbuild.transform(text, { ...options, supported, sourcefile: basename(path) });
      await writeFile(path, `${code}//# sourceMappingURL=${basename(path)}.map\n`);
      await writeFile(`${path}.map`, map);
    }),
  );
}

/** esbuild itself says what is wrong; its stack would say nothing more. */
async function buildAll() {
  const results = await Promise.allSettled(bundles.map((options) => esbuild.build(options)));
  if (results.some(({ status }) => status === "rejected")) process.exitCode = 1;
}

/** Rebuilds what changes, and tells in lines that the editor's "watch" task understands. */
async function watchAll() {
  let building = bundles.length;
  const first = new Set(bundles);
  console.log("[watch] build started");
  for (const options of bundles) {
    const tell = {
      name: "tell",
      setup(build) {
        // The first builds have been announced already, so that the task waits for all of them.
        build.onStart(() => {
          if (!first.delete(options) && building++ === 0) console.log("[watch] build started");
        });
        build.onEnd(({ errors }) => {
          for (const { text, location } of errors) {
            console.error(`${location?.file ?? "esbuild.mjs"}:${location?.line ?? 1}:${location?.column ?? 0}: error: ${text}`);
          }
          if (--building === 0) console.log("[watch] build finished");
        });
      },
    };
    const context = await esbuild.context({ ...options, logLevel: "silent", plugins: [...(options.plugins ?? []), tell] });
    await context.watch();
  }
}

/** node-pty is not bundled: it loads its native part by a path relative to its own files. */
async function copyPty() {
  const from = "node_modules/node-pty";
  const to = "dist/node_modules/node-pty";
  for (const part of ["package.json", "LICENSE", "lib", "prebuilds"]) {
    if (!existsSync(`${from}/${part}`)) continue;
    await cp(`${from}/${part}`, `${to}/${part}`, { recursive: true, filter: (path) => !/\.(test\.js|map|pdb)$/.test(path) });
  }
}
