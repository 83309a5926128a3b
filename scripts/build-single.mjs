// `npm run build:single`: the lab as one HTML file that runs from disk.
import { statSync } from "node:fs";
import { buildAs, SINGLE, SINGLE_LIMIT } from "./lib/build.mjs";
import { Failure } from "./lib/failure.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { at } from "./lib/paths.mjs";

export async function run() {
  await ensureInstalled();
  await buildAs("single");
  const { size } = statSync(at(SINGLE));
  if (size > SINGLE_LIMIT) throw new Failure(`${SINGLE} has ${size} bytes, more than ${SINGLE_LIMIT}.`);
  console.log(`${SINGLE}: ${(size / 1e6).toFixed(2)} MB. Open it in a browser.`);
}
