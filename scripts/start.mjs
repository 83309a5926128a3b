// `npm start`: installs what is missing, builds, serves. Works on a fresh clone.
import { build } from "./lib/build.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { run as serve } from "./serve.mjs";

/** @param {string[]} args */
export async function run(args) {
  await ensureInstalled();
  console.log("Building…");
  await build();
  await serve(args);
}
