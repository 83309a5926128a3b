import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";

test("the first visit opens the thread's situation and says what to press first", async ({ app }) => {
  const lab = await Lab.open(app);
  await expect(lab.page.getByTestId("scenario-picker")).toContainText("Second device, GBPA.ABORT=1");
  await expect(lab.step).toContainText("plug d1 v0 hot");
  await expect(lab.page.getByTestId("welcome")).toContainText("d1 was plugged second and escapes");
  await expect(lab.device("d1")).toContainText("S2 direct");
  await expect(lab.device("d1")).toContainText("D1");
  await expect(lab.inspector.getByTestId("must")).toContainText("abort");
  await expect(lab.inspector.getByTestId("does")).toContainText("passes, S2 only");
  await expect(lab.inspector.getByTestId("divergence-D1")).toBeVisible();
});

test("pressing what the first sentence names plays one step, and the sentence goes", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.page.getByTestId("welcome").getByRole("button", { name: "DMA from d1" }).click();
  await lab.idle();
  await expect(lab.step).toContainText("dma d1");
  await expect(lab.page.getByTestId("welcome")).toBeHidden();
  await expect(lab.page.getByTestId("console-outcome")).toContainText("pass-s2");
  await expect(lab.page.getByTestId("live")).toContainText("dma d1");
});

test("what lies ahead of the first view can be stepped through to the repair", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.press("]");
  await expect(lab.step).toContainText("dma d1 iova=0x1000 write");
  await lab.press("]");
  await expect(lab.step).toContainText("gbpa v0 abort");
  await expect(lab.device("d1")).toContainText("abort");
  await expect(lab.device("d1")).not.toContainText("D1");
  await expect(lab.page.getByTestId("live")).toContainText("no longer diverges (D1)");
});
