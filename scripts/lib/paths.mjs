import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/**
 * A path in the project.
 * @param {string[]} parts
 */
export const at = (...parts) => join(root, ...parts);
/** @param {string} path */
export const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
