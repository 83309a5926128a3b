// `npm run build:pwa`: the page for static hosting under any path, with offline use.
import { buildAs } from "./lib/build.mjs";
import { ensureInstalled } from "./lib/install.mjs";

export async function run() {
  await ensureInstalled();
  await buildAs("pwa");
  console.log("dist-pwa/: copy it to any folder of any static host.");
}
