/** The real recordings: every one replays, and log and model agree on every line that states an outcome. */
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync, strFromU8, strToU8 } from "fflate";
import { describe, expect, it, vi } from "vitest";
import type { CheckResult } from "./check/result.ts";
import { parseNotes } from "./meaning/notes.ts";
import { scriptText } from "./meaning/script-text.ts";
import { agrees, checkLines } from "./report.ts";
import { type ReplayOptions, type ReplayResult, replayLog } from "./run.ts";

// A recording is played command by command; the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../content/recordings/${name}`, import.meta.url)));
const textOf = (name: string): string => strFromU8(bytesOf(name));
const logOf = (name: string): string => strFromU8(gunzipSync(bytesOf(`${name}.log.gz`)));

const replay = (bytes: Uint8Array, options: ReplayOptions = {}): Promise<ReplayResult> =>
  replayLog(() => [bytes], options);

function checked(r: ReplayResult): CheckResult {
  expect(r.problem).toBeNull();
  if (r.check === null) throw new Error("not compared");
  return r.check;
}

const agreed = (c: CheckResult): Record<string, number> =>
  Object.fromEntries([...c.tallies].map(([k, t]) => [k, t.agreed]));

describe("emulated recordings", () => {
  // Counts are those of content/recordings/README.md and of `zgrep -c EVENT`.
  it.each([
    ["boot-dma", { DMA: 1308, "register read": 564, "register write": 574 }],
    ["hotplug", { DMA: 1364, "register read": 410, "register write": 425 }],
    ["rebind-faults", { DMA: 831 + 64 + 48, "register read": 393, "register write": 445 }],
    ["two-smmu", { DMA: 22754 + 889, "register read": 122, "register write": 143 }],
  ])("%s: log and model agree, nothing is left out", async (name, counts) => {
    const c = checked(await replay(bytesOf(`${name}.log.gz`)));
    expect(checkLines(c).filter((l) => l.includes("the log has") || l.includes("refuses"))).toEqual([]);
    expect(agreed(c)).toMatchObject(counts);
  });

  it("boot-dma: the kernel's probe comes out as its own sequence of writes and commands", async () => {
    const r = await replay(bytesOf("boot-dma.log.gz"), { scriptOnly: true });
    const run = r.replay.runs[0];
    if (run === undefined) throw new Error("no run");
    expect(run.emulated).toBe(true);
    const { text } = scriptText(run, { comments: false });
    // model/smmuv3.md section 6 and the recording's README.
    expect(text).toContain(
      [
        "write v0 CR0 0x0",
        "write v0 CR1 0xd75",
        "write v0 CR2 0x6",
        "write v0 STRTAB_BASE 0x4000000044d36000",
        "write v0 STRTAB_BASE_CFG 0x10210",
        "write v0 CMDQ_BASE 0x400000007bd00010",
        "write v0 CMDQ_PROD 0x0",
        "write v0 CMDQ_CONS 0x0",
        "write v0 CR0 0x8",
        "cfgi v0 all",
        "cmd v0 tlbi-nsnh-all",
        "write v0 EVENTQ_BASE 0x400000007be0000f",
        "write v0 EVENTQ_PROD 0x0",
        "write v0 EVENTQ_CONS 0x0",
        "write v0 CR0 0xc",
        "write v0 IRQ_CTRL 0x0",
        "write v0 GERROR_IRQ_CFG0 0x0",
        "write v0 EVENTQ_IRQ_CFG0 0x0",
        "write v0 IRQ_CTRL 0x5",
        "write v0 CR0 0xd",
      ].join("\n"),
    );
  });

  it("two-smmu: lines go to the SMMU whose state they fit", async () => {
    const r = await replay(bytesOf("two-smmu.log.gz"), { scriptOnly: true });
    const run = r.replay.runs[0];
    if (run === undefined) throw new Error("no run");
    const { text } = scriptText(run, { comments: false });
    expect(run.header).toContain("vsmmu v1 bus=pcie.1 accel=off");
    expect([...run.busOwners]).toEqual([
      [0, 0],
      [8, 1],
      [9, 1],
      [10, 1],
    ]);
    expect(text).toContain("write v0 STRTAB_BASE 0x4000000041850000");
    expect(text).toContain("write v1 STRTAB_BASE 0x400000004185a000");
    expect(run.assumptions.map((a) => a.text).join()).toContain("do not say which SMMU");
  });
});

describe("accelerated recordings", () => {
  it("accel-cold-gbpa-unplug: plugs, GBPA, unplugs and the plug after them", async () => {
    const r = await replay(bytesOf("accel-cold-gbpa-unplug.log.gz"));
    const c = checked(r);
    expect(agrees(c)).toBe(true);
    expect(agreed(c)).toMatchObject({ attach: 15, "object allocated": 12, "object freed": 5, detach: 2 });
    const run = r.replay.runs[0];
    expect(run === undefined ? "" : scriptText(run, { comments: false }).text).toContain(
      [
        "plug d0 v0 bdf=01:00.0",
        "plug d1 v0 bdf=02:00.0",
        "machine-start",
        "write v0 GBPA 0x100000",
        "write v0 GBPA 0x80100000",
        "write v0 GBPA 0x80100000",
        "write v0 GBPA 0x80000000",
        "unplug d1",
        "unplug d0",
        "write v0 GBPA 0x80100000",
        "write v0 GBPA 0x80000000",
        "plug d0 v0 bdf=01:00.0 hot",
      ].join("\n"),
    );
  });

  it.each(["accel-ste-commands", "accel-linux-guest-hotplug"])(
    "%s: alone, with its notes, and with the host's own log",
    async (name) => {
      const bytes = bytesOf(`${name}.log.gz`);
      const notes = parseNotes(textOf(`${name}.steps.txt`));
      const hostLog = strFromU8(gunzipSync(bytesOf(`${name}.host-smmu.log.gz`))).split("\n");
      for (const options of [{}, { notes }, { notes, hostLog }]) {
        const c = checked(await replay(bytes, options));
        expect(checkLines(c).filter((l) => l.includes("the log has") || l.includes("refuses"))).toEqual([]);
      }
    },
  );

  it("accel-ste-commands: all measured DMA, host STEs and host commands are the model's", async () => {
    const name = "accel-ste-commands";
    const text = textOf(`${name}.steps.txt`);
    const hostLog = strFromU8(gunzipSync(bytesOf(`${name}.host-smmu.log.gz`))).split("\n");
    const c = checked(await replay(bytesOf(`${name}.log.gz`), { notes: parseNotes(text), hostLog }));
    const inHostLog = hostLog.slice(289).filter((l) => l.includes("smmuv3_cmdq_opcode")).length;
    expect(agreed(c)).toMatchObject({
      "DMA measured": text.match(/ DMA [AB]: /g)?.length,
      "host STE": text.match(/ HOST-STE [AB]: /g)?.length,
      "host command": inHostLog,
      event: 272,
    });
  });

  it("accel-linux-guest-hotplug: the vEVENTQ leak of X1 is the model's too", async () => {
    const r = await replay(bytesOf("accel-linux-guest-hotplug.log.gz"));
    expect(logOf("accel-linux-guest-hotplug").match(/free_id .*\(-1\)/g)).toHaveLength(4);
    expect(agrees(checked(r))).toBe(true);
    expect(r.replay.runs[0]?.header).toContain("qemu 11.1");
  });
});

describe("a log that says something else", () => {
  const text = logOf("accel-ste-commands");

  async function changed(from: string | RegExp, to: string): Promise<CheckResult> {
    const other = text.replace(from, to);
    expect(other).not.toBe(text);
    return checked(await replay(gzipSync(strToU8(other))));
  }

  it("another id of an allocated object", async () => {
    const c = await changed("viommu_id=4 type=1 veventq_id=10", "viommu_id=4 type=1 veventq_id=12");
    expect(c.disagreements[0]).toMatchObject({ kind: "object allocated", line: 217, got: "veventq_id=0xa" });
  });

  it("an attach to another HWPT", async () => {
    const c = await changed("0000:01:00.0 (24) pasid 0 to id=11", "0000:01:00.0 (24) pasid 0 to id=6");
    expect(c.disagreements[0]).toMatchObject({
      kind: "attach",
      line: 228,
      expected: expect.stringContaining("id=0x6"),
    });
  });

  it("a missing attach, as a failed one leaves it", async () => {
    const c = await changed(/.*attached device 0000:02:00.0 \(31\) pasid 0 to id=5\n/, "");
    expect(c.disagreements[0]).toMatchObject({
      kind: "attach",
      expected: "nothing",
      rule: expect.any(String),
    });
  });

  it("a register that reads back otherwise", async () => {
    const c = await changed("addr: 0x44 val:0x1000 size", "addr: 0x44 val:0x101000 size");
    expect(c.disagreements[0]).toMatchObject({
      kind: "register read",
      expected: "GBPA = 0x101000",
      got: "0x1000",
    });
  });

  it("a DMA outcome the architecture does not allow", async () => {
    const boot = logOf("boot-dma").replace(
      "smmuv3_translate_success smmuv3-iommu-memory-region-8-1 sid=0x8 iova=0xffffd000 translated=0x44de1000 perm=0x3 stage=1",
      "smmuv3_translate_bypass smmuv3-iommu-memory-region-8-1 sid=0x8 STE bypass iova:0xffffd000 is_write=0",
    );
    const c = checked(await replay(strToU8(boot)));
    expect(c.disagreements[0]).toMatchObject({ kind: "DMA", rule: expect.stringMatching(/^A-/) });
  });

  it("every disagreement is in the table and in the text", async () => {
    const c = await changed("viommu_id=4 type=1 veventq_id=10", "viommu_id=4 type=1 veventq_id=12");
    const lines = checkLines(c);
    expect([...c.tallies.values()].reduce((n, t) => n + t.disagreed, 0)).toBe(c.disagreed);
    expect(lines.filter((l) => l.startsWith("# line "))).toHaveLength(c.disagreed);
    expect(lines.at(-1)).toMatch(/disagreement/);
  });
});

describe("logs of other shapes", () => {
  it("two runs in one file are two scripts", async () => {
    const one = bytesOf("boot-dma.log.gz");
    const both = new Uint8Array(one.length * 2);
    both.set(one);
    both.set(one, one.length);
    const r = await replay(both);
    expect(r.replay.runs.map((x) => x.steps.length)).toEqual([575, 575]);
    expect(r.replay.runs[1]?.first).toBe(7591 + 1);
    expect(agrees(checked(r))).toBe(true);
  });

  it("two accelerated runs, the first ended with its devices plugged", async () => {
    const text = logOf("accel-cold-gbpa-unplug");
    const r = await replay(strToU8(text + text));
    expect(r.replay.runs).toHaveLength(2);
    expect(agrees(checked(r))).toBe(true);
  });

  it("a log cut off at both ends still replays what it shows", async () => {
    const lines = logOf("boot-dma").split("\n").slice(234, 700);
    const text = lines.join("\n");
    const r = await replay(strToU8(text.slice(20, -20)));
    const c = checked(r);
    const run = r.replay.runs[0];
    expect(run?.steps.length).toBeGreaterThanOrEqual(
      lines.filter((l) => l.startsWith("smmuv3_write_mmio")).length,
    );
    expect(run?.assumptions.map((a) => a.text)).toEqual(
      expect.arrayContaining([
        "the log begins after the guest set its command queue up",
        "the log does not show the machine's start",
      ]),
    );
    expect(c.rejected).toEqual([]);
  });

  it("a log of smmuv3_accel_* and iommufd_* alone", async () => {
    const text = logOf("accel-ste-commands")
      .split("\n")
      .filter((l) => / (smmuv3_accel_|iommufd_)/.test(l))
      .join("\n");
    const r = await replay(strToU8(text));
    expect(checked(r).rejected).toEqual([]);
    const run = r.replay.runs[0];
    expect(run === undefined ? "" : scriptText(run).text).toMatch(/plug d1 v0 bdf=02:00.0/);
  });

  it("names from a log cannot break a script out of its comments", async () => {
    const evil = `vfio_mdev  (0000:01:00.0) is_mdev 0\niommufd_cdev_connect_and_bind  [iommufd=23] Successfully bound device x\u2028plug d9 v9"><script> (fd=24): output devid=1\nsmmuv3_accel_set_iommu_device devfn=0x0 (idev devid=0x1)\n`;
    const r = await replay(strToU8(evil));
    expect(checked(r).rejected).toEqual([]);
    const run = r.replay.runs[0];
    if (run === undefined) throw new Error("no run");
    for (const line of scriptText(run).text.split("\n")) expect(line).not.toMatch(/^plug d9/);
  });
});
