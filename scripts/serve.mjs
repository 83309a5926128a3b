// Serves what is in dist/ already: `npm start` and the browser tests build first.
import { existsSync } from "node:fs";
import { Failure } from "./lib/failure.mjs";
import { readOptions, readPort } from "./lib/options.mjs";
import { at } from "./lib/paths.mjs";
import { DEFAULT_PORT, serve } from "./lib/serve.mjs";

/** @param {string[]} args */
export async function run(args) {
  const { values } = readOptions(args, {
    port: { type: "string" },
    strict: { type: "boolean", default: false },
  });
  const dist = at("dist");
  if (!existsSync(at("dist", "index.html")))
    throw new Failure(`There is no build in dist/: run "npm run build".`);
  const wanted = values.port ?? process.env.PORT;
  const port = wanted === undefined ? DEFAULT_PORT : readPort(wanted);
  const { server, url } = await serve(dist, { port, strict: values.strict });
  console.log(`vSMMU Lab is at ${url}  (Ctrl+C stops it)`);
  const stop = () => {
    server.closeAllConnections();
    server.close(() => process.exit(0));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}
