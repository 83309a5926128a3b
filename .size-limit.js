// The budget is for what a first visit loads before anything is on the screen: the entry and all it imports
// statically. Vite's manifest knows; parts that load on demand do not count.
import { readFileSync } from "node:fs";

const dist = new URL("./dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

const first = new Set();
const visit = (key) => {
  if (first.has(key)) return;
  first.add(key);
  for (const imported of manifest[key].imports ?? []) visit(imported);
};
visit("index.html");

const files = (pick) =>
  [...new Set([...first].flatMap((key) => pick(manifest[key])))].map((file) => `dist/${file}`);
const styles = files((chunk) => chunk.css ?? []);

export default [
  { name: "First load, JavaScript", path: files((chunk) => [chunk.file]), limit: "260 kB", gzip: true },
  ...(styles.length === 0 ? [] : [{ name: "First load, styles", path: styles, limit: "40 kB", gzip: true }]),
];
