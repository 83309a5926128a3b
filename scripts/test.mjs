// `npm test`: every check there is, in one run, on a fresh clone too. A failing section does not stop the others.
// `npm test -- types unit` runs the named sections alone.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { buildStatus } from "./lib/build.mjs";
import { Failure } from "./lib/failure.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { at, readJson } from "./lib/paths.mjs";
import { runTool } from "./lib/process.mjs";

const REPORTS = at(".cache", "test");
const UNIT_REPORT = at(".cache", "test", "unit.json");
const E2E_REPORT = at(".cache", "test", "e2e.json");

/** @typedef {{ passed: number, failed: number }} Count */

/**
 * A section without tests of its own counts as one.
 * @param {number} status
 * @returns {Count}
 */
const verdict = (status) => (status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

/**
 * Runs the commands one after the other; the first that fails ends the section.
 * @param {[name: string, ...args: string[]][]} list
 */
const commands =
  (...list) =>
  async () => {
    for (const [name, ...args] of list) {
      const status = await runTool(name, args);
      if (status !== 0) return verdict(status);
    }
    return verdict(0);
  };

/**
 * A runner that failed without saying which test did (it crashed, or found none) is a failure all the same.
 * @param {number} status
 * @param {Count} count
 * @returns {Count}
 */
function counted(status, { passed, failed }) {
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

async function unit() {
  rmSync(UNIT_REPORT, { force: true });
  const status = await runTool("vitest", [
    "run",
    "--reporter=dot",
    "--reporter=json",
    `--outputFile.json=${UNIT_REPORT}`,
  ]);
  if (!existsSync(UNIT_REPORT)) return { passed: 0, failed: 1 };
  const { numPassedTests, numTotalTests } = readJson(UNIT_REPORT);
  return counted(status, { passed: numPassedTests, failed: numTotalTests - numPassedTests });
}

async function e2e() {
  const { findBrowser } = await import("./lib/browser.mjs");
  const { playwright } = await import("./e2e.mjs");
  const browser = await findBrowser();
  console.log(`Browser: ${browser}`);
  rmSync(E2E_REPORT, { force: true });
  const status = await playwright(browser, ["--reporter=list,json"], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: E2E_REPORT,
  });
  if (!existsSync(E2E_REPORT)) return { passed: 0, failed: 1 };
  const { expected, unexpected, flaky, skipped } = readJson(E2E_REPORT).stats;
  return counted(status, { passed: expected, failed: unexpected + flaky + skipped });
}

const SECTIONS = {
  types: { title: "Types", check: commands(["tsc", "-p", "."], ["tsc", "-p", "tsconfig.engine.json"]) },
  lint: { title: "Lint and format", check: commands(["biome", "ci", "--error-on-warnings", "."]) },
  arch: {
    title: "Architecture rules",
    check: commands(["depcruise", "--config", ".dependency-cruiser.cjs", "src"]),
  },
  unused: { title: "Unused code", check: commands(["knip"]) },
  unit: { title: "Unit and property tests", check: unit },
  build: { title: "Production build", check: async () => verdict(await buildStatus()) },
  size: { title: "Size budget", check: commands(["size-limit"]) },
  e2e: { title: "End to end, in a browser", check: e2e },
};

/** @param {() => Promise<Count>} check */
async function attempt(check) {
  try {
    return await check();
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    return { passed: 0, failed: 1 };
  }
}

/** @param {string[]} args */
export async function run(args) {
  const unknown = args.filter((name) => !Object.hasOwn(SECTIONS, name));
  if (unknown.length > 0) {
    throw new Failure(`Unknown section ${unknown.join(", ")}. Sections: ${Object.keys(SECTIONS).join(", ")}`);
  }
  await ensureInstalled();
  mkdirSync(REPORTS, { recursive: true });

  /** @type {(Count & { title: string, seconds: number })[]} */
  const results = [];
  for (const [name, { title, check }] of Object.entries(SECTIONS)) {
    if (args.length > 0 && !args.includes(name)) continue;
    console.log(`\n━━ ${title} ${"━".repeat(Math.max(0, 72 - title.length))}`);
    const from = performance.now();
    const result = await attempt(check);
    results.push({ title, seconds: (performance.now() - from) / 1000, ...result });
  }

  console.log(`\n━━ Summary ${"━".repeat(65)}`);
  for (const { title, seconds, passed, failed } of results) {
    const mark = failed === 0 ? "ok  " : "FAIL";
    const numbers = `${passed} passed, ${failed} failed`.padStart(26);
    console.log(`${mark}  ${title.padEnd(28)}${numbers}${`${seconds.toFixed(1)} s`.padStart(10)}`);
  }
  /** @param {keyof Count} field */
  const total = (field) => results.reduce((sum, result) => sum + result[field], 0);
  console.log(`\n${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0 ? 0 : 1;
}
