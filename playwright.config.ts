import { defineConfig, devices } from "@playwright/test";

// `npm run test:e2e` finds the browser and a free port and passes both; on its own, `npx playwright test` takes
// Playwright's own browser and the port below.
const port = process.env.E2E_PORT ?? "4273";
const executablePath = process.env.CHROME_PATH;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  workers: 2,
  timeout: 30_000,
  reporter: "list",
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      // The page needs no network; neither does the browser around it.
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
      ...(executablePath === undefined ? {} : { executablePath }),
    },
  },
  projects: [
    {
      name: "desktop",
      use: { ...devices["Desktop Chrome"], viewport: { width: 1280, height: 800 }, channel: "chromium" },
    },
  ],
  webServer: {
    command: `node scripts/run.mjs serve --strict --port ${port}`,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
  },
});
