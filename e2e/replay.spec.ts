// Replay as its reader uses it: a recording, a file of one's own, the log beside the timeline, and files that are none.
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Locator, Page } from "@playwright/test";
import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";
import { expectAccessible } from "./support/axe.ts";

const recording = (name: string): Buffer =>
  readFileSync(new URL(`../content/recordings/${name}`, import.meta.url));
const textOf = (name: string): string => gunzipSync(recording(name)).toString("latin1");

// A log is read, played and compared in each of them.
test.slow();

interface FileOf {
  readonly name: string;
  readonly buffer: Buffer;
}

const file = (name: string, content: Buffer | string): FileOf => ({
  name,
  buffer: Buffer.from(content as string),
});

class Replay {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async choose(...files: readonly FileOf[]): Promise<void> {
    await this.page
      .getByTestId("replay-input")
      .setInputFiles(files.map((one) => ({ ...one, mimeType: "application/octet-stream" })));
  }

  get place(): Locator {
    return this.page.getByTestId("replay");
  }
  get log(): Locator {
    return this.page.getByTestId("log");
  }

  /** The log is read and its session is on the table. */
  async opened(): Promise<void> {
    await expect(this.log).toBeVisible({ timeout: 20_000 });
  }

  get steps(): Locator {
    return this.page.getByTestId("log-steps");
  }
  get lines(): Locator {
    return this.page.getByTestId("log-lines");
  }
  get failed(): Locator {
    return this.page.getByTestId("replay-failed");
  }
  get notice(): Locator {
    return this.page.getByTestId("notice-opened");
  }

  /** The step on the table, in the log's own list. */
  get current(): Locator {
    return this.steps.getByRole("option", { selected: true });
  }
}

async function openPlace(app: Parameters<typeof Lab.open>[0]): Promise<Replay> {
  const lab = await Lab.open(app, "#v=1&page=replay");
  const replay = new Replay(lab.page);
  await expect(replay.place).toBeVisible();
  return replay;
}

/** The place again, after a replay has put its session on the table. */
async function back(replay: Replay): Promise<void> {
  // A run that is still being played opens the lab once more when it is done.
  await expect(async () => {
    await replay.page.goto("#v=1&page=replay");
    await expect(replay.place).toBeVisible({ timeout: 1000 });
  }).toPass();
}

test("a shipped recording becomes the session, its log beside it; one's own session comes back", async ({
  app,
}) => {
  const replay = await openPlace(app);
  await expectAccessible(app.page, "the Replay place");
  await app.page.getByTestId("recording-accel-cold-gbpa-unplug").click();
  await replay.opened();
  await expect(replay.notice).toContainText("Log and model agree", { timeout: 20_000 });
  const lab = new Lab(app.page);
  await expect(lab.step).toContainText("plug d0 v0");
  await expect(replay.current).toHaveText(/plug 0000:01:00\.0 behind v0/);
  // The log's own lines stand beside it, those of the step marked.
  await expect(replay.lines.getByRole("option", { selected: true }).first()).toContainText("vfio_mdev");

  // A step chosen in the list is the timeline's step, and the lines follow.
  await replay.steps.getByText("GBPA = 0x80100000").first().click();
  await expect(lab.step).toContainText("write v0 GBPA 0x80100000");
  await expect(lab.device("d0")).toContainText("abort");
  await expect(replay.lines.getByRole("option", { selected: true }).last()).toContainText("val:0x80100000");
  await expectAccessible(app.page, "the log beside the timeline", "[data-testid=log]");

  await replay.notice.getByRole("button", { name: "Back to mine" }).click();
  await expect(replay.log).toHaveCount(0);
  await app.page.getByRole("button", { name: "Back to the log's session" }).click();
  await expect(lab.step).toContainText("plug d0 v0");
});

test("files dropped on the page: log, notes and the host's log, all compared", async ({ app }) => {
  const replay = new Replay((await Lab.open(app)).page);
  const name = "accel-ste-commands";
  const files = [`${name}.log.gz`, `${name}.steps.txt`, `${name}.host-smmu.log.gz`];
  await app.page.evaluate(
    (all) => {
      const data = new DataTransfer();
      for (const { name: called, base64 } of all)
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], called));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    files.map((one) => ({ name: one, base64: recording(one).toString("base64") })),
  );
  await replay.opened();
  await replay.page.getByRole("button", { name: "Console and notes" }).click();
  await expect(replay.page.getByTestId("log-remarks")).toContainText("DMA");
  await back(replay);
  const table = replay.page.getByTestId("replay-agreements");
  await expect(table.getByRole("row", { name: /^DMA measured/ })).toContainText("36");
  await expect(table.getByRole("row", { name: /^host STE/ })).toContainText("38");
  await expect(table.getByRole("row", { name: /^host command/ })).toContainText("193");
  await expect(replay.page.getByTestId("replay-verdict")).toHaveAttribute("data-agrees", "true");
  await expectAccessible(app.page, "the report of a replay");
});

test("runs of one kind are folded; filters, lines and the keyboard find what is in them", async ({ app }) => {
  const replay = await openPlace(app);
  await app.page.getByTestId("recording-boot-dma").click();
  await replay.opened();
  const count = app.page.getByTestId("log-count");
  await expect(count).toHaveText("575 steps of 7,591 lines");

  await app.page.getByLabel("Steps with an event").selectOption("smmuv3_cmdq_cfgi_ste");
  await expect(count).toHaveText("8 of 575 steps");
  await app.page.getByLabel("Steps of a StreamID").selectOption({ label: "0x18" });
  await expect(count).toHaveText("2 of 575 steps");
  await expect(replay.steps.getByRole("option")).toHaveCount(2);
  await app.page.getByRole("button", { name: "Show all" }).click();
  await app.page.getByLabel("Steps with these words").fill("tlbi_nh_va");
  await expect(count).toHaveText("534 of 575 steps");
  const fold = replay.steps.getByText("534 × TLBI_NH_VA");
  await expect(fold).toBeVisible();
  await app.page.getByRole("button", { name: "Show all" }).click();

  // A line by its number: its step goes on the table, the line comes into view.
  await app.page.getByTestId("log-jump").fill("7000");
  await app.page.getByTestId("log-jump").press("Enter");
  await expect(replay.lines.getByText("7000", { exact: true })).toBeInViewport();
  await expect(new Lab(app.page).step).toContainText("tlbi-nh-va");

  // By keyboard alone: to the list, down a step, into a fold and out of it.
  await replay.steps.focus();
  await app.page.keyboard.press("Home");
  await expect(replay.current).toHaveText(/machine start/);
  await app.page.keyboard.press("ArrowDown");
  await expect(replay.current).toHaveText(/CR0 = 0x0/);
  await replay.lines.focus();
  await app.page.keyboard.press("End");
  await app.page.keyboard.press("Enter");
  await expect(replay.lines.getByText("7591", { exact: true })).toBeInViewport();
});

test("scrolling one list by hand takes the other along", async ({ app }) => {
  const replay = await openPlace(app);
  await app.page.getByTestId("recording-accel-ste-commands").click();
  await replay.opened();
  await replay.lines.hover();
  await app.page.mouse.wheel(0, 22 * 600);
  await expect(replay.lines.getByText("600", { exact: true })).toBeVisible();
  const shown = replay.steps.getByRole("option").first();
  await expect(shown).not.toHaveAttribute("aria-posinset", "1");
});

test("a log that says something else: every difference with its line, value and rule", async ({ app }) => {
  const replay = await openPlace(app);
  const text = textOf("accel-cold-gbpa-unplug.log.gz");
  const other = text.replace("(31) pasid 0 to id=5", "(31) pasid 0 to id=6");
  expect(other).not.toBe(text);
  await replay.choose(file("mine.log", other));
  await expect(replay.notice).toContainText("The model disagrees with 1 line", { timeout: 20_000 });
  await back(replay);
  const differences = app.page.getByTestId("replay-differences");
  await expect(differences.getByRole("listitem")).toHaveCount(1);
  await expect(differences).toContainText("attach: the log has");
  await expect(differences).toContainText("id=0x6");
  await expectAccessible(app.page, "a report with differences");
  await differences.getByRole("button").first().click();
  await expect(new Lab(app.page).step).toContainText("write v0 GBPA 0x80100000");
  await expect(replay.steps.getByText("differs").first()).toBeVisible();
  await app.page.getByRole("button", { name: "1 differ" }).click();
  await expect(app.page.getByTestId("log-count")).toContainText("1 of 13 steps");
});

test("several runs in one file, and lines that are no events", async ({ app }) => {
  const replay = await openPlace(app);
  const text = textOf("accel-cold-gbpa-unplug.log.gz");
  await replay.choose(file("two.log", `${text}qemu-system-aarch64: <b>terminating</b>\r\n${text}`));
  await replay.opened();
  await app.page.getByLabel("Run").selectOption("1");
  await expect(app.page.getByLabel("Run")).toHaveValue("1");
  await replay.opened();
  await back(replay);
  await expect(replay.place).toContainText("1 that are no events");
  await app.page.getByText("Lines that were passed over").click();
  await expect(replay.place).toContainText("<b>terminating</b>");
});

test("reading a large log can be followed, and cancelled", async ({ app }) => {
  const replay = await openPlace(app);
  const one = recording("boot-dma.log.gz");
  const large = Buffer.concat(new Array<Buffer>(400).fill(one));
  await replay.choose(file("large.log.gz", large));
  const work = app.page.getByTestId("replay-work");
  await expect(work).toContainText("large.log.gz");
  await expect(work).toContainText(/[1-9][\d,]* lines, [1-9][\d,]* a second/);
  await work.getByRole("button", { name: "Cancel" }).click();
  await expect(work).toHaveCount(0);
  await expect(app.page.getByTestId("replay-drop")).toBeVisible();
  // The page is as it was: something else can be opened at once.
  await app.page.getByTestId("recording-accel-cold-gbpa-unplug").click();
  await replay.opened();
});

const BAD: readonly (readonly [what: string, content: () => FileOf, message: RegExp])[] = [
  ["an empty file", () => file("empty.log", ""), /empty/],
  ["a text that is no log", () => file("notes.log", "dear diary\n".repeat(50)), /no trace event/],
  ["binary data", () => file("vm.img", Buffer.alloc(20_000, 0)), /binary|not text/],
  [
    "a gzip bomb",
    () => file("bomb.log.gz", gzipSync(Buffer.alloc(200 * 2 ** 20, "A"))),
    /larger|times|bomb|compress/,
  ],
  ["another packer's file", () => file("log.zip", Buffer.from("504b0304140000000800", "hex")), /zip/],
];

for (const [what, content, message] of BAD) {
  test(`${what} is refused in words, and the page goes on`, async ({ app }) => {
    const replay = await openPlace(app);
    await replay.choose(content());
    await expect(replay.failed).toContainText(message, { timeout: 25_000 });
    await expect(app.page.getByTestId("replay-drop")).toBeVisible();
    await app.page.getByTestId("recording-accel-cold-gbpa-unplug").click();
    await replay.opened();
  });
}

test("a line without an end costs no memory and is refused", async ({ app }) => {
  const replay = await openPlace(app);
  // Made in the page: what is dropped here is 200 MB.
  await app.page.getByTestId("replay-drop").evaluate((zone) => {
    const piece = new Uint8Array(2 ** 21).fill(120);
    const data = new DataTransfer();
    data.items.add(new File(new Array<Uint8Array<ArrayBuffer>>(100).fill(piece), "line.log"));
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await expect(replay.failed).toContainText("no trace event", { timeout: 25_000 });
  await expect(app.page.getByTestId("replay-drop")).toBeVisible();
});

test("a cut gzip file replays up to the cut, and says so", async ({ app }) => {
  const replay = await openPlace(app);
  const whole = recording("accel-ste-commands.log.gz");
  await replay.choose(file("cut.log.gz", whole.subarray(0, Math.floor(whole.length * 0.6))));
  await replay.opened();
  await expect(replay.notice).toContainText("Reading ended early");
});

test("markup in a log, in its notes and in its name stays text", async ({ app }) => {
  const replay = await openPlace(app);
  const evil = "<img src=x onerror=alert(1)>";
  const log = textOf("accel-cold-gbpa-unplug.log.gz").replaceAll("0000:01:00.0", evil);
  await replay.choose(
    file(`${evil}.log`, log),
    file("x.console.txt", `1.0 line=3 CONSOLE ${evil}\n1.1 line=4 CONSOLE \u001b[31mred\n`),
  );
  await replay.opened();
  await expect(replay.lines).toContainText(evil);
  await app.page.getByRole("button", { name: "Console and notes" }).click();
  await expect(app.page.getByTestId("log-remarks")).toContainText(evil);
  await back(replay);
  await expect(app.page.getByTestId("replay-report")).toContainText(evil);
  expect(await app.page.locator("img").count()).toBe(0);
});
