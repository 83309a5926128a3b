import { Lab } from "./lab.ts";
import { expect, test } from "./support/app.ts";
import { expectAccessible } from "./support/axe.ts";

test("a register is edited by its switches and written; QEMU's value and the architecture's agree", async ({
  app,
}) => {
  const lab = await Lab.open(app, "#v=1&select=vsmmu.0");
  const registers = lab.inspector.getByTestId("registers");
  await registers.getByRole("button", { name: /^CR0 / }).click();
  await registers.getByRole("switch", { name: "CMDQEN" }).check();
  await expect(registers.getByRole("textbox", { name: "CR0 as hex" })).toHaveValue("0x00000008");
  await registers.getByRole("button", { name: "Write" }).click();
  await lab.idle();
  await expect(lab.step).toContainText("write v0 CR0 0x8");
  await expect(registers.getByRole("button", { name: /^CR0ACK / })).toContainText("0x00000008");
});

test("bad hex is refused in place, with the reason, and nothing can be written", async ({ app }) => {
  const lab = await Lab.open(app, "#v=1&select=vsmmu.0");
  const registers = lab.inspector.getByTestId("registers");
  await registers.getByRole("button", { name: /^GBPA / }).click();
  const hex = registers.getByRole("textbox", { name: "GBPA as hex" });
  await hex.fill("0xzz");
  await expect(registers.getByRole("alert")).toHaveText("“0xzz” is no number: decimal, 0x… or 0b…");
  await hex.fill("0x1_0000_0000");
  await expect(registers.getByRole("alert")).toHaveText("0x1_0000_0000 needs more than 32 bits");
  await hex.fill("0x80100000");
  await expect(registers.getByRole("alert")).toBeHidden();
});

test("an STE is edited bit by bit; architecture, QEMU and host say what they make of it", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.type("ste v0 0x108 bypass");
  await app.page.evaluate(() => {
    location.hash = "#v=1&select=ste.0.108";
  });
  const opinions = lab.inspector.getByTestId("ste-opinions");
  await expect(opinions).toContainText("takes it as bypass");
  await lab.inspector.getByRole("button", { name: "Bits", exact: true }).click();
  await lab.inspector.getByRole("switch", { name: "q0 bit 52, S1ContextPtr" }).click();
  await expect(opinions).toContainText("EIO");
  await lab.inspector.getByRole("switch", { name: "q0 bit 52, S1ContextPtr" }).click();
  await lab.inspector.getByRole("switch", { name: "q0 bit 3, Config" }).click();
  await expect(opinions).toContainText("takes it as abort");
  await lab.inspector.getByRole("button", { name: "Store", exact: true }).click();
  await lab.idle();
  await expect(lab.step).toContainText("ste v0 0x108 q0=0x1");
});

test("the DMA probe shows both ways hop by hop and where they part", async ({ app }) => {
  const lab = await Lab.open(app);
  const hops = lab.inspector.getByTestId("hops");
  await expect(hops.getByRole("row", { name: /^GBPA/ })).toContainText("ABORT=1");
  await expect(hops.getByRole("row", { name: /^so/ })).toContainText("abort");
  await expect(hops.getByRole("row", { name: /^so/ })).toContainText("pass-s2");
  await expect(hops.locator("[data-parts]")).toHaveCount(1);
});

test("references lead from object to object, and back", async ({ app }) => {
  const lab = await Lab.open(app, "#v=1&select=object.0.3");
  const title = lab.inspector.getByRole("heading", { level: 2 });
  await expect(title).toContainText("HWPT_PAGING 3");
  await lab.inspector.getByRole("button", { name: "v0.viommu (VIOMMU 4)" }).click();
  await expect(title).toContainText("VIOMMU 4");
  await lab.inspector.getByRole("button", { name: "Back to what was selected before" }).click();
  await expect(title).toContainText("HWPT_PAGING 3");
});

test("a write may leave its handshake open; both answers are legal until it is completed", async ({
  app,
}) => {
  const lab = await Lab.open(app);
  await lab.fresh();
  await lab.type("plug d0 v0");
  await app.page.evaluate(() => {
    location.hash = "#v=1&select=vsmmu.0";
  });
  const registers = lab.inspector.getByTestId("registers");
  await registers.getByRole("button", { name: /^GBPA / }).click();
  await registers.getByRole("switch", { name: "ABORT" }).check();
  await registers.getByRole("switch", { name: "Update" }).check();
  await registers.getByRole("checkbox", { name: "leave the handshake open" }).check();
  await registers.getByRole("button", { name: "Write" }).click();
  await lab.idle();
  await expect(lab.step).toContainText("write v0 GBPA 0x80100000 wait=off");
  await expect(lab.inspector).toContainText("A handshake is open");
  await lab.inspector.getByRole("button", { name: "Complete it" }).click();
  await lab.idle();
  await expect(lab.inspector).not.toContainText("A handshake is open");
});

test("the probe asks about ATS and lists every legal answer", async ({ app }) => {
  const lab = await Lab.open(app);
  await lab.fresh();
  for (const line of [
    "plug d0 v0",
    "ste v0 0x100 abort",
    "cr0 v0 +smmuen",
    "cfgi v0 0x100",
    "ste v0 0x100 bypass",
  ])
    await lab.type(line);
  await app.page.evaluate(() => {
    location.hash = "#v=1&select=device.0";
  });
  const answer = lab.inspector.getByTestId("hops").getByRole("row", { name: /^so/ });
  await expect(answer).toContainText("pass-bypass → 0x1000");
  await expect(answer).toContainText("or still abort");
  await lab.inspector.getByRole("button", { name: "ATS request" }).click();
  await expect(answer).toContainText("ats-ur, F_BAD_ATS_TREQ");
  await lab.inspector.getByRole("button", { name: "Play this DMA" }).click();
  await lab.idle();
  await expect(lab.step).toContainText("dma d0 iova=0x1000 ats=request");
});

/** A device whose faults and STE leave something in every list, and an open handshake. */
const BUSY = [
  "plug d0 v0",
  "ste v0 0x100 translate",
  "cr0 v0 +smmuen +eventqen",
  "cfgi v0 0x100",
  "dma d0 iova=0x200000000",
  "ste v0 0x100 invalid",
  "write v0 IRQ_CTRL 0x5 wait=off",
  "dma d0",
];
const INSPECTOR = "[data-testid=inspector]";

async function busy(app: Parameters<typeof Lab.open>[0], hash: string): Promise<Lab> {
  test.setTimeout(120_000);
  const lab = await Lab.open(app);
  await lab.fresh();
  for (const line of BUSY) await lab.type(line);
  await app.page.evaluate((to) => {
    location.hash = `#v=1&select=${to}`;
  }, hash);
  return lab;
}

test("axe finds nothing against registers, a refused number and queues", async ({ app }) => {
  const lab = await busy(app, "vsmmu.0");
  await lab.inspector
    .getByTestId("registers")
    .getByRole("button", { name: /^GBPA / })
    .click();
  await lab.inspector.getByRole("textbox", { name: "GBPA as hex" }).fill("0xzz");
  await expectAccessible(app.page, "a vSMMU's registers and queues", INSPECTOR);
});

test("axe finds nothing against an STE by fields", async ({ app }) => {
  await busy(app, "ste.0.100");
  await expectAccessible(app.page, "an STE by fields", INSPECTOR);
});

test("axe finds nothing against an STE by bits", async ({ app }) => {
  const lab = await busy(app, "ste.0.100");
  await lab.inspector.getByRole("button", { name: "Bits", exact: true }).click();
  await lab.inspector.getByRole("switch", { name: "q1 bit 27, S1STALLD" }).hover();
  await expect(lab.inspector.getByRole("status")).toContainText("the architecture ignores it in this STE");
  await expectAccessible(app.page, "an STE by bits", INSPECTOR);
});

test("axe finds nothing against the DMA probe", async ({ app }) => {
  await busy(app, "device.0");
  await expectAccessible(app.page, "a device's DMA probe", INSPECTOR);
});

test("event queues are lists: what the guest will read, and what the architecture has instead", async ({
  app,
}) => {
  const lab = await Lab.open(app);
  await lab.fresh();
  for (const line of [
    "plug d0 v0",
    "ste v0 0x100 translate",
    "map v0 0x100 iova=0x1000 gpa=0x40000000",
    "cr0 v0 +smmuen +eventqen",
    "cfgi v0 0x100",
    "dma d0 iova=0x9000",
    "ste v0 0x100 invalid",
    "cfgi v0 0x100",
    "dma d0 iova=0x9000",
  ])
    await lab.type(line);
  await app.page.evaluate(() => {
    location.hash = "#v=1&select=vsmmu.0";
  });
  await expect(lab.inspector.getByTestId("eventq").getByRole("listitem")).toHaveText([
    /F_TRANSLATION SID 0x100, read of 0x9000, class IN/,
  ]);
  await expect(lab.inspector.getByTestId("eventq-promised").getByRole("listitem")).toHaveText([
    /F_TRANSLATION/,
    /C_BAD_STE SID 0x100/,
  ]);
});
