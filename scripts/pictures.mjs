// `npm run pictures`: plays the thread's claims in the built page and keeps what it shows as docs/pictures/*.png.

import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { findBrowser } from "./lib/browser.mjs";
import { build } from "./lib/build.mjs";
import { ensureInstalled } from "./lib/install.mjs";
import { at } from "./lib/paths.mjs";
import { serve } from "./lib/serve.mjs";

/**
 * @typedef {object} Picture
 * @property {string} name
 * @property {string} scenario its file name without the ending
 * @property {string} step text of the step to stand on
 * @property {string} [choose] device to select
 * @property {"graph" | "page"} of
 * @property {"light" | "dark"} [theme]
 */

/** @type {readonly Picture[]} */
const PICTURES = [
  { name: "page-light", scenario: "claim-7-second-device", step: "plug d1 v0", choose: "d1", of: "page" },
  {
    name: "page-dark",
    scenario: "claim-7-second-device",
    step: "plug d1 v0",
    choose: "d1",
    of: "page",
    theme: "dark",
  },
  {
    name: "1-s2-attach",
    scenario: "claim-1-s2-attach-at-plug",
    step: "realize d0 v0",
    choose: "d0",
    of: "graph",
  },
  {
    name: "2-viommu",
    scenario: "claim-2-viommu-abort-bypass-at-set",
    step: "set d0",
    choose: "d0",
    of: "graph",
  },
  { name: "3-reset", scenario: "claim-3-gbpa-at-reset", step: "machine-start", of: "graph" },
  { name: "4-gbpa", scenario: "claim-4-gbpa-at-update", step: "gbpa v0 abort", of: "graph" },
  { name: "5-vdevice", scenario: "d03-smmuen-cleared", step: "cfgi v0 0x100", choose: "d0", of: "graph" },
  { name: "6-unset", scenario: "claim-6-back-to-s2-at-unset", step: "unset", of: "graph" },
  {
    name: "7-second-device",
    scenario: "claim-7-second-device",
    step: "plug d1 v0",
    choose: "d1",
    of: "graph",
  },
];

/** Runs the task. */
export async function run() {
  await ensureInstalled();
  const { chromium } = await import("@playwright/test");
  const { default: config } = await import("../playwright.config.ts");
  await build();
  const { server, url } = await serve(at("dist"), { port: 0 });
  const browser = await chromium.launch({
    ...config.use?.launchOptions,
    channel: "chromium",
    executablePath: await findBrowser(),
  });
  await mkdir(at("docs/pictures"), { recursive: true });
  for (const picture of PICTURES) {
    const context = await browser.newContext({
      viewport: picture.of === "page" ? { width: 1680, height: 1050 } : { width: 1440, height: 1000 },
      colorScheme: picture.theme ?? "light",
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    const idle = () => page.locator("html[data-idle]").waitFor({ state: "attached" });
    await page.goto(url);
    await idle();
    await page.getByTestId("scenario-picker").click();
    await page.getByTestId(`scenario-${picture.scenario}`).click();
    await idle();
    await page
      .getByRole("navigation", { name: "Steps of this line" })
      .getByText(picture.step)
      .first()
      .click();
    await idle();
    if (picture.choose !== undefined) {
      await page
        .getByTestId(`device-${picture.choose}`)
        .getByText(picture.choose, { exact: true })
        .first()
        .click();
      await idle();
    }
    await page.mouse.move(0, 0);
    await page.locator(".hint-card").waitFor({ state: "hidden" });
    await page.evaluate(() => document.fonts.ready);
    const path = at(`docs/pictures/${picture.name}.png`);
    if (picture.of === "page") await page.screenshot({ path, animations: "disabled" });
    else await page.getByTestId("graph").screenshot({ path, animations: "disabled" });
    console.log(`docs/pictures/${picture.name}.png`);
    await context.close();
  }
  await browser.close();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}
