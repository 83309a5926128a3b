// The built page in a real browser, for benchmarks of what a user waits for.
import { once } from "node:events";
import { type Browser, chromium, type Page } from "@playwright/test";
import config from "../playwright.config.ts";
import { findBrowser } from "../scripts/lib/browser.mjs";
import { build } from "../scripts/lib/build.mjs";
import { at } from "../scripts/lib/paths.mjs";
import { serve } from "../scripts/lib/serve.mjs";

/** Builds and serves the lab, opens it at `path` in a fresh browser, and closes all of it after `body`. */
export async function withPage<T>(body: (page: Page, url: string) => Promise<T>, path = ""): Promise<T> {
  await build();
  const { server, url } = await serve(at("dist"), { port: 0 });
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      ...config.use?.launchOptions,
      channel: "chromium",
      executablePath: await findBrowser(),
    });
    const page = await browser.newPage({ viewport: { width: 1680, height: 1050 } });
    await page.goto(new URL(path, url).href);
    return await body(page, url);
  } finally {
    await browser?.close();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}
