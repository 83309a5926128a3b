// The other builds: one file from disk, and static hosting under any path with offline use.
import { readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { buildAs, SINGLE, SINGLE_LIMIT } from "../scripts/lib/build.mjs";
import { at } from "../scripts/lib/paths.mjs";

test.describe.configure({ timeout: 180_000 });

test("the single file holds everything and runs from disk", async ({ page }) => {
  await buildAs("single");
  const path = at(SINGLE);
  expect(statSync(path).size).toBeLessThanOrEqual(SINGLE_LIMIT);
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    if (!/^(file:\/\/.*\/vsmmu-lab\.html|data:|blob:)/.test(request.url())) problems.push(request.url());
  });
  await page.goto(`file://${path}#lab1:plug+d0+v0;machine-start;gbpa+v0+abort&end`);
  await expect(page.getByTestId("notice-opened")).toContainText("is open");
  await expect(page.locator('[aria-current="step"]').first()).toContainText("gbpa v0 abort");
  await page.getByTestId("open-compare").click();
  await expect(page.getByTestId("compare").getByTestId("graph")).toHaveCount(2);
  await page.getByRole("button", { name: "Back to the lab" }).click();
  await page.getByTestId("open-reviews").click();
  await page.getByTestId("review-divergences").click();
  await expect(page.getByTestId("review-tally")).toContainText("held");
  await page.getByRole("button", { name: "Back to the lab" }).click();
  await page.getByTestId("open-learn").click();
  await page.getByTestId("start").click();
  await expect(page.getByTestId("lesson").getByTestId("graph")).toBeVisible();
  await page.getByTestId("learn-home").click();
  await page.getByRole("button", { name: "Back to the lab" }).click();
  // A worker, and a recording that is a file of its own elsewhere.
  await page.getByTestId("open-replay").click();
  await page.getByTestId("recording-boot-dma").click();
  await expect(page.getByText("Log and model agree in all")).toBeVisible({ timeout: 60_000 });
  expect(problems).toEqual([]);
});

/** `dist-pwa` below a folder, as a project page of a forge would have it. */
function host(prefix: string): Promise<{ server: Server; url: string }> {
  const types: Record<string, string> = {
    html: "text/html",
    js: "text/javascript",
    css: "text/css",
    svg: "image/svg+xml",
    webmanifest: "application/manifest+json",
    woff2: "font/woff2",
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? "").replace(/[?#].*$/, "");
    const name = path === prefix ? "index.html" : path.slice(prefix.length);
    try {
      if (!path.startsWith(prefix) || name.includes("..")) throw new Error("outside");
      const body = readFileSync(join(at("dist-pwa"), name));
      response
        .writeHead(200, { "Content-Type": types[name.split(".").at(-1) ?? ""] ?? "text/plain" })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve({ server, url: `http://127.0.0.1:${port}${prefix}` });
    });
  });
}

test("the PWA build runs below any path, and without the server once it was visited", async ({
  page,
  context,
}) => {
  await buildAs("pwa");
  const { server, url } = await host("/some/folder/");
  await page.goto(url);
  await expect(page.getByTestId("scenario-picker")).toBeVisible();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByTestId("scenario-picker")).toBeVisible();
  // What is loaded on demand was kept as well.
  await page.getByTestId("open-reviews").click();
  await page.getByTestId("review-v4-08-27").click();
  await expect(page.getByTestId("review-tally")).toHaveText("11 steps, 11 held");
});
