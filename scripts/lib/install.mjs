import { existsSync } from "node:fs";
import { Failure } from "./failure.mjs";
import { at, readJson } from "./paths.mjs";
import { run } from "./process.mjs";

/** Why node_modules does not match package-lock.json, or undefined when it does. */
export function staleReason() {
  const installed = at("node_modules", ".package-lock.json");
  if (!existsSync(installed)) return "dependencies are not installed";
  const want = readJson(at("package-lock.json")).packages;
  const have = readJson(installed).packages;
  for (const [path, entry] of Object.entries(want)) {
    if (path === "") continue;
    const found = have[path];
    // An optional package is one platform's binary: absent on the others.
    if (found === undefined ? entry.optional !== true : found.version !== entry.version) {
      return `${path.replace(/^.*node_modules\//, "")} ${entry.version} is not installed`;
    }
  }
  return undefined;
}

/** Makes node_modules match the lock file; does nothing when it does already. Everything is told on stderr. */
export async function ensureInstalled() {
  const reason = staleReason();
  if (reason === undefined) return;
  process.stderr.write(`Installing: ${reason}.\n`);
  const args = ["ci", "--include=dev", "--no-fund", "--no-audit", "--loglevel=error"];
  const npm = process.env.npm_execpath;
  const status = npm?.endsWith(".js")
    ? await run(process.execPath, [npm, ...args], { toStderr: true })
    : await run("npm", args, { toStderr: true, shell: process.platform === "win32" });
  if (status !== 0)
    throw new Failure(`"npm ci" failed with exit status ${status}; nothing can run without it.`);
}
