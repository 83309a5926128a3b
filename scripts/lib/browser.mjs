// Finds a Chromium for the browser tests, or gets one. See `findBrowser` for the order.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Failure } from "./failure.mjs";
import { run, runTool } from "./process.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/** @type {Partial<Record<NodeJS.Platform, string[]>>} */
const USUAL_PLACES = {
  linux: ["/usr/bin/chromium", "/usr/bin/google-chrome", "/opt/google/chrome/chrome", "/snap/bin/chromium"],
  darwin: ["Google Chrome", "Chromium"].map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`),
  win32: [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, "Google", "Chrome", "Application", "chrome.exe")),
};

/** @param {string} path */
const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/**
 * A file of the right name may be a stub that only says how to install the real one: ask it.
 * @param {string} path
 */
const answers = (path) => {
  if (!isExecutable(path)) return false;
  if (process.platform === "win32") return true;
  const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 30_000 });
  return status === 0 && /chrom/i.test(stdout);
};

function installed() {
  const named = process.env.CHROME_PATH;
  if (named !== undefined && named !== "") {
    if (answers(named)) return named;
    throw new Failure(`CHROME_PATH is "${named}", which does not run as Chromium or Chrome.`);
  }
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => (folder === "" ? [] : NAMES.map((name) => join(folder, name))));
  return [...onPath, ...(USUAL_PLACES[process.platform] ?? [])].find(answers);
}

async function playwrightsOwn() {
  const { chromium } = await import("@playwright/test");
  const path = chromium.executablePath();
  return answers(path) ? path : undefined;
}

const WAYS = `The browser tests need Chromium or Chrome, and there is none. Any one of these helps:
  1. install Chromium or Chrome, or name one you have: CHROME_PATH=/path/to/chrome npm test
  2. Playwright's own: npx playwright install --with-deps chromium
  3. on Debian, as root: apt-get update && apt-get install -y chromium`;

/**
 * The path of a browser that runs: an installed one (CHROME_PATH, PATH, the usual places), else Playwright's own,
 * downloaded if need be, else, as root on Debian, the system's package. Throws with the three ways when all fail.
 */
export async function findBrowser() {
  let path = installed() ?? (await playwrightsOwn());
  if (path !== undefined) return path;

  console.log("No Chromium or Chrome is installed; trying Playwright's own.");
  await runTool("playwright", ["install", "chromium"], { timeout: 300_000 });
  path = await playwrightsOwn();
  if (path !== undefined) return path;

  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    console.log("Trying the system's package.");
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    await run("apt-get", ["update", "-qq"], { env });
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { env });
    path = installed();
    if (path !== undefined) return path;
  }
  throw new Failure(WAYS);
}
