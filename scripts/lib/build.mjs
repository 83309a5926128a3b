import { Failure } from "./failure.mjs";
import { runTool } from "./process.mjs";

/** The production build of the page, into dist/. */
export const buildStatus = () => runTool("vite", ["build", "--logLevel", "warn"]);

export async function build() {
  const status = await buildStatus();
  if (status !== 0) throw new Failure(`The build failed with exit status ${status}.`);
}
