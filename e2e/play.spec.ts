import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";

test("by mouse: plug, GBPA.ABORT, plug a second device, and the divergence is seen", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.fresh();
  const { page } = lab;
  const plug = async (device: string, item: string) => {
    await page.getByTestId(`plug-${device}`).click();
    await page.getByTestId(item).click();
    await lab.idle();
  };
  await plug("d0", "menu-plug-d0-v0");
  await expect(lab.device("d0")).toContainText("bypass");
  await page.getByRole("group", { name: "GBPA.ABORT" }).getByRole("button", { name: "abort" }).click();
  await lab.idle();
  await expect(lab.device("d0")).toContainText("abort");
  await plug("d1", "menu-plug-d1-v0-hot");
  await expect(lab.device("d1")).toContainText("S2 direct");
  await expect(lab.device("d1")).toContainText("D1");

  await lab.device("d1").getByRole("button", { name: "d1 v0 01:01.0" }).click();
  await expect(lab.inspector.getByTestId("must")).toContainText("abort");
  await expect(lab.inspector.getByTestId("does")).toContainText("passes, S2 only");
});

test("by keyboard alone: the same, from the palette", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await page.keyboard.press("Shift+{");
  await expect(lab.step).toHaveText("start");
  for (const line of ["plug d0 v0", "gbpa v0 abort", "plug d1 v0 hot"]) {
    await page.keyboard.press("Control+k");
    const input = page.getByPlaceholder("A command, or a script line: gbpa v0 abort");
    await expect(input).toBeFocused();
    await page.keyboard.type(line);
    await expect(page.getByText("would succeed")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(lab.step).toContainText(line);
  }
  await expect(lab.device("d1")).toContainText("D1");
});

test("a control says what it would do before it is pressed", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await page.getByTestId("act-reset").hover();
  const hint = page.getByTestId("hint");
  await expect(hint).toContainText("would succeed");
  await expect(hint).toContainText("d1: S2 HWPT 3 → bypass HWPT 6");
  await expect(hint).toContainText("no longer diverges (D1)");
  await expect(lab.step).toContainText("plug d1 v0 hot");
  await page.keyboard.press("Escape");
  await expect(hint).toBeHidden();
});

test("the keyboard gets the same preview, tied to the control", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await page.getByTestId("act-reset").focus();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  await expect(page.getByTestId("hint")).toContainText("would succeed");
  await expect(page.getByTestId("act-reset")).toHaveAttribute("aria-describedby", "hint-card");
});

test("what makes no sense now is barred, with the reason; pressing it changes nothing", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  await lab.fresh();
  await page.getByTestId("plug-d0").click();
  await page.getByTestId("menu-plug-d0-v0").click();
  await lab.idle();
  const finalize = page.getByRole("button", { name: "More for d0" });
  await finalize.click();
  const item = page.getByTestId("menu-finalize-d0");
  await expect(item).toHaveAttribute("aria-disabled", "true");
  await expect(item).toContainText(/\w/);
});

test("an illegal line is a result with its reason, and changes nothing", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.type("plug d1 v0");
  await expect(lab.page.getByTestId("console-outcome")).toContainText("not possible now");
  await lab.tab("Diff").click();
  await expect(lab.page.getByText("This step changed nothing")).toBeVisible();
});

test("a raw host call from the inspector shows its errno beforehand and gives it", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.type("read v0 GBPA");
  await app.page.evaluate(() => {
    location.hash = "#v=1&select=object.0.5";
  });
  await expect(lab.inspector.getByRole("heading", { level: 2 })).toContainText("HWPT_NESTED 5");
  await expect(lab.inspector.getByTestId("users")).toContainText("attached device: d0.device (DEVICE 1)");
  await expect(lab.inspector.getByTestId("would-fail")).toContainText("EBUSY");
  await lab.inspector.getByTestId("raw-calls").click();
  const destroy = lab.page.getByTestId("menu-destroy-v0.abort");
  await expect(destroy).toContainText("EBUSY");
  await destroy.click();
  await lab.idle();
  await expect(lab.step).toContainText("destroy v0.abort");
  await expect(lab.page.getByTestId("console-outcome")).toContainText("EBUSY");
});

test("another kernel plays the same steps: before 6.19 the first plug fails", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.page.getByTestId("kernel-picker").click();
  await lab.page.getByLabel("6.17", { exact: false }).first().check();
  await lab.idle();
  await expect(lab.page.getByTestId("kernel-picker")).toContainText("6.17");
  await lab.page.keyboard.press("Escape");
  await expect(lab.device("d0")).toContainText("not bound");
});

test("the what-if repair of D1 takes the divergence away", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.page.getByTestId("repairs-picker").click();
  await lab.page.getByLabel("D1 · set-attaches").check();
  await lab.idle();
  await expect(lab.page.getByTestId("repairs-picker")).toContainText("1 of 7");
  await expect(lab.device("d1")).not.toContainText("D1");
  await expect(lab.device("d1")).toContainText("abort");
});
