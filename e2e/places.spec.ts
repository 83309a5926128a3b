import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";
import { expectAccessible } from "./support/axe.ts";

const SELECTIONS: readonly (readonly [string, string])[] = [
  ["a device", "device.1"],
  ["a vSMMU", "vsmmu.0"],
  ["QEMU's accel state", "accel.0"],
  ["QEMU's accel device", "accel-device.1"],
  ["an S2 HWPT", "object.0.3"],
  ["a vIOMMU", "object.0.4"],
  ["a nested HWPT", "object.0.5"],
  ["a physical SMMU", "psmmu.0"],
  ["a physical STE", "pste.1"],
  ["a guest STE", "ste.0.108"],
];

test("every view of the inspector passes axe in both themes", async ({ app }) => {
  test.setTimeout(180_000);
  const lab = await Lab.open(app);
  await lab.type("ste v0 0x108 translate");
  for (const [what, key] of SELECTIONS) {
    await app.page.evaluate((select) => {
      location.hash = `#v=1&select=${select}`;
    }, key);
    await expect(app.page).toHaveURL(new RegExp(`select=${key}`));
    await expect(lab.inspector.getByTestId("section-modelled-on")).toBeVisible();
    await expectAccessible(app.page, `the inspector on ${what}`, "[data-testid=inspector]");
  }
});

test("every tab of the timeline passes axe in both themes", async ({ app }) => {
  test.setTimeout(120_000);
  const lab = await Lab.open(app);
  for (const [name, id] of [
    ["Calls", "calls"],
    ["Ioctls", "ioctls"],
    ["Diff", "diff"],
    ["Script", "script-editor"],
  ] as const) {
    await lab.tab(name).click();
    await expect(app.page.getByTestId(id)).toBeVisible();
    await expectAccessible(app.page, `the ${name} tab`, "[data-testid=timeline]");
  }
});

test("palette, help, menus and pickers pass axe in both themes", async ({ app }) => {
  test.setTimeout(120_000);
  const lab = await Lab.open(app);
  const { page } = lab;
  await page.keyboard.press("Control+k");
  await expect(page.getByTestId("palette-list")).toBeVisible();
  await expectAccessible(page, "the palette", "[role=dialog]");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+?");
  await expect(page.getByTestId("help")).toBeVisible();
  await expectAccessible(page, "the help", "[role=dialog]");
  await page.keyboard.press("Escape");
  await page.getByTestId("ste-d1").click();
  await expect(page.getByRole("menu")).toBeVisible();
  await expectAccessible(page, "a menu", "[role=menu]");
  await page.keyboard.press("Escape");
  for (const picker of ["kernel-picker", "qemu-picker", "repairs-picker", "scenario-picker"]) {
    await page.getByTestId(picker).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await expectAccessible(page, picker, "[role=dialog]");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
  }
  await lab.type("gpba v0 abort");
  await expectAccessible(page, "the console with a refused line", "[data-testid=console]");
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("one place at a time, chosen at the bottom; nothing is wider than the screen", async ({ app }) => {
    test.setTimeout(120_000);
    const lab = await Lab.open(app);
    const { page } = lab;
    await expect(page.getByTestId("welcome")).toBeVisible();
    for (const place of ["Controls", "Inspector", "Timeline", "Graph"]) {
      await lab.tab(place).click();
      await expect(page.getByRole("tabpanel", { name: place })).toBeVisible();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect(wide, `${place} fits the width`).toBe(false);
      await expectAccessible(page, `${place} on a phone`);
    }
    await lab.tab("Controls").click();
    await page.getByTestId("dma-d1").click();
    await lab.idle();
    await lab.tab("Timeline").click();
    await expect(lab.step).toContainText("dma d1");
  });
});

test("panes are resized with the keyboard, and keep their size", async ({ app }) => {
  const lab = await Lab.open(app);
  const { page } = lab;
  const width = async () => (await page.getByTestId("controls").boundingBox())?.width ?? 0;
  const before = await width();
  const grip = page.getByRole("separator", { name: "Width of the controls" });
  await grip.focus();
  await grip.press("ArrowRight");
  await expect.poll(width).toBe(before + 16);
  await page.reload();
  await lab.idle();
  await expect.poll(width).toBe(before + 16);
});
