import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { Failure } from "./failure.mjs";
import { at, readJson, root } from "./paths.mjs";

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string>} [env] added to the environment
 * @property {boolean} [toStderr] keeps our own stdout clean for whoever reads it
 * @property {number} [timeout] in milliseconds
 * @property {boolean} [shell]
 */

/**
 * Runs a command in the project root with the terminal's own streams and resolves to its exit status
 * (128 when a signal or the time limit ended it).
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 * @returns {Promise<number>}
 */
export function run(command, args, { env = {}, toStderr = false, timeout, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", toStderr ? process.stderr : "inherit", "inherit"],
      shell,
      ...(timeout === undefined ? {} : { timeout }),
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 128));
  });
}

/**
 * Runs the executable that an installed package declares, without a shell and on every platform alike.
 * @param {string} name
 * @param {string[]} args
 * @param {RunOptions} options
 */
export function runTool(name, args, options = {}) {
  return run(process.execPath, [toolPath(name), ...args], options);
}

/** Executables that are not named as their package is. */
const packages = new Map([
  ["tsc", "typescript"],
  ["depcruise", "dependency-cruiser"],
  ["biome", "@biomejs/biome"],
  ["playwright", "@playwright/test"],
]);

/** @param {string} name */
function toolPath(name) {
  const manifest = at("node_modules", packages.get(name) ?? name, "package.json");
  const { bin } = readJson(manifest);
  const script = typeof bin === "string" ? bin : bin[name];
  if (script === undefined) throw new Failure(`${manifest} declares no executable "${name}"`);
  return join(dirname(manifest), script);
}
