import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";

test("a wrong line is refused whole, with its column and what was probably meant", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await lab.type("gpba v0 abort");
  const problems = page.getByTestId("console-problems");
  await expect(problems).toContainText('unknown verb "gpba"');
  await expect(problems).toContainText("column 1");
  await expect(lab.step).toContainText("plug d1 v0 hot");
  await problems.getByRole("button", { name: "gbpa" }).click();
  await expect(lab.command).toHaveValue("gbpa v0 abort");
  await lab.command.press("Enter");
  await expect(lab.step).toContainText("gbpa v0 abort");
});

test("all errors of a line are reported at once", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.type("plug d9 v9");
  const problems = lab.page.getByTestId("console-problems");
  await expect(problems).toContainText('unknown device "d9"');
  await expect(problems).toContainText('unknown vsmmu "v9"');
});

test("completion and history, by keyboard", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await page.keyboard.press("/");
  await expect(lab.command).toBeFocused();
  await page.keyboard.type("gbp");
  await expect(page.getByRole("option", { name: /^gbpa/ })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(lab.command).toHaveValue("gbpa ");
  await page.keyboard.type("v");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(lab.command).toHaveValue("gbpa v1 ");
  await page.keyboard.type("abort");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await lab.idle();
  await expect(lab.step).toContainText("gbpa v1 abort");
  await expect(lab.command).toHaveValue("");
  await page.keyboard.press("ArrowUp");
  await expect(lab.command).toHaveValue("gbpa v1 abort");
});
