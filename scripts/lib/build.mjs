import { Failure } from "./failure.mjs";
import { runTool } from "./process.mjs";

/** The production build of the page, into dist/. */
export const buildStatus = () => runTool("vite", ["build", "--logLevel", "warn"]);

export async function build() {
  const status = await buildStatus();
  if (status !== 0) throw new Failure(`The build failed with exit status ${status}.`);
}

/** One HTML file with everything inside, for `npm run build:single`. */
export const SINGLE = "dist-single/vsmmu-lab.html";

/** What one file may weigh. */
export const SINGLE_LIMIT = 3_000_000;

/**
 * Another build by its configuration.
 * @param {"single" | "pwa"} kind
 */
export async function buildAs(kind) {
  const status = await runTool("vite", ["build", "--logLevel", "warn", "--config", `vite.${kind}.config.ts`]);
  if (status !== 0) throw new Failure(`The build failed with exit status ${status}.`);
}
