// What every browser test shares: the page, opened and watched. A test that uses `app` fails when the page logs an
// error, throws, breaks its own content policy or asks for anything outside its origin.
import { test as base, expect, type Page } from "@playwright/test";

export { expect };

interface App {
  readonly page: Page;
  /** Opens the lab at a path or hash of its own ("", "#…") and waits until something is on the screen. */
  open(path?: string): Promise<void>;
  /** What went wrong in the page so far. A test that provokes an error on purpose takes it out with `expectProblem`. */
  readonly problems: readonly string[];
  /** Requires that a problem matching `pattern` has happened, and forgives it. */
  expectProblem(pattern: RegExp): Promise<void>;
}

export const test = base.extend<{ app: App }>({
  app: async ({ page, context, baseURL }, use) => {
    if (baseURL === undefined) throw new Error("playwright.config.ts gives no baseURL");
    const { origin } = new URL(baseURL);
    const problems: string[] = [];

    await context.route(
      (url) => url.origin !== origin && url.protocol !== "data:" && url.protocol !== "blob:",
      async (route) => {
        problems.push(`request outside the page's origin: ${route.request().url()}`);
        await route.abort();
      },
    );
    page.on("websocket", (socket) => problems.push(`web socket: ${socket.url()}`));
    page.on("pageerror", (error) => problems.push(`uncaught: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        problems.push(`console ${message.type()}: ${message.text()}`);
      }
    });
    page.on("response", (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} for ${response.url()}`);
    });

    await use({
      page,
      problems,
      async open(path = "") {
        await page.goto(path);
        await expect(page.locator("#root > *").first()).toBeVisible();
      },
      async expectProblem(pattern) {
        await expect.poll(() => problems.some((problem) => pattern.test(problem))).toBe(true);
        problems.splice(
          problems.findIndex((problem) => pattern.test(problem)),
          1,
        );
      },
    });

    expect(problems, "the page ran without errors and without foreign requests").toEqual([]);
  },
});
