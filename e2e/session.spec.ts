import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";

test("a reload keeps the session, its branches, the step and the selection", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await lab.type("reset");
  await lab.type("dma d0 iova=0x2000");
  await lab.back();
  await lab.device("d0").getByRole("button", { name: /^d0 / }).click();
  await lab.tab("Diff").click();
  await expect(page).toHaveURL(/select=device\.0&tab=diff/);
  await page.reload();
  await lab.idle();
  await expect(lab.step).toContainText("reset");
  await expect(page.getByTestId("where")).toHaveText("step 5 of 6");
  await expect(page.getByTestId("lines")).toContainText("2 lines");
  await expect(lab.inspector.getByRole("heading", { level: 2 })).toContainText("d0");
  await expect(lab.tab("Diff")).toHaveAttribute("data-state", "active");
});

test("a damaged session is reported, kept aside, and the lab opens fresh", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await lab.type("reset");
  await page.evaluate(() => {
    // The page saves once more when it goes; what it saved is then damaged before it comes back.
    addEventListener("pagehide", () =>
      localStorage.setItem("vsmmu-lab.session", '{"format":"vsmmu-lab-session","version":1'),
    );
  });
  await page.goto("about:blank");
  await page.goto("");
  await lab.idle();
  const notice = page.getByTestId("notice-damaged-session");
  await expect(notice).toContainText("could not be read");
  await expect(lab.step).toContainText("plug d1 v0 hot");
  const aside = await page.evaluate(() => localStorage.getItem("vsmmu-lab.session.damaged"));
  expect(aside).toBe('{"format":"vsmmu-lab-session","version":1');
  await notice.getByRole("button", { name: "Put away" }).click();
  await expect(notice).toBeHidden();
});

test("an address with parts that fit nothing is reported, and the rest is used", async ({ app }) => {
  const lab = await Lab.open(app, "#v=1&step=99999&select=device.0&tab=ioctls&colour=red");
  await expect(lab.page.getByTestId("notice-address")).toContainText("do not fit");
  await expect(lab.inspector.getByRole("heading", { level: 2 })).toContainText("d0");
  await expect(lab.tab("Ioctls")).toHaveAttribute("data-state", "active");
});

test("a scenario from the picker is another start; starting fresh can be taken back", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await page.getByTestId("scenario-picker").click();
  await page.getByRole("searchbox", { name: "Search scenarios" }).fill("back to s2");
  await page.getByTestId("scenario-claim-6-back-to-s2-at-unset").click();
  await lab.idle();
  await expect(page.getByTestId("scenario-picker")).not.toContainText("Second device");
  await expect(page.getByTestId("lines")).toContainText("2 lines");

  await page.getByTestId("scenario-picker").click();
  await page.getByRole("button", { name: "Start fresh" }).click();
  await lab.idle();
  await expect(page.getByTestId("scenario-picker")).toContainText("Second device");
  await page.getByTestId("notice-fresh").getByRole("button", { name: "Go back to it" }).click();
  await lab.idle();
  await expect(page.getByTestId("lines")).toContainText("2 lines");
});

test("the theme is kept across a reload", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.getByTestId("theme").click();
  await page.getByTestId("menu-theme-dark").click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await lab.idle();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});
