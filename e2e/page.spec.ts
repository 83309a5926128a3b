import { expect, test } from "./support/app.ts";
import { expectAccessible } from "./support/axe.ts";

test("the page opens with its own files alone, and without an error", async ({ app }) => {
  await app.open();
  await expect(app.page).toHaveTitle(/vSMMU Lab/);
});

test("the first view has no accessibility violation in either theme", async ({ app }) => {
  test.setTimeout(120_000);
  await app.open();
  await expectAccessible(app.page, "the first view");
});

test("the page is served under a policy that lets nothing out", async ({ page }) => {
  const response = await page.goto("");
  const policy = response?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("connect-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  const outcome = await page.evaluate(() =>
    fetch("http://192.0.2.1/").then(
      () => "sent",
      () => "refused",
    ),
  );
  expect(outcome).toBe("refused");
});

test("the server gives nothing but the build, and only to readers", async ({ request }) => {
  for (const path of [
    "..%2fpackage.json",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "assets",
    "no-such-file",
    "%",
    "a%00b",
  ]) {
    expect((await request.get(path)).status(), path).toBe(404);
  }
  expect((await request.post("")).status()).toBe(405);
  const head = await request.head("");
  expect(head.status()).toBe(200);
  expect(head.headers()["x-content-type-options"]).toBe("nosniff");
});
