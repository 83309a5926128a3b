// Sharing, comparing, reviews and pictures, as a reader uses them.
import { readFileSync } from "node:fs";
import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";
import { expectAccessible } from "./support/axe.ts";

test("a link opens the whole session elsewhere: branches, position, view and note", async ({
  app,
  context,
}) => {
  const lab = await Lab.open(app);
  await lab.type("plug d2 v1");
  const steps = lab.page.getByRole("navigation", { name: "Steps of this line" }).getByRole("button");
  const size = await steps.count();
  await lab.page.getByTestId("open-share").click();
  await lab.page.getByRole("textbox", { name: "A note for whoever opens it" }).fill("Look at d2");
  const link = await lab.page.getByTestId("share-link").inputValue();
  expect(link).toContain("#lab1");

  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByTestId("notice-opened")).toContainText("Note: Look at d2");
  await expect(other.locator('[aria-current="step"]').first()).toContainText("plug d2 v1");
  await expect(other.getByRole("navigation", { name: "Steps of this line" }).getByRole("button")).toHaveCount(
    size,
  );
  // What was there before is not lost.
  await other.getByRole("button", { name: "Back to mine" }).click();
  await expect(other.getByTestId("scenario-picker")).toBeVisible();
});

test("a readable link opens; what is in its title stays text", async ({ app }) => {
  await app.open("#lab1:title+%22%3Cimg+src%3Dx+onerror%3Dalert(1)%3E%22;plug+d0+v0;gbpa+v0+abort&end");
  await expect(app.page.getByTestId("notice-opened")).toContainText("is open");
  await expect(app.page.getByTestId("scenario-picker")).toContainText("<img src=x onerror=alert(1)>");
  expect(await app.page.locator("img").count()).toBe(0);
});

for (const [what, link, message] of [
  ["cut short", "#lab1:plug+d0+v0;reset", "cut short"],
  ["changed", "#lab1:plug+d0+v0&end=0000000", "changed on its way"],
  ["from the future", "#lab9z:abc.0000000", "made by a newer lab"],
  ["not the lab's grammar", "#lab1:rm+-rf+x&end", "unknown verb"],
] as const) {
  test(`a link ${what} is refused, and the lab goes on`, async ({ app }) => {
    const lab = await Lab.open(app, link);
    await expect(app.page.getByTestId("notice-opened")).toContainText(message);
    await lab.type("plug d2 v0");
    await expect(lab.step).toContainText("plug d2 v0");
  });
}

test("a heavy link asks before anything is played", async ({ app }) => {
  const steps = "reset;".repeat(2_500).slice(0, -1);
  await app.open(`#lab1:plug+d0+v0;${steps}&end`);
  const notice = app.page.getByTestId("notice-opened");
  await expect(notice).toContainText("2,501 steps on 3 devices");
  await expect(app.page.locator('[aria-current="step"]').first()).not.toContainText("reset");
  await notice.getByRole("button", { name: "Play it" }).click();
  await expect(app.page.getByTestId("notice-opened")).toContainText("is open", { timeout: 20_000 });
});

test("mail, Markdown and step diff are there to copy", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.page.getByTestId("open-share").click();
  const share = lab.page.getByTestId("share");
  await share.getByRole("button", { name: "Mail" }).click();
  const mail = await lab.page.getByTestId("share-text").innerText();
  expect(mail).toContain("Second device, GBPA.ABORT=1");
  expect(mail.split("\n").filter((line) => line.length > 72 && !line.startsWith("http"))).toEqual([]);
  await share.getByRole("button", { name: "Markdown" }).click();
  await expect(lab.page.getByTestId("share-text")).toContainText("flowchart TB");
  await share.getByRole("button", { name: "Step diff" }).click();
  await expect(lab.page.getByTestId("share-text")).toContainText("d1 attached");
  await expectAccessible(lab.page, "the share dialog", "[role=dialog]");
});

for (const kind of ["SVG", "PNG"] as const) {
  test(`a saved ${kind} opens again when it is dropped`, async ({ app }) => {
    const lab = await Lab.open(app);
    await lab.type("plug d2 v1");
    await lab.page.getByTestId("open-share").click();
    await lab.page.getByTestId("share").getByRole("button", { name: "Picture" }).click();
    await expect(lab.page.getByTestId("share-picture")).toBeVisible();
    const saving = lab.page.waitForEvent("download");
    await lab.page.getByRole("button", { name: `Save ${kind}` }).click();
    const path = await (await saving).path();
    await lab.page.keyboard.press("Escape");
    await drop(lab, `picture.${kind.toLowerCase()}`, readFileSync(path));
    await expect(lab.page.getByTestId("notice-opened")).toContainText("is open");
    await expect(lab.step).toContainText("plug d2 v1");
  });
}

/** As if a file was let go over the page. */
async function drop(lab: Lab, name: string, content: Uint8Array): Promise<void> {
  await lab.page.evaluate(
    ([file, base64]) => {
      const bytes = Uint8Array.from(atob(base64 ?? ""), (c) => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], file ?? ""));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    [name, Buffer.from(content).toString("base64")] as const,
  );
}

test("a picture without a session says so; a .lab file opens", async ({ app }) => {
  const lab = await Lab.open(app);
  await drop(lab, "plain.svg", new TextEncoder().encode("<svg/>"));
  await expect(lab.page.getByTestId("notice-opened")).toContainText("carries no session");
  await drop(lab, "script.lab", new TextEncoder().encode("plug d0 v0\nreset\n"));
  await expect(lab.page.getByTestId("notice-opened")).toContainText("“script.lab” is open");
  await expect(lab.step).toContainText("reset");
});

test("compare: two graphs, the first difference marked and explained", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.page.getByTestId("open-compare").click();
  const place = lab.page.getByTestId("compare");
  await expect(place.getByTestId("compare-rules")).toContainText("Q-SET-8");
  await expect(place.getByTestId("compare-rules")).toContainText("set-attach");
  await expect(place.getByTestId("graph")).toHaveCount(2);
  await expect(place.getByTestId("compare-steps").locator('[data-mark="first"]')).toContainText("plug d0 v0");
  // Selecting in one graph selects in the other.
  await place.getByRole("button", { name: "d0 dma" }).click();
  await expect(place.locator('[data-key="col:d0"][data-selected]')).toHaveCount(2);
  await place.getByTestId("side-B").getByLabel("Kernel").selectOption("6.17");
  await expect(place.getByTestId("compare-rules")).toContainText("vdevice");
  await expectAccessible(lab.page, "the comparison");
  await place.getByRole("button", { name: "Back to the lab" }).click();
  await expect(lab.page.getByTestId("scenario-picker")).toBeVisible();
});

test("what changed: a row opens the comparison that shows it", async ({ app }) => {
  const lab = await Lab.open(app, "#v=1&page=compare");
  await lab.page.getByRole("button", { name: "What changed" }).click();
  await lab.page.getByTestId("change-kernel-relaxation").click();
  await expect(lab.page.getByTestId("compare-rules")).toContainText("vdevice");
  await expect(lab.page.getByTestId("compare-steps").locator('[data-mark="first"]')).toContainText("attach");
});

test("a shipped review is judged when opened, walked with the keyboard, and presented", async ({ app }) => {
  const lab = await Lab.open(app, "#v=1&page=reviews");
  await lab.page.getByTestId("review-v4-08-27").click();
  const review = lab.page.getByTestId("review");
  await expect(review.getByTestId("review-tally")).toHaveText("11 steps, 11 held");
  await expectAccessible(lab.page, "a review");
  await lab.page.keyboard.press("End");
  await expect(review.getByRole("heading", { level: 2 })).toHaveText("And one question that nobody asked");
  await lab.page.keyboard.press("n");
  await expect(review.getByTestId("review-notes")).toContainText("Ask the room");
  await review.getByTestId("present").click();
  await expect(review).toHaveAttribute("data-presenting", "true");
  await lab.page.keyboard.press("ArrowLeft");
  await expect(review.getByRole("heading", { level: 2 })).toHaveText("What merged");
  await lab.page.keyboard.press("Escape");
  await expect(review).not.toHaveAttribute("data-presenting", "true");
  await lab.page.keyboard.press("End");
  await review.getByTestId("open-in-lab").click();
  await expect(lab.step).toContainText("plug d1 v0 hot");
});

test("a review is recorded from what is played, and its claims hold", async ({ app }) => {
  const lab = await Lab.open(app, "#v=1&page=reviews");
  await lab.page.getByTestId("record").click();
  const recorder = lab.page.getByTestId("recorder");
  await recorder.getByLabel("Title of the review").fill("Mine");
  await recorder.getByLabel("Heading").fill("The second device escapes");
  await recorder.getByLabel("Prose, in Markdown").fill("It *stays* on the S2.");
  await recorder.getByRole("button", { name: /\+ d1 attached=s2/ }).click();
  await recorder.getByTestId("record-step").click();
  await lab.type("gbpa v0 abort");
  await recorder.getByLabel("Heading").fill("Another write repairs it");
  await recorder.getByLabel("Claim: what must hold here").fill("d1 attached=abort diverges=no");
  await recorder.getByTestId("record-step").click();
  await recorder.getByTestId("record-finish").click();
  const review = lab.page.getByTestId("review");
  await expect(review.getByTestId("review-tally")).toHaveText("2 steps, 2 held");
  await expect(review.locator("em")).toHaveText("stays");
  // It stays in this browser.
  await lab.page.reload();
  await lab.page.goto("#v=1&page=reviews");
  await expect(lab.page.getByTestId("review-own-0")).toContainText("Mine");
});
