import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { Failure } from "./failure.mjs";
import { at, readJson, root } from "./paths.mjs";

/**
 * Runs a command in the project root with the terminal's own streams and resolves to its exit status
 * (128 when a signal or the time limit ended it).
 * `toStderr` keeps our own stdout clean for whoever reads it.
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

/** Runs the executable that an installed package declares, without a shell and on every platform alike. */
export function runTool(name, args, options = {}) {
  return run(process.execPath, [...(options.nodeArgs ?? []), toolPath(name), ...args], options);
}

const packages = {
  tsc: "typescript",
  depcruise: "dependency-cruiser",
  biome: "@biomejs/biome",
  playwright: "@playwright/test",
  stryker: "@stryker-mutator/core",
};

function toolPath(name) {
  const manifest = at("node_modules", packages[name] ?? name, "package.json");
  const { bin } = readJson(manifest);
  const script = typeof bin === "string" ? bin : bin[name];
  if (script === undefined) throw new Failure(`${manifest} declares no executable "${name}"`);
  return join(dirname(manifest), script);
}
