// Starts the command line. Its TypeScript is bundled once into dist-cli/ and again only when one of the files that
// went into the bundle has changed: a repeated start costs a few file look-ups and no compiler.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled } from "./lib/install.mjs";
import { at, root } from "./lib/paths.mjs";

const BUNDLE = at("dist-cli", "lab.mjs");
const INPUTS = at("dist-cli", "inputs.json");

/**
 * What tells one version of a file from the next, cheaply.
 * @param {string} path relative to the project
 */
const stamp = (path) => {
  const info = statSync(at(path), { throwIfNoEntry: false });
  return info === undefined ? "absent" : `${info.size}:${info.mtimeMs}`;
};

function isFresh() {
  let inputs;
  try {
    inputs = JSON.parse(readFileSync(INPUTS, "utf8"));
    statSync(BUNDLE);
  } catch {
    return false;
  }
  return Object.entries(inputs).every(([path, seen]) => stamp(path) === seen);
}

/**
 * Two starts at once may both bundle; each puts its files in place whole.
 * @param {string} path
 * @param {string | Uint8Array} content
 */
function put(path, content) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

async function bundle() {
  await ensureInstalled();
  const { build } = await import("esbuild");
  const from = Date.now();
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/main.ts"],
    outfile: BUNDLE,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    sourcesContent: false,
    logLevel: "error",
  });
  const inputs = ["package-lock.json", relative(root, import.meta.filename), ...Object.keys(metafile.inputs)];
  const stamps = Object.fromEntries(inputs.map((path) => [path, stamp(path)]));
  mkdirSync(at("dist-cli"), { recursive: true });
  for (const { path, contents } of outputFiles) put(path, contents);
  // A file saved meanwhile may be in the bundle in its old state: then the next start bundles again.
  const settled = inputs.every((path) => statSync(at(path)).mtimeMs < from);
  if (settled) put(INPUTS, JSON.stringify(stamps));
}

/** @param {string[]} args */
export async function run(args) {
  if (!isFresh()) await bundle();

  // A reader that has seen enough (`lab … | head`) is not an error.
  process.stdout.on("error", (error) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  let stdinUsed = false;
  const io = {
    // Looked up only when the command reads it: an opened stdin would keep the process waiting.
    get stdin() {
      stdinUsed = true;
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    // npm runs scripts in the project's root and tells where it was called.
    cwd: (process.env.npm_lifecycle_event === "lab" && process.env.INIT_CWD) || process.cwd(),
  };
  const { main } = await import(pathToFileURL(BUNDLE).href);
  process.exitCode = await main(args, io);
  if (stdinUsed) process.stdin.destroy();
}
