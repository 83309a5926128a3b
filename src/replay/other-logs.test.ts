/**
 * Logs of the same kinds as the recordings: other trace selections, other releases' spellings, several processes in a
 * row, and what the lab itself prints. All are made from real recordings or from shipped scenarios; none may disagree.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync, strFromU8, strToU8 } from "fflate";
import { describe, expect, it, vi } from "vitest";
import { parse } from "../script/parse.ts";
import { scriptText } from "./meaning/script-text.ts";
import { printScript } from "./print/print-script.ts";
import { skipPrefix } from "./reader/lines.ts";
import { checkLines } from "./report.ts";
import { type ReplayResult, replayLog } from "./run.ts";

vi.setConfig({ testTimeout: 60_000 });

const CONTENT = new URL("../../content/", import.meta.url);
const logOf = (name: string): string[] =>
  strFromU8(gunzipSync(new Uint8Array(readFileSync(new URL(`recordings/${name}.log.gz`, CONTENT)))))
    .split("\n")
    .filter((l) => l !== "");
const bare = (line: string): string => line.slice(skipPrefix(line, 0, line.length));

async function replayed(lines: readonly string[]): Promise<ReplayResult> {
  const bytes = strToU8(`${lines.join("\n")}\n`);
  const r = await replayLog(() => [bytes]);
  expect(r.check).not.toBeNull();
  return r;
}

/** Disagreements and refusals, as text. */
function complaints(r: ReplayResult): string[] {
  expect(r.problem).toBeNull();
  if (r.check === null) return [];
  return checkLines(r.check).filter((l) => / the log has | the model refuses /.test(l));
}

const scriptOf = (r: ReplayResult, run = 0): string => {
  const one = r.replay.runs[run];
  if (one === undefined) throw new Error(`no run ${run}`);
  return scriptText(one, { comments: false }).text;
};

const ACCELERATED = ["accel-cold-gbpa-unplug", "accel-ste-commands", "accel-linux-guest-hotplug"];
const EMULATED = ["boot-dma", "rebind-faults", "two-smmu"];

describe("logs that trace less", () => {
  // Each as one would write it behind -trace.
  const selections: readonly (readonly [string, RegExp])[] = [
    ["smmuv3_accel_* and iommufd_*", /^(smmuv3_accel_|iommufd_)/],
    ["smmuv3_* and iommufd_*", /^(smmuv3_|iommufd_)/],
    ["smmuv3_* and vfio_*", /^(smmuv3_|vfio_)/],
    ["smmuv3_*", /^smmuv3_/],
    ["everything but reads", /^(?!smmuv3_read_mmio)/],
    ["everything but translations", /^(?!smmuv3_translate_)/],
    ["everything but smmu_reset_exit", /^(?!smmu_reset_exit)/],
  ];
  for (const name of ACCELERATED)
    it.each(selections)(`${name}: %s`, async (_, wanted) => {
      expect(complaints(await replayed(logOf(name).filter((l) => wanted.test(bare(l)))))).toEqual([]);
    });

  const emulated: readonly (readonly [string, RegExp])[] = [
    ["smmuv3_*", /^smmuv3_/],
    ["no reads", /^(?!smmuv3_read_mmio)/],
    ["no configuration cache", /^(?!smmuv3_config_cache)/],
    ["no table walks", /^(?!smmuv3_(find|get|decode))/],
  ];
  for (const name of EMULATED)
    it.each(emulated)(`${name}: %s`, async (_, wanted) => {
      expect(complaints(await replayed(logOf(name).filter((l) => wanted.test(bare(l)))))).toEqual([]);
    });

  it("says what it took for granted, line by line", async () => {
    const lines = logOf("accel-ste-commands").filter((l) => /^(smmuv3_accel_|iommufd_)/.test(bare(l)));
    const run = (await replayed(lines)).replay.runs[0];
    expect(run?.assumptions.map((a) => a.text)).toEqual(
      expect.arrayContaining([
        "devices moved to bypass: a reset that the log does not show",
        "devices moved: a write of GBPA that the log does not show",
        "the log does not show commands: an install is taken for a CFGI_STE",
      ]),
    );
    expect(run?.steps.some((s) => s.lines.some((l) => l.text === "gbpa v0 abort"))).toBe(true);
  });
});

describe("other releases", () => {
  /** `rebind-faults` as QEMU 7.2 would have written it: other names, no stage, no VMID, no reset line. */
  const as72 = (line: string): string | null => {
    const text = bare(line);
    if (text.startsWith("smmu_reset_exit")) return null;
    return text
      .replace(/^smmuv3_range_inval(.*) stage=\d+/, "smmuv3_s1_range_inval$1")
      .replace(/^smmu_config_cache_inv/, "smmuv3_config_cache_inv")
      .replace(/^smmu_iotlb_inv_asid_vmid (.*) vmid=-?\d+/, "smmu_iotlb_inv_asid $1")
      .replace(/^smmuv3_cmdq_tlbi_nsnh/, "smmuv3_cmdq_tlbi_nh")
      .replace(/^(smmuv3_translate_success.*) stage=\d+/, "$1")
      .replace(/^(smmu_iotlb_\w+ .*) vmid=-?\d+/, "$1");
  };
  /** And as 4.2 would have: StreamIDs in decimal, and wordings of its own. */
  const as42 = (line: string): string =>
    line
      .replace(/^(smmuv3_(?:translate|record)\S* .*sid=)(0x[0-9a-f]+)/, (_, a, b) => `${a}${Number(b)}`)
      .replace(/^smmuv3_find_ste sid=/, "smmuv3_find_ste SID:")
      .replace(/^(smmuv3_cmdq_cfgi_ste) streamid= (\S+)/, (_, a, b) => `${a} streamid =${Number(b)}`)
      .replace(/^(smmuv3_cmdq_cfgi_ste_range).*/, "$1 start=0x0 - end=0x-1")
      .replace(/^(smmuv3_cmdq_cfgi_cd) sid=(\S+)/, (_, a, b) => `${a} streamid = ${Number(b)}`)
      .replace(/^(.*onfig cache.*) sid=(0x[0-9a-f]+)/, (_, a, b) => `${a} sid ${Number(b)}`)
      .replace(/ had:\d/, "")
      .replace(/^smmu_iotlb_lookup/, "smmu_iotlb_cache");

  it("QEMU 7.2 and 4.2 say the same in their own words", async () => {
    const old = logOf("rebind-faults")
      .map(as72)
      .filter((l) => l !== null);
    const r72 = await replayed(old);
    expect(complaints(r72)).toEqual([]);
    expect(r72.replay.census.damaged).toBe(0);
    const r42 = await replayed(old.map(as42));
    expect(complaints(r42)).toEqual([]);
    expect(r42.replay.census.damaged).toBe(0);
    expect(scriptOf(r42)).toBe(scriptOf(r72));
  });

  it("faults of emulated functions, as 11.1 calls them", async () => {
    const lines = logOf("rebind-faults").map((l) =>
      bare(l).replace("smmuv3_record_event", "smmuv3_propagate_event"),
    );
    const r = await replayed(lines);
    expect(complaints(r)).toEqual([]);
    expect(new Map(r.check?.tallies).get("DMA")?.agreed).toBe(831 + 64 + 48);
  });

  it("the device pointer's new name", async () => {
    const lines = logOf("accel-cold-gbpa-unplug").map((l) => l.replace("(idev devid", "(hiodi devid"));
    expect(complaints(await replayed(lines))).toEqual([]);
  });
});

describe("several processes in one file", () => {
  it("five recordings in a row are five runs, each with its own selection of events", async () => {
    const names = [
      "boot-dma",
      "accel-ste-commands",
      "two-smmu",
      "rebind-faults",
      "accel-linux-guest-hotplug",
    ];
    const r = await replayed(names.flatMap(logOf));
    expect(complaints(r)).toEqual([]);
    expect(r.replay.runs.map((x) => x.emulated)).toEqual([true, false, true, true, false]);
  });

  it("a run that unplugged everything, and the next one's cold plug", async () => {
    const lines = logOf("accel-ste-commands");
    const r = await replayed([...lines, ...lines]);
    expect(complaints(r)).toEqual([]);
    expect(r.replay.runs.map((x) => x.first)).toEqual([1, lines.length + 1]);
    expect(scriptOf(r, 1)).toBe(scriptOf(r, 0));
  });
});

describe("logs that are cut", () => {
  it.each(ACCELERATED)("%s, the first line damaged, ended anywhere", async (name) => {
    const lines = logOf(name);
    for (const share of [0.03, 0.22, 0.35, 0.51, 0.68, 0.87]) {
      const end = Math.floor(lines.length * share);
      const cut = [
        (lines[0] as string).slice(7),
        ...lines.slice(1, end),
        (lines[end] as string).slice(0, -12),
      ];
      const r = await replayLog(() => [strToU8(cut.join("\n"))]);
      expect(complaints(r), `${name} up to line ${end}`).toEqual([]);
    }
  });
});

describe("what the lab prints of its own scenarios", () => {
  /** They repair QEMU, or make the host fail: such a log is not what QEMU and a working host do. */
  const NOT_QEMU = /-fixed|^d10-|^d11-/;
  /** The host alone, at its uAPI: QEMU's log knows nothing of it. */
  const HOST_ALONE = /^claim-5-/;
  const names = readdirSync(new URL("scenarios/", CONTENT)).filter((n) => n.endsWith(".lab"));

  function printed(name: string): string {
    const parsed = parse(readFileSync(new URL(`scenarios/${name}`, CONTENT), "utf8"));
    if (!parsed.ok) throw new Error(`${name} does not parse`);
    return printScript(parsed.value, "iso").log;
  }

  it.each(names.filter((n) => !NOT_QEMU.test(n) && !HOST_ALONE.test(n)))("%s replays", async (name) => {
    expect(complaints(await replayed(printed(name).trimEnd().split("\n")))).toEqual([]);
  });

  it.each(["d01-second-device-fixed.lab", "d10-refused-gbpa-attach.lab"])(
    "%s does not: QEMU does not do that",
    async (name) => {
      const found = complaints(await replayed(printed(name).trimEnd().split("\n")));
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(", attach: ");
    },
  );

  it("D14: a renumbered function is followed, and the vDEVICE keeps its number", async () => {
    const r = await replayed(printed("d14-frozen-vsid.lab").trimEnd().split("\n"));
    expect(scriptOf(r)).toContain("renumber d0 03:00.0");
  });

  it("T16: a realize that the host refuses for want of a vDEVICE tells how old the host is", async () => {
    const r = await replayed(printed("T16.lab").trimEnd().split("\n"));
    expect(r.replay.runs[0]?.header).toContain("kernel 6.17");
  });
});
