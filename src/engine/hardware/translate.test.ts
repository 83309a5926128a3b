import { describe, expect, test } from "vitest";
import { decodeEvent } from "../arch/events.ts";
import { ABORT, Bench, nestedSte, s2Ste } from "./hardware.test-helper.ts";

const CD = 0x5000_0000n;
const TTB = 0x6000_0000n;
const UNBACKED = 1n << 41n;

/** d0 nested under VMID 1 with a CD, ASID 3, and 0x1000 mapped to 0x8000. */
function nested(given: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const b = new Bench(given);
  b.cd(CD, 3, TTB);
  b.map(TTB, 0x1000n, 0x8000n);
  b.ste(0, nestedSte(1, 0xbn | CD, 0xd6n));
  return b;
}

describe("what the words of the physical STE say", () => {
  test("H-STE-ABORT: Config 0 aborts silently", () => {
    const b = new Bench();
    b.ste(0, ABORT);
    expect(b.peek(0)).toMatchObject({ cls: "abort", ste: "abort", event: null, rule: "H-STE-ABORT" });
  });

  test("H-STE-S2: Config 6 passes the address itself", () => {
    const b = new Bench();
    b.ste(0, s2Ste(1));
    expect(b.peek(0)).toMatchObject({ cls: "pass-s2", ste: "s2", output: 0x1000n, tlb: null });
  });

  test("H-STE-BYPASS: Config 4 is the host's identity domain", () => {
    const b = new Bench();
    b.ste(0, [0x9n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
    expect(b.peek(0)).toMatchObject({ cls: "host-bypass", ste: "bypass", output: 0x1000n });
  });

  test("H-STE-HOST-S1: Config 5 uses the host's tables", () => {
    const b = new Bench();
    b.ste(0, [0xbn | 0x20_0000_0000n, 0xd6n, 0n, 0n, 0n, 0n, 0n, 0n]);
    expect(b.peek(0)).toMatchObject({ cls: "host-s1", ste: "s1", output: null });
  });

  test("H-STE-NESTED: Config 7 translates by the guest's CD and table, the answer naming its rule", () => {
    expect(nested().peek(0)).toMatchObject({ cls: "pass-s1", ste: "nested", output: 0x8000n, tlb: "miss" });
  });

  test("an invalid physical STE records C_BAD_STE with the physical StreamID", () => {
    const b = new Bench();
    b.ste(0, [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
    const a = b.peek(0);
    expect(a.cls).toBe("abort");
    expect(decodeEvent(a.event ?? [])).toMatchObject({ name: "C_BAD_STE", sid: 0x100 });
  });

  test("S1DSS=1 with substreams bypasses stage 1 and stays in stage 2", () => {
    const b = nested({ psmmu: { ssidBits: 20 } });
    b.ste(0, nestedSte(1, 0xbn | CD | (4n << 59n), 0xd5n));
    expect(b.peek(0)).toMatchObject({ cls: "pass-s2", output: 0x1000n });
  });
});

describe("stage-2 faults inside a nested translation", () => {
  const fault = (b: Bench, iova = 0x1000n) => {
    const a = b.peek(0, { iova });
    expect(a.cls).toBe("abort");
    return decodeEvent(a.event ?? []);
  };

  test("H-S2-FAULT: a CD pointer without RAM: CLASS=CD and the pointer as IPA", () => {
    const b = nested();
    b.ste(0, nestedSte(1, 0xbn | UNBACKED, 0xd6n));
    expect(fault(b)).toMatchObject({ name: "F_TRANSLATION", s2: true, cls: 0, ipa: UNBACKED, sid: 0x100 });
  });

  test("H-S2-FAULT: a table without RAM: CLASS=TT", () => {
    const b = nested();
    b.cd(CD, 3, UNBACKED);
    expect(fault(b)).toMatchObject({ name: "F_TRANSLATION", s2: true, cls: 1 });
  });

  test("H-S2-FAULT: an output without RAM: CLASS=IN", () => {
    const b = nested();
    b.map(TTB, 0x3000n, UNBACKED);
    expect(fault(b, 0x3000n)).toMatchObject({ s2: true, cls: 2, ipa: UNBACKED, addr: 0x3000n });
  });

  test("H-S2-FAULT: an address without RAM under a plain S2 STE", () => {
    const b = new Bench();
    b.ste(0, s2Ste(1));
    expect(fault(b, UNBACKED)).toMatchObject({ s2: true, cls: 2, ipa: UNBACKED });
  });

  test("stage-1 faults keep S2=0: no mapping, access flag, permission", () => {
    const b = nested();
    b.map(TTB, 0x4000n, 0x9000n, { af: false });
    b.map(TTB, 0x5000n, 0x9000n, { write: false });
    expect(fault(b, 0x2000n)).toMatchObject({ name: "F_TRANSLATION", s2: false, cls: 2 });
    expect(fault(b, 0x4000n)).toMatchObject({ name: "F_ACCESS", s2: false });
    expect(decodeEvent(b.peek(0, { iova: 0x5000n, write: true }).event ?? [])).toMatchObject({
      name: "F_PERMISSION",
      rnw: false,
    });
  });
});

describe("the physical identification registers judge", () => {
  test("D20: S1STALLD is legal on an SMMU that can stall, C_BAD_STE on one that cannot", () => {
    const ste = nestedSte(1, 0xbn | CD, 0xd6n | (1n << 27n));
    const strict = nested({ psmmu: { stallModel: 1 } });
    strict.ste(0, ste);
    expect(decodeEvent(strict.peek(0).event ?? []).name).toBe("C_BAD_STE");
    const both = nested({ psmmu: { stallModel: 0 } });
    both.ste(0, ste);
    expect(both.peek(0).cls).toBe("pass-s1");
  });

  test("D20: S1CDMax is ignored without substreams and used with them", () => {
    const ste = nestedSte(1, 0xbn | CD | (4n << 59n), 0xd4n);
    const without = nested();
    without.ste(0, ste);
    expect(without.peek(0).cls).toBe("pass-s1");
    const withSsids = nested({ psmmu: { ssidBits: 20 } });
    withSsids.ste(0, ste);
    expect(decodeEvent(withSsids.peek(0).event ?? []).name).toBe("F_STREAM_DISABLED");
  });

  test("an ASID of 9 bits is C_BAD_CD on an SMMU with 8-bit ASIDs", () => {
    const b = nested({ psmmu: { asidBits: 8 } });
    b.cd(CD, 0x100, TTB);
    expect(decodeEvent(b.peek(0).event ?? []).name).toBe("C_BAD_CD");
  });

  test("CD.R=0 keeps a stage-1 fault out of the queue", () => {
    const b = nested();
    b.cd(CD, 3, TTB, (q) => q & ~(1n << 45n));
    expect(b.peek(0, { iova: 0x2000n })).toMatchObject({ cls: "abort", event: null });
  });
});

describe("ATS", () => {
  test("H-ATS-OFF: an endpoint whose ATS is off sends nothing of the kind", () => {
    expect(nested().peek(0, { ats: "request" })).toMatchObject({ cls: "ats-off", rule: "H-ATS-OFF" });
  });

  test("EATS in the physical STE decides: refused without, served with", () => {
    const b = nested();
    b.ats(0, true);
    expect(b.peek(0, { ats: "request" }).cls).toBe("ats-ur");
    b.ste(0, nestedSte(1, 0xbn | CD, 0xd6n | (1n << 28n)));
    expect(b.peek(0, { ats: "request" })).toMatchObject({ cls: "ats-served", output: 0x8000n });
    expect(b.peek(0, { ats: "translated", iova: 0x8000n })).toMatchObject({
      cls: "ats-pass",
      output: 0x8000n,
    });
    b.ste(0, ABORT);
    expect(b.peek(0, { ats: "request" }).cls).toBe("ats-ur");
    expect(b.peek(0, { ats: "translated" }).cls).toBe("abort");
  });
});

test("H-STE-ABORT H-STE-S2 H-S2-FAULT: an answer names the same rule with and without its path", () => {
  const b = new Bench();
  for (const ste of [ABORT, s2Ste(1)])
    for (const iova of [0x1000n, UNBACKED]) {
      b.ste(0, ste);
      expect({ ...b.peek(0, { iova }, true), path: null }).toEqual(b.peek(0, { iova }));
    }
  expect(nested().peek(0).rule).toBe("H-STE-NESTED");
});

test("a peek changes nothing, a transaction leaves its translation", () => {
  const b = nested();
  const before = b.cx.w.hw;
  b.peek(0);
  expect(b.cx.w.hw).toBe(before);
  b.go(0);
  expect(b.cx.w.hw.tlb).toEqual([
    { psmmu: 0, vmid: 1, asid: 3, page: 1n, out: 8n, read: true, write: true, filledBy: 0 },
  ]);
});

test("the path leads from the STE over CD and table to the output, without the host's registers", () => {
  const path = nested().peek(0, {}, true).path ?? [];
  const kinds = path.map((h) => h.what);
  expect(kinds[0]).toBe("STE");
  expect(kinds).not.toContain("CR0");
  expect(kinds).not.toContain("STRTAB");
  expect(kinds.indexOf("CD")).toBeGreaterThan(0);
  expect(kinds.lastIndexOf("S2")).toBeGreaterThan(kinds.indexOf("S1"));
  expect(path[0]?.addr).toBeNull();
});
