import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";

test("going back and doing something else makes a branch, and nothing is lost", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await lab.type("reset");
  await expect(page.getByTestId("lines")).toContainText("2 lines");
  await lab.back();
  await lab.type("unplug d1");
  await expect(page.getByTestId("lines")).toContainText("3 lines");
  await page.getByTestId("lines").click();
  await page.getByRole("menuitem", { name: /^plug d0 v0/ }).click();
  await lab.idle();
  await expect(page.getByTestId("where")).toHaveText("step 6 of 6");
  await expect(lab.step).toContainText("expect");
});

test("doing the same again finds the step that is there", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.type("reset");
  await lab.back();
  await lab.type("reset");
  await expect(lab.page.getByTestId("lines")).toContainText("2 lines");
});

test("the strip is walked with the arrow keys", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.step.focus();
  await lab.press("Home");
  await expect(lab.step).toHaveText("start");
  await expect(lab.step).toBeFocused();
  await lab.press("ArrowRight");
  await expect(lab.step).toContainText("plug d0 v0");
  await lab.press("End");
  await expect(lab.page.getByTestId("where")).toHaveText("step 6 of 6");
});

test("a line of the call diagram tells the rule that decided", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  const calls = page.getByTestId("calls");
  await calls.focus();
  const why = page.getByTestId("calls-why");
  for (let line = 0; line < 60; line++) {
    await calls.press("ArrowDown");
    if (/Q-SET/.test(await why.innerText())) break;
  }
  await expect(why).toContainText("Q-SET");
  await expect(why).toContainText("smmuv3-accel.c");
});

test("the ioctls are there with their ids, and the diff with fields before and after", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await page.keyboard.press("i");
  const ioctls = page.getByTestId("ioctls");
  await expect(ioctls).toContainText("VFIO_DEVICE_BIND_IOMMUFD");
  await expect(ioctls).toContainText("id=7");
  await page.keyboard.press("x");
  const row = page.getByTestId("diff").getByRole("row").filter({ hasText: "phase" });
  await expect(row).toContainText("absent");
  await expect(row).toContainText("realized");
});

test("a guest sequence is shown part by part, and parts unfold", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.type("guest v0 probe");
  const calls = lab.page.getByTestId("calls");
  const parts = calls.locator('[data-row="part"]');
  await expect(parts.first()).toBeVisible();
  await expect(calls.locator('[data-row="call"]')).toHaveCount(0);
  await parts.filter({ hasText: "W CR0=0x0" }).click();
  await expect(calls.locator('[data-row="call"]').first()).toBeVisible();
});

test("editing the script plays it; a wrong line is marked and nothing is played", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await page.keyboard.press("s");
  const editor = page.getByRole("textbox", { name: "Script of this line" });
  await editor.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("unplug d1\n");
  await expect(lab.step).toContainText("unplug d1");
  await page.keyboard.press("Control+End");
  await page.keyboard.type("unplgu d0\n");
  const problems = page.getByTestId("script-problems");
  await expect(problems).toContainText('unknown verb "unplgu"');
  await expect(problems).toContainText('did you mean "unplug"?');
  await expect(lab.step).toContainText("unplug d1");
});

test("play walks to the end and stops", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.page.getByRole("button", { name: "Play", exact: true }).click();
  await expect(lab.page.getByTestId("where")).toHaveText("step 6 of 6", { timeout: 10_000 });
  await expect(lab.page.getByRole("button", { name: "Play", exact: true })).toBeVisible();
});
