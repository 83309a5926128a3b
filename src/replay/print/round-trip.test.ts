/** The lab prints its session as a QEMU log, and replaying that print gives the session back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attachedOf } from "../../engine/observe.ts";
import type { World } from "../../engine/world.ts";
import { parse } from "../../script/parse.ts";
import { scriptText } from "../meaning/script-text.ts";
import { replayLog } from "../run.ts";
import type { LogPrefix } from "./log-text.ts";
import { type Printed, printScript } from "./print-script.ts";

/** Plays a script; commands that the lab rejects print nothing. */
function play(text: string, prefix: LogPrefix = "none"): Printed {
  const parsed = parse(text);
  if (!parsed.ok)
    throw new Error(`${parsed.problems[0]?.message} in line ${parsed.problems[0]?.line} of\n${text}`);
  return printScript(parsed.value, prefix);
}

/** What a device's DMA goes through, and the registers: what a log can give back. */
function facts(w: World): unknown {
  return {
    devices: w.qemu.devices
      .flatMap((d, i) =>
        d.phase === "absent"
          ? []
          : [{ sid: w.setup.devices[i]?.sids[0] ?? 0, attached: attachedOf(w, i).kind, hwpt: d.hwptId }],
      )
      .sort((a, b) => a.sid - b.sid),
    registers: w.qemu.smmus.map((s) => [
      s.regs.cr0,
      s.regs.gbpa,
      s.regs.cmdqProd,
      s.regs.cmdqCons,
      s.regs.gerror,
    ]),
    objects: w.kernel.files.map((f) =>
      f.objects.map((o) => (o === null || typeof o === "string" ? o : o.type)),
    ),
  };
}

/** Lines about a StreamID that no vDEVICE line joins to a device: the log does not tell whose slot it is. */
function aboutNobody(line: string, log: string): boolean {
  const m = /^(?:smmuv3_cmdq_cfgi_|smmu_config_cache_inv ).*(?:streamid= |sid=)(0x[0-9a-f]+)$/.exec(line);
  return m !== null && !log.includes(`virt_id=${m[1]} `);
}

/**
 * Reads change nothing: the replayer checks them and does not repeat them. Numbers of cdevs are the host's.
 */
const essence = (log: string): string =>
  log
    .split("\n")
    .filter((l) => !l.includes("smmuv3_read_mmio ") && !aboutNobody(l, log))
    .join("\n")
    .replace(/devices\/vfio\d+/g, "devices/vfio");

async function replayed(log: string): Promise<string> {
  const bytes = new TextEncoder().encode(log);
  const result = await replayLog(() => [bytes]);
  expect(result.problem).toBeNull();
  expect(result.check?.rejected).toEqual([]);
  expect(result.check?.disagreements).toEqual([]);
  return result.replay.runs.map((r) => scriptText(r).text).join("");
}

const DEVICES = ["d0", "d1", "d2"] as const;
const BDF = { d0: "01:00.0", d1: "02:00.0", d2: "03:00.0" } as const;
const SID = { d0: "0x100", d1: "0x200", d2: "0x300" } as const;
const HOME = { d0: "v0", d1: "v0", d2: "v0" } as const;

const device = fc.constantFrom(...DEVICES);
/** One vSMMU: register lines do not say which, and a random session gives no hints (see vsmmus.test.ts). */
const v = fc.constant("v0");
const flag = fc.constantFrom("+smmuen", "-smmuen", "+eventqen", "-eventqen", "+cmdqen", "-cmdqen");

/** One verb of a session. */
const line: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: device.map((d) => `plug ${d} ${HOME[d]} bdf=${BDF[d]} hot`) },
  { weight: 1, arbitrary: device.map((d) => `unplug ${d}`) },
  { weight: 1, arbitrary: device.map((d) => `unset ${d}`) },
  { weight: 1, arbitrary: device.map((d) => `finalize ${d}`) },
  { weight: 1, arbitrary: fc.constant("reset") },
  { weight: 2, arbitrary: fc.tuple(v, fc.constantFrom("abort", "bypass")).map(([x, m]) => `gbpa ${x} ${m}`) },
  { weight: 1, arbitrary: v.map((x) => `write ${x} GBPA 0x1000`) },
  { weight: 4, arbitrary: fc.tuple(v, flag).map(([x, f]) => `cr0 ${x} ${f}`) },
  {
    weight: 1,
    arbitrary: fc.tuple(v, fc.constantFrom("linear", "2lvl")).map(([x, f]) => `strtab ${x} fmt=${f}`),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(
        device,
        fc.constantFrom("abort", "bypass", "translate", "invalid", "q0=0xd", "q0=0x4000000b q1=0x200000d4"),
      )
      .map(([d, s]) => `ste ${HOME[d]} ${SID[d]} ${s}`),
  },
  { weight: 6, arbitrary: device.map((d) => `cfgi ${HOME[d]} ${SID[d]}`) },
  { weight: 1, arbitrary: device.map((d) => `cfgi ${HOME[d]} ${SID[d]} range=7 sync=off`) },
  { weight: 2, arbitrary: v.map((x) => `cfgi ${x} all`) },
  { weight: 1, arbitrary: device.map((d) => `cmd ${HOME[d]} cfgi-cd sid=${SID[d]} leaf=1`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(v, fc.integer({ min: 0, max: 300 }))
      .map(([x, a]) => `cmd ${x} tlbi-nh-asid asid=${a}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(v, fc.integer({ min: 0, max: 31 }), fc.integer({ min: 0, max: 5 }))
      .map(([x, n, s]) => `cmd ${x} tlbi-nh-va asid=3 va=0xffff0000 tg=1 num=${n} scale=${s} leaf=1`),
  },
  { weight: 1, arbitrary: v.map((x) => `cmd ${x} tlbi-nsnh-all sync=off`) },
  { weight: 1, arbitrary: v.map((x) => `cmd ${x} tlbi-s12-vmall`) },
  { weight: 1, arbitrary: v.map((x) => `cmd ${x} raw q0=0xff q1=0x0`) },
  { weight: 2, arbitrary: v.map((x) => `guest ${x} recover`) },
  { weight: 1, arbitrary: device.map((d) => `event p0 f-translation sid=${SID[d]}`) },
  { weight: 2, arbitrary: device.map((d) => `dma ${d} iova=0x200000000 write`) },
);

/** ATS is not in a log and decides what a function reset leaves: off, as the replayer assumes. */
const HEADER = [
  "psmmu p0 ats=off",
  "device d0 psmmu=p0 sid=0x100 ats=off",
  "device d1 psmmu=p0 sid=0x200 ats=off",
  "device d2 psmmu=p0 sid=0x300 ats=off",
  "vsmmu v0 bus=pcie.0",
];

const COLD = [
  ["plug d0 v0 bdf=01:00.0", "plug d1 v0 bdf=02:00.0", "plug d2 v0 bdf=03:00.0", "machine-start"],
  ["plug d0 v0 bdf=01:00.0", "plug d2 v0 bdf=03:00.0", "machine-start"],
  ["machine-start", "plug d1 v0 bdf=02:00.0 hot"],
] as const;

const session = fc.tuple(fc.constantFrom(...COLD), fc.array(line, { minLength: 1, maxLength: 30 }));

const text = (qemu: string, [cold, lines]: readonly [readonly string[], readonly string[]]): string =>
  [`qemu ${qemu}`, ...HEADER, ...cold, ...lines].join("\n");

describe("a session, its log, and the session again", () => {
  for (const qemu of ["11.1", "m1", "m0", "v7", "v6", "v5", "v4"])
    it(`random sessions of QEMU ${qemu} come back with the same log and the same end`, {
      timeout: 60_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(session, async (s) => {
          const first = play(text(qemu, s));
          // A release that ends by assertion leaves a log that breaks off.
          fc.pre(first.world.qemu.dead === null);
          const second = play(await replayed(first.log));
          expect(essence(second.log)).toBe(essence(first.log));
          expect(facts(second.world)).toEqual(facts(first.world));
        }),
        { numRuns: 60 },
      );
    });

  it("prefixes do not change what a log says", async () => {
    const source = text("11.1", [
      COLD[0],
      ["cr0 v0 +smmuen", "ste v0 0x100 bypass", "cfgi v0 0x100", "gbpa v0 abort"],
    ]);
    const plain = await replayed(play(source).log);
    for (const prefix of ["iso", "tid"] as const)
      expect(await replayed(play(source, prefix).log)).toBe(plain);
  });
});
