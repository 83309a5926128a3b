// `npm run test:e2e`: builds, then plays the browser tests on the built page. Arguments go to Playwright;
// `--no-build` takes dist/ as it is.
import { findBrowser } from "./lib/browser.mjs";
import { build } from "./lib/build.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { runTool } from "./lib/process.mjs";
import { freePort } from "./lib/serve.mjs";

/** @param {string[]} args */
export async function run(args) {
  await ensureInstalled();
  const browser = await findBrowser();
  if (!args.includes("--no-build")) await build();
  return playwright(
    browser,
    args.filter((argument) => argument !== "--no-build"),
  );
}

/**
 * Plays the tests with `browser` on a port of their own, so that two clones can test at the same time.
 * @param {string} browser the path of a Chromium
 * @param {string[]} args Playwright's
 * @param {Record<string, string>} env added to the environment
 */
export async function playwright(browser, args = [], env = {}) {
  const port = String(await freePort());
  return runTool("playwright", ["test", ...args], { env: { CHROME_PATH: browser, E2E_PORT: port, ...env } });
}
