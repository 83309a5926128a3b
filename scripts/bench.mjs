// `npm run bench`: the measures of bench/, in Node and, for the page's latencies, in a browser on the built page.
import { ensureInstalled } from "./lib/install.mjs";
import { at } from "./lib/paths.mjs";
import { run as command } from "./lib/process.mjs";

/** @param {string[]} args */
export async function run(args) {
  await ensureInstalled();
  return command(process.execPath, ["--import", "tsx", at("bench", "run.ts"), ...args]);
}
