/** vSTE validation bit by bit (section 3.1), physical STE words and ATS for every state (section 3.2). */
import { describe, expect, it } from "vitest";
import { DEFAULT_PSMMU } from "../setup.ts";
import { steSteps } from "./arm-smmu-v3-ste-writer.ts";
import { s2Compatible, s2Format } from "./io-pgtable-arm.ts";
import { RawHost, type RawSetup, rawSetup, VSTE } from "./raw-host.ts";
import { ABORT_STE } from "./ste.ts";
import { initialStreams } from "./topology.ts";

/** IOAS 1, DEVICE 2, nest parent 3, VIOMMU 4, vDEVICE 5 (vSID 0x20). */
function base(setup: RawSetup = {}): RawHost {
  const h = new RawHost(setup);
  h.ioas();
  h.bind();
  h.paging(2, 1);
  h.viommu(2, 3);
  h.vdevice(4, 2, 0x20n);
  return h;
}

const bits = (...ranges: [number, number][]): Set<number> =>
  new Set(ranges.flatMap(([hi, lo]) => Array.from({ length: hi - lo + 1 }, (_, i) => lo + i)));

describe("vSTE validation", () => {
  const allowed0 = bits([0, 0], [3, 1], [5, 4], [51, 6], [63, 59]);
  const allowed1 = bits([1, 0], [3, 2], [5, 4], [7, 6], [27, 27], [29, 28]);

  it("K-VSTE-2: every bit of word 0 and word 1, against the list of fields", () => {
    const h = base();
    for (let bit = 0; bit < 64; bit++) {
      // Config 5 stays legal whatever other field is added; Config itself is judged by another rule.
      if (bit > 3) {
        const r = h.nested(2, 4, [0xbn | (1n << BigInt(bit)), 0n]);
        expect(r.errno, `word 0 bit ${bit}`).toBe(allowed0.has(bit) ? null : "EIO");
        if (!allowed0.has(bit)) expect(h.rules).toContain("K-VSTE-2");
      }
      if (bit === 29) continue;
      const r = h.nested(2, 4, [0xbn, 1n << BigInt(bit)]);
      expect(r.errno, `word 1 bit ${bit}`).toBe(allowed1.has(bit) ? null : "EIO");
      if (!allowed1.has(bit)) expect(h.rules).toContain("K-VSTE-2");
    }
  });

  it("K-VSTE-1: with V=0 every other bit is accepted, and both words read zero", () => {
    const h = base();
    const all = 0xffff_ffff_ffff_ffffn;
    const r = h.nested(2, 4, [all & ~1n, all]);
    expect(h.rules).toContain("K-VSTE-1");
    expect(h.obj(r.id)).toMatchObject({ ste0: 0n, ste1: 0n, enableAts: false, kind: "invalid" });
  });

  it("K-VSTE-3: Config 0, 4 and 5 alone", () => {
    const h = base();
    const kinds = [0, 1, 2, 3, 4, 5, 6, 7].map((cfg) => {
      const r = h.nested(2, 4, [1n | (BigInt(cfg) << 1n), 0n]);
      const o = h.obj(r.id);
      if (r.errno !== null) expect(h.rules).toContain("K-VSTE-3");
      return o?.type === "HWPT_NESTED" ? o.kind : r.errno;
    });
    expect(kinds).toEqual(["abort", "EIO", "EIO", "EIO", "bypass", "translate", "EIO", "EIO"]);
  });

  it("K-VSTE-4: EATS 2 and 3 for every Config", () => {
    const h = base();
    for (const w0 of [1n, 9n, 0xbn])
      for (const eats of [2n, 3n]) {
        expect(h.nested(2, 4, [w0, eats << 28n]).errno).toBe("EIO");
        expect(h.rules).toContain("K-VSTE-4");
      }
  });

  it("K-VSTE-5: EATS leaves the words; it is a wish for translate alone", () => {
    const h = base();
    const eats = 1n << 28n;
    const kept = [1n, 9n, 0xbn].map((w0) => h.obj(h.nested(2, 4, [w0, eats | 0xd4n]).id));
    expect(h.rules).toContain("K-VSTE-5");
    expect(kept).toMatchObject([
      { ste0: 1n, ste1: 0xd4n, enableAts: false },
      { ste0: 9n, ste1: 0xd4n, enableAts: false },
      { ste0: 0xbn, ste1: 0xd4n, enableAts: true },
    ]);
    expect(h.obj(h.nested(2, 4, VSTE.translate).id)).toMatchObject({ enableAts: false });
  });
});

const KERNELS = ["6.13", "6.15", "6.17", "6.19", "7.0", "7.1", "7.3.0", "7.3", "next", "plan-2026"];
const EATS = 1n << 28n;
const FWB = 1n << 25n;
const MEV = 1n << 19n;

describe("physical STE", () => {
  it("K-STE-1: unused, bound, detached: abort words", () => {
    const h = base();
    const abort = [1n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
    expect(h.ste()).toEqual(abort);
    h.attach(0, 3);
    h.detach();
    expect(h.rules).toContain("K-STE-1");
    expect(h.ste()).toEqual(abort);
    expect(h.world.hw.devices[0]?.ats).toBe(false);
  });

  it("K-STE-2: identity, with SHCFG incoming where attributes can be overridden", () => {
    expect(new RawHost({}).ste()).toEqual([9n, 0n, 0n, 0n, 0n, 0n, 0n, 0n]);
    expect(new RawHost({ psmmus: [{ attrTypesOvr: true }] }).ste()).toEqual([
      9n,
      1n << 44n,
      0n,
      0n,
      0n,
      0n,
      0n,
      0n,
    ]);
    const h = base();
    h.unbind();
    expect(h.rules).toContain("K-STE-2");
    expect(h.ste()[0]).toBe(9n);
  });

  it("K-STE-3: host stage 1, by default domain or by auto domain: S1DSS 2, WB caches, inner shareable", () => {
    const dma = new RawHost({ groups: [{ defaultDomain: "dma" }] });
    const [w0 = 0n, w1 = 0n, w2, w3] = dma.ste();
    expect(w0 & 0xfn).toBe(0xbn);
    expect(w1).toBe(2n | (1n << 2n) | (1n << 4n) | (3n << 6n) | EATS);
    expect([w2, w3]).toEqual([0n, 0n]);
    expect(dma.world.hw.devices[0]?.ats).toBe(true);
    const h = base();
    h.attach(0, 1);
    expect(h.rules).toContain("K-STE-3");
    expect(h.ste()).toEqual(dma.ste());
    expect(h.steText()).toBe("5/0/1");
    const deaf = new RawHost({ groups: [{ defaultDomain: "dma" }], devices: [{ ats: false }] });
    expect(deaf.steText()).toBe("5/0/0");
  });

  it("K-STE-3: S1STALLD unless the SMMU cannot stall or the device does; S1CDMax and a two-level CD table", () => {
    const word = (p: object, d: object): readonly bigint[] =>
      new RawHost({ psmmus: [p], devices: [d], groups: [{ defaultDomain: "dma" }] }).ste();
    const stalld = (w: readonly bigint[]): bigint => ((w[1] ?? 0n) >> 27n) & 1n;
    expect(stalld(word({ stallModel: 1 }, {}))).toBe(0n);
    expect(stalld(word({ stallModel: 0 }, {}))).toBe(1n);
    expect(stalld(word({ stallModel: 0 }, { stall: true }))).toBe(0n);
    // An SMMU that forces stalls forces them on every device.
    expect(stalld(word({ stallModel: 2 }, {}))).toBe(0n);
    const [small = 0n] = word({ ssidBits: 10 }, {});
    const [large = 0n] = word({ ssidBits: 20 }, {});
    expect([small >> 59n, (small >> 4n) & 3n]).toEqual([10n, 0n]);
    expect([large >> 59n, (large >> 4n) & 3n]).toEqual([20n, 2n]);
  });

  it("K-STE-4: the S2 words of a recorded 44-bit host", () => {
    const h = base({ psmmus: [{ oas: 44, s2fwb: false, ats: false }] });
    h.attach(0, 3);
    expect(h.rules).toContain("K-STE-4");
    const ttb = h.obj(3)?.type === "HWPT_PAGING" ? (h.obj(3) as { ttb: bigint }).ttb : 0n;
    expect(h.ste()).toEqual([0xdn, 0n, 0x044c_3594_0000_0001n, ttb, 0n, 0n, 0n, 0n]);
  });

  it("K-STE-4: S2FWB, SHCFG, EATS, and S2S of a stalling device", () => {
    const h = base({ psmmus: [{ attrTypesOvr: true }] });
    h.attach(0, 3);
    expect(h.ste()[1]).toBe(EATS | FWB | (1n << 44n));
    const s2s = (stallModel: 0 | 1 | 2, stall: boolean): bigint => {
      const s = base({ psmmus: [{ stallModel }], devices: [{ stall }] });
      s.attach(0, 3);
      return ((s.ste()[2] ?? 0n) >> 57n) & 1n;
    };
    // By SMMU: both models, terminate only, stall forced.
    expect([s2s(0, true), s2s(0, false)]).toEqual([1n, 0n]);
    expect([s2s(1, true), s2s(1, false)]).toEqual([0n, 0n]);
    expect([s2s(2, true), s2s(2, false)]).toEqual([1n, 1n]);
    // The quirk belongs to nest parents alone.
    const plain = new RawHost({ psmmus: [{ s1: false }] });
    plain.ioas();
    plain.bind();
    plain.attach(0, 1);
    expect([plain.steText(), plain.ste()[1]]).toEqual(["6/1/1", EATS]);
  });

  it("K-STE-5: a bypass vSTE is the plain S2 STE to the bit since 7.0; before, EATS differs", () => {
    for (const kernel of KERNELS.filter((k) => k !== "plan-2026")) {
      const h = base({ kernel });
      h.attach(0, 3);
      const direct = h.ste();
      h.attach(0, h.nested(2, 4, VSTE.bypass).id);
      expect(h.rules).toContain("K-STE-5");
      const old = ["6.13", "6.15", "6.17", "6.19"].includes(kernel);
      expect(h.ste(), kernel).toEqual(old ? direct.map((w, i) => (i === 1 ? w & ~EATS : w)) : direct);
      expect(h.world.hw.devices[0]?.ats).toBe(!old);
    }
  });

  it("K-STE-6: a translate vSTE: Config 7, the guest's words, MEV from 6.15, EATS by wish", () => {
    for (const kernel of KERNELS) {
      const h = base({ kernel });
      h.attach(0, h.nested(2, 4, VSTE.translateAts).id);
      expect(h.rules).toContain("K-STE-6");
      const mev = kernel === "6.13" ? 0n : MEV;
      expect([h.ste()[0], h.ste()[1]]).toEqual([0x4882000fn, 0xd4n | mev | FWB | EATS]);
      expect(h.world.hw.devices[0]?.ats).toBe(true);
      h.attach(0, h.nested(2, 4, VSTE.translate).id);
      expect(h.ste()[1]).toBe(0xd4n | mev | FWB);
      expect(h.world.hw.devices[0]?.ats).toBe(false);
    }
  });

  it("K-STE-6: the recorded translate STE of a host without ATS and S2FWB", () => {
    const h = base({ psmmus: [{ oas: 44, s2fwb: false, ats: false }] });
    h.attach(0, h.nested(2, 4, VSTE.translate).id);
    expect(h.ste().slice(0, 3)).toEqual([0x4882000fn, 0x800d4n, 0x044c_3594_0000_0001n]);
  });

  it("K-STE-7, K-ATS-3: abort and V=0 are abort STEs; PCI ATS stays on since 7.0", () => {
    for (const kernel of KERNELS)
      for (const vste of [VSTE.abort, VSTE.invalid]) {
        const h = base({ kernel });
        h.attach(0, h.nested(2, 4, vste).id);
        expect(h.rules).toContain("K-STE-7");
        expect(h.ste()).toEqual([...ABORT_STE]);
        const on = !["6.13", "6.15", "6.17", "6.19"].includes(kernel);
        expect(h.world.hw.devices[0]?.ats, kernel).toBe(on);
        expect(h.rules.includes("K-ATS-3")).toBe(on);
      }
  });

  it("K-ATS-1: SMMU, root complex and endpoint must all have it", () => {
    const cases: [RawSetup, string][] = [
      [{}, "6/1/1"],
      [{ psmmus: [{ ats: false }] }, "6/1/0"],
      [{ devices: [{ ats: false }] }, "6/1/0"],
    ];
    for (const [setup, text] of cases) {
      const h = base(setup);
      h.attach(0, 3);
      expect([h.steText(), h.rules.includes("K-ATS-1")]).toEqual([text, text === "6/1/1"]);
      expect(h.world.hw.devices[0]?.ats).toBe(text === "6/1/1");
    }
  });

  it("K-ATS-2: a translate vSTE without EATS disables ATS; the ATC is flushed after it went off", () => {
    const h = base();
    h.attach(0, 3);
    h.attach(0, h.nested(2, 4, VSTE.translate).id);
    expect(h.rules).toContain("K-ATS-2");
    expect(h.world.hw.devices[0]?.ats).toBe(false);
    expect(h.commands).toContainEqual([0x40n | (0x100n << 32n), 52n]);
    h.attach(0, 5 + 1);
    expect(h.commands.some(([q0]) => (q0 & 0xffn) === 0x40n)).toBe(false);
  });

  it("K-STE-8: a function that needs ATS keeps a CD table and ATS under identity, from 7.3", () => {
    const setup = (kernel: string): RawHost =>
      new RawHost({ kernel, psmmus: [{ ssidBits: 5 }], devices: [{ atsAlwaysOn: true }] });
    const h = setup("7.3");
    const [w0 = 0n, w1 = 0n] = h.ste();
    expect([(w0 >> 1n) & 7n, w0 >> 59n, w1 & 3n, w1 & EATS]).toEqual([5n, 5n, 1n, EATS]);
    expect(h.world.hw.devices[0]?.ats).toBe(true);
    expect(setup("7.1").steText()).toBe("4/0/0");
    h.bind();
    expect([h.steText(), h.world.hw.devices[0]?.ats]).toEqual(["0/0/0", false]);
    h.unbind();
    expect(h.rules).toContain("K-STE-8");
  });

  it("K-STE-10: where such a function cannot have ATS it is not probed: abort STE, and bind gives EINVAL", () => {
    for (const p of [{ ats: false, ssidBits: 5 }, { s1: false, ssidBits: 5 }, { ssidBits: 0 }]) {
      const h = new RawHost({ psmmus: [p], devices: [{ atsAlwaysOn: true }] });
      expect(h.ste()).toEqual([...ABORT_STE]);
      expect(h.bind().errno).toBe("EINVAL");
    }
  });

  it("K-STE-4: a default DMA domain on an SMMU without stage 1 is a stage 2 with a VMID", () => {
    const h = new RawHost({ psmmus: [{ s1: false }], groups: [{ defaultDomain: "dma" }] });
    expect([h.steText(), h.vmids()]).toEqual(["6/1/1", [1]]);
    h.ioas();
    h.bind();
    h.attach(0, 1);
    expect([h.steText(), h.vmids()]).toEqual(["6/2/1", [1, 2]]);
  });

  it("every stream of a device carries the same STE", () => {
    const h = base({ kernel: "7.1", devices: [{ sids: [0x10, 0x11, 0x10] }] });
    h.attach(0, 3);
    expect(h.world.hw.devices[0]?.stes.map((s) => s[0])).toEqual([0xdn, 0xdn, 0xdn]);
    // CFGI_STE for each StreamID once.
    const cfgi = h.commands.filter(([q0]) => (q0 & 0xffn) === 3n).map(([q0]) => Number(q0 >> 32n));
    expect([...new Set(cfgi)]).toEqual([0x10, 0x11]);
    expect(initialStreams(rawSetup({ devices: [{ sids: [] }] }), 0).stes).toEqual([]);
  });
});

describe("K-STE-9: the order of an STE update", () => {
  const S2 = [0xdn, 0n, 0x044c_3594_0000_0001n, 0x4497_a000n, 0n, 0n, 0n, 0n] as const;
  const TRANSLATE = [0x4882000fn, 0x800d4n, 0x044c_3594_0000_0001n, 0x4497_a000n, 0n, 0n, 0n, 0n] as const;
  const S1 = [0x4882000bn, 0xd6n, 0n, 0n, 0n, 0n, 0n, 0n] as const;

  it("steps as recorded on a 7.3.4 host: equal none, S2 and abort two each way, S2 to translate two, back three", () => {
    expect(steSteps(S2, S2)).toEqual([]);
    for (const [from, to, count] of [
      [S2, ABORT_STE, 2],
      [ABORT_STE, S2, 2],
      [S2, TRANSLATE, 2],
      [TRANSLATE, ABORT_STE, 2],
      // MEV goes first, then Config, then the leftovers of stage 1.
      [TRANSLATE, S2, 3],
    ] as const) {
      const steps = steSteps(from, to);
      expect(steps).toHaveLength(count);
      // Never taken out on the way.
      expect(steps.every((s) => ((s[0] ?? 0n) & 1n) === 1n)).toBe(true);
      expect(steps.at(-1)).toEqual(to);
    }
    const otherCds = TRANSLATE.map((w, i) => (i === 0 ? w | 0x4000n : w)) as unknown as typeof TRANSLATE;
    expect(steSteps(TRANSLATE, otherCds)).toEqual([otherCds]);
  });

  it("two words in use that differ: the entry is taken out meanwhile", () => {
    const other = S2.map((w, i) => (i === 2 ? w + 1n : i === 3 ? w + 0x1000n : w)) as unknown as typeof S2;
    const steps = steSteps(S2, other);
    expect(steps.map((s) => s[0])).toEqual([0n, 0n, 0xdn]);
  });

  it("a change of MEV and EATS alone is no breaking update", () => {
    const quiet = TRANSLATE.map((w, i) => (i === 1 ? 0x1000_00d4n : w)) as unknown as typeof TRANSLATE;
    expect(steSteps(TRANSLATE, quiet)).toEqual([quiet]);
    expect(steSteps(S1, ABORT_STE).at(-1)).toEqual(ABORT_STE);
  });

  it("S2 to abort on the host queue: CFGI_STE, SYNC, CFGI_STE, SYNC, PREFETCH; an equal STE: PREFETCH", () => {
    const h = base({ psmmus: [{ ats: false }] });
    h.attach(0, 3);
    const abort = h.nested(2, 4, VSTE.abort).id;
    h.attach(0, abort);
    const names = (): number[] => h.commands.map(([q0]) => Number(q0 & 0xffn));
    expect(h.rules).toContain("K-STE-9");
    expect(names()).toEqual([3, 0x46, 3, 0x46, 1]);
    h.attach(0, h.nested(2, 4, VSTE.invalid).id);
    expect(names()).toEqual([1]);
  });
});

describe("stage-2 format", () => {
  it("T0SZ, SL0, TG and PS by output size and granule", () => {
    const fields = (over: object): number[] => {
      const { word2 } = s2Format({ ...DEFAULT_PSMMU, name: "p", ...over });
      const f = (lo: bigint, width: bigint): number => Number((word2 >> lo) & ((1n << width) - 1n));
      return [f(32n, 6n), f(38n, 2n), f(46n, 2n), f(48n, 3n)];
    };
    expect(fields({ oas: 32 })).toEqual([32, 1, 0, 0]);
    expect(fields({ oas: 36 })).toEqual([28, 1, 0, 1]);
    expect(fields({ oas: 40 })).toEqual([24, 1, 0, 2]);
    expect(fields({ oas: 42 })).toEqual([22, 1, 0, 3]);
    expect(fields({ oas: 44 })).toEqual([20, 2, 0, 4]);
    expect(fields({ oas: 48 })).toEqual([16, 2, 0, 5]);
    // 52 bits need 64K pages; with 4K the table stops at 48.
    expect(fields({ oas: 52 })).toEqual([16, 2, 0, 5]);
    expect(fields({ oas: 52, gran4k: false, gran16k: false })).toEqual([12, 2, 1, 6]);
    expect(fields({ oas: 48, gran4k: false })).toEqual([16, 2, 2, 5]);
    expect(fields({ oas: 40, gran4k: false })).toEqual([24, 1, 2, 2]);
  });

  it("a table fits another SMMU by stage, granule, size, coherent walk and S2FWB", () => {
    const p = { ...DEFAULT_PSMMU, name: "p", oas: 44 };
    const fits = (over: object, fwb = false): boolean => s2Compatible(p, { ...p, ...over }, fwb);
    expect(fits({})).toBe(true);
    expect(fits({ oas: 48 })).toBe(true);
    expect(fits({ oas: 42 })).toBe(false);
    expect(fits({ s2: false })).toBe(false);
    expect(fits({ gran4k: false })).toBe(false);
    expect(fits({ gran16k: false, gran64k: false })).toBe(true);
    expect(fits({ coherency: false })).toBe(false);
    expect(fits({ s2fwb: false })).toBe(true);
    expect(fits({ s2fwb: false }, true)).toBe(false);
  });
});
