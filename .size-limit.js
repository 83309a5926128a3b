// The budget is for what a first visit loads before anything is on the screen: the entry and all it imports
// statically. Vite's manifest knows; parts that load on demand do not count.
import { readFileSync } from "node:fs";

const dist = new URL("./dist/", import.meta.url);
/** @typedef {{ file: string, imports?: string[], css?: string[] }} Chunk */

/** @type {Record<string, Chunk>} */
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

/** @type {Set<Chunk>} */
const first = new Set();
/** @param {string} key */
const visit = (key) => {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`The build's manifest has no ${key}`);
  if (first.has(chunk)) return;
  first.add(chunk);
  for (const imported of chunk.imports ?? []) visit(imported);
};
visit("index.html");

const scripts = new Set([...first].map((chunk) => `dist/${chunk.file}`));
const styles = new Set([...first].flatMap((chunk) => chunk.css ?? []).map((file) => `dist/${file}`));

export default [
  { name: "First load, JavaScript", path: [...scripts], limit: "260 kB", gzip: true },
  ...(styles.size === 0
    ? []
    : [{ name: "First load, styles", path: [...styles], limit: "40 kB", gzip: true }]),
];
