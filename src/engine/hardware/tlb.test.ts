import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TreeTracer } from "../tracer.ts";
import { commandText, issueCommand } from "./cmdq.ts";
import { Bench, nestedSte } from "./hardware.test-helper.ts";

const CD0 = 0x5000_0000n;
const CD2 = 0x5100_0000n;
const T0 = 0x6000_0000n;
const T2 = 0x6100_0000n;

/** d0 (of v0) and d2 (of v1) behind one S2: VMID 1 for both, ASIDs as given, own tables, same address mapped. */
function twoGuests(asid0: number, asid2: number): Bench {
  const b = new Bench();
  b.cd(CD0, asid0, T0);
  b.cd(CD2, asid2, T2);
  b.map(T0, 0x1000n, 0xa000n);
  b.map(T2, 0x1000n, 0xb000n);
  b.ste(0, nestedSte(1, 0xbn | CD0, 0xd6n));
  b.ste(2, nestedSte(1, 0xbn | CD2, 0xd6n));
  return b;
}

const vmid = (n: number): bigint => BigInt(n) << 32n;
const asid = (n: number): bigint => BigInt(n) << 48n;

describe("observation X9, divergence D22", () => {
  test("H-TLB-2: with one VMID and equal ASIDs the second device is led to the first one's page", () => {
    const b = twoGuests(1, 1);
    expect(b.go(2)).toMatchObject({ output: 0xb000n, tlb: "miss" });
    expect(b.go(0)).toMatchObject({ output: 0xb000n, tlb: "hit", filledBy: 2 });
  });

  test("H-TLB-2: after a TLBI the other way round, and either TLBI empties both", () => {
    const b = twoGuests(1, 1);
    b.go(2);
    b.cmd(0x11n | vmid(1) | asid(1));
    expect(b.cx.w.hw.tlb).toEqual([]);
    expect(b.go(0).output).toBe(0xa000n);
    expect(b.go(2)).toMatchObject({ output: 0xa000n, filledBy: 0 });
  });

  test("H-TLB-2: with different ASIDs, or VMIDs of their own, all is right", () => {
    const b = twoGuests(1, 2);
    b.go(2);
    expect(b.go(0).output).toBe(0xa000n);
    const c = twoGuests(1, 1);
    c.ste(2, nestedSte(2, 0xbn | CD2, 0xd6n));
    c.go(2);
    expect(c.go(0).output).toBe(0xa000n);
    expect(c.go(2).output).toBe(0xb000n);
  });
});

test("H-TLB-1: a hit is the old translation until the TLBI, whatever the table says", () => {
  const b = twoGuests(1, 2);
  b.go(0);
  b.map(T0, 0x1000n, 0xf000n);
  expect(b.go(0)).toMatchObject({ output: 0xa000n, tlb: "hit", filledBy: 0 });
  b.cmd(0x12n | vmid(1) | asid(1), 0x1000n);
  expect(b.go(0)).toMatchObject({ output: 0xf000n, tlb: "miss" });
});

test("H-TLB-3: faults are not kept", () => {
  const b = twoGuests(1, 2);
  expect(b.go(0, { iova: 0x7000n }).cls).toBe("abort");
  expect(b.cx.w.hw.tlb).toEqual([]);
  b.map(T0, 0x7000n, 0xc000n);
  expect(b.go(0, { iova: 0x7000n }).output).toBe(0xc000n);
});

describe("H-TLBI-1: what each command takes", () => {
  /** Pages 1 and 2 of VMID 1 ASIDs 1 and 2, page 1 of VMID 2 ASID 1. */
  function filled(): Bench {
    const b = twoGuests(1, 2);
    b.map(T0, 0x2000n, 0xa1000n);
    for (const iova of [0x1000n, 0x2000n]) b.go(0, { iova });
    b.go(2);
    b.ste(2, nestedSte(2, 0xbn | CD0, 0xd6n));
    b.go(2);
    expect(b.cx.w.hw.tlb).toHaveLength(4);
    return b;
  }
  const left = (b: Bench): string[] => b.cx.w.hw.tlb.map((e) => `${e.vmid}/${e.asid}/${e.page}`);

  test.each([
    ["TLBI_NH_ALL", 0x10n | vmid(1), 0n, ["2/1/1"]],
    ["TLBI_S12_VMALL", 0x28n | vmid(1), 0n, ["2/1/1"]],
    ["TLBI_NH_ASID", 0x11n | vmid(1) | asid(1), 0n, ["1/2/1", "2/1/1"]],
    ["TLBI_NH_VA", 0x12n | vmid(1) | asid(1), 0x1000n, ["1/1/2", "1/2/1", "2/1/1"]],
    ["TLBI_NH_VAA", 0x13n | vmid(1), 0x1000n, ["1/1/2", "2/1/1"]],
    ["TLBI_NSNH_ALL", 0x30n, 0n, []],
    ["SYNC", 0x46n, 0n, ["1/1/1", "1/1/2", "1/2/1", "2/1/1"]],
    ["TLBI_EL2_ALL", 0x20n, 0n, ["1/1/1", "1/1/2", "1/2/1", "2/1/1"]],
  ] as const)("%s", (_name, q0, q1, want) => {
    const b = filled();
    b.cmd(q0, q1);
    expect(left(b)).toEqual(want);
  });

  test("H-TLBI-2: TLBI_S2_IPA leaves stage-1 translations", () => {
    const b = filled();
    b.cmd(0x2an | vmid(1), 0xa000n);
    expect(left(b)).toHaveLength(4);
  });

  test("H-CFG-1: CFGI empties nothing, and a changed CD acts at once", () => {
    const b = twoGuests(1, 2);
    b.go(0);
    b.cmd(0x5n | (0x100n << 32n), 1n);
    expect(b.cx.w.hw.tlb).toHaveLength(1);
    b.cd(CD0, 7, T0);
    expect(b.go(0).tlb).toBe("miss");
  });
});

describe("H-TLBI-3: ranges", () => {
  const fill = (given: ConstructorParameters<typeof Bench>[0] = {}): Bench => {
    const b = new Bench(given);
    b.cd(CD0, 1, T0);
    b.map(T0, 0n, 0x100000n, { size: 0x40000n });
    b.ste(0, nestedSte(1, 0xbn | CD0, 0xd6n));
    for (let p = 0n; p < 64n; p++) b.go(0, { iova: p << 12n });
    return b;
  };

  test("H-TLBI-3: NUM, SCALE and TG give the number of granules; without RIL one page goes", () => {
    fc.assert(
      fc.property(fc.nat(31), fc.nat(4), fc.constantFrom(0, 1, 2, 3), (num, scale, tg) => {
        const b = fill();
        b.cmd(0x12n | vmid(1) | asid(1) | (BigInt(num) << 12n) | (BigInt(scale) << 20n), BigInt(tg) << 10n);
        const unit = [0, 1, 4, 16][tg] as number;
        const gone = tg === 0 ? 1 : Math.min(64, (num + 1) * 2 ** scale * unit);
        expect(b.cx.w.hw.tlb).toHaveLength(64 - gone);
      }),
      { seed: 20260103, numRuns: 30 },
    );
    const plain = fill({ psmmu: { rangeInv: false } });
    plain.cmd(0x12n | vmid(1) | asid(1) | (31n << 12n), 1n << 10n);
    expect(plain.cx.w.hw.tlb).toHaveLength(63);
  });
});

test("commands and what they took stand in the trace", () => {
  const b = twoGuests(1, 1);
  b.go(0);
  const t = new TreeTracer();
  issueCommand({ ...b.cx, t }, 0, 0x11n | vmid(1) | asid(1), 0n);
  expect(t.root.map((n) => (n.kind === "hw" ? n.text : n.kind))).toEqual([
    "TLBI_NH_ASID VMID=1 ASID=1",
    "1 translation gone",
  ]);
  expect(commandText(0x4n, 0x1fn)).toBe("CFGI_ALL");
  expect(commandText(0x40n | (0x100n << 32n), 52n)).toBe("ATC_INV SID=0x100 ADDR=0x0 SIZE=52");
});
