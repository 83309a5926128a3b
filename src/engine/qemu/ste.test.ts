/** From the guest's STE to the host's attachment (model/qemu.md 3.8). */
import { describe, expect, it } from "vitest";
import { CMDQEN, cmd, Lab, type LabSetup, REG, SMMUEN, STRTAB, SYNC, TRANSLATE } from "./lab.test-helper.ts";
import { STE0_MASK, STE1_MASK } from "./smmuv3-accel-ste.ts";

const A = 0x100;

function one(cr0 = CMDQEN | SMMUEN, s: LabSetup = {}): Lab {
  const lab = new Lab(s);
  lab.plug(0);
  lab.start();
  lab.setup(cr0);
  return lab;
}

/** Installs an STE by CFGI_STE and says what the device is attached to. */
function install(lab: Lab, w0: bigint, w1 = 0n): { ok: boolean; at: number } {
  lab.ste(A, w0, w1);
  const ok = lab.cmds([cmd.cfgiSte(A)]).ok;
  return { ok, at: lab.attached(0) };
}

const config = (c: number): bigint => 1n | (BigInt(c) << 1n);

describe("Config", () => {
  it("0 to 3 and V=0 are abort, 4 bypass (rules Q-STE-ABORT, Q-STE-BYPASS)", () => {
    for (const w0 of [0n, config(5) & ~1n, config(0), config(1), config(2), config(3)]) {
      const lab = one();
      expect(install(lab, w0)).toEqual({ ok: true, at: 5 });
      expect(lab.rules).toContain("Q-STE-ABORT");
      expect(lab.eventArgs("smmuv3_accel_install_ste")).toEqual([{ vsid: A, type: "abort", hwpt_id: 5 }]);
    }
    const lab = one();
    expect(install(lab, config(4))).toEqual({ ok: true, at: 6 });
    expect(lab.rules).toContain("Q-STE-BYPASS");
  });

  it("5 makes a nested HWPT (rule Q-STE-TRANSLATE)", () => {
    const lab = one();
    expect(install(lab, ...TRANSLATE)).toEqual({ ok: true, at: 8 });
    expect(lab.eventArgs("smmuv3_accel_translate_ste")).toEqual([
      { vsid: A, hwpt_id: 8, ste_1: 0xd4n, ste_0: 0x4882000bn },
    ]);
    expect(lab.slot(0).s1Hwpt).toBe(8);
  });

  it("6 and 7 are an error and move nothing (D8; rule Q-STE-CONFIG)", () => {
    for (const c of [6, 7]) {
      const lab = one();
      install(lab, ...TRANSLATE);
      expect(install(lab, config(c))).toEqual({ ok: false, at: 8 });
      expect(lab.calls).toEqual([]);
      expect(lab.rules).toContain("Q-STE-CONFIG");
      expect(lab.smmu().regs.cmdqCons >>> 24).toBe(1);
    }
  });
});

describe("a HWPT that cannot be destroyed", () => {
  it("is only printed: the STE is installed and the command succeeds (rule Q-STE-MAKE)", () => {
    const lab = one();
    install(lab, ...TRANSLATE);
    lab.inject("destroy", "EIO");
    lab.ste(A, ...TRANSLATE);
    const r = lab.cmds([cmd.cfgiSte(A)]);
    expect([r.ok, r.errno, r.cmdError]).toEqual([true, "EIO", null]);
    expect(r.messages).toEqual(["Failed to free id: 8 Input/output error"]);
    expect(lab.attached(0)).toBe(9);
    expect(lab.rules).toContain("Q-STE-MAKE");
  });
});

describe("masks", () => {
  it("pass V, Config, S1Fmt, S1ContextPtr, S1CDMax and S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS, and nothing else", () => {
    const bits = (...ranges: [number, number][]): bigint =>
      ranges.reduce((m, [hi, lo]) => m | (((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo)), 0n);
    expect(STE0_MASK).toBe(bits([0, 0], [3, 1], [5, 4], [55, 6], [63, 59]));
    expect(STE1_MASK).toBe(bits([1, 0], [3, 2], [5, 4], [7, 6], [27, 27], [29, 28]));
    const lab = one();
    // SHCFG, STRW, PRIVCFG, MTCFG of word 1 and bits 58:56 of word 0 are dropped.
    install(lab, TRANSLATE[0] | (7n << 56n), TRANSLATE[1] | (0xffff_ffffn << 32n) | (3n << 30n));
    expect(lab.calls[1]).toBe("hwpt-alloc 1 4 ste(0x4882000b,0xd4) = 8");
  });

  it("let EATS=2 through to the host, which refuses it; the device keeps its HWPT (D9; rule Q-STE-ALLOC-FAIL)", () => {
    const lab = one();
    install(lab, config(4));
    const r = install(lab, TRANSLATE[0], TRANSLATE[1] | (2n << 28n));
    expect(r).toEqual({ ok: false, at: 6 });
    expect(lab.rules).toContain("Q-STE-ALLOC-FAIL");
    expect(lab.eventArgs("iommufd_backend_alloc_hwpt")[0]).toMatchObject({ out_hwpt: 0, ret: -1 });
    // Recovery with SYNC: memory says translate, DMA follows bypass.
    expect(lab.attached(0)).toBe(6);
  });
});

describe("SMMUEN=0", () => {
  it("GBPA decides whatever the STE says, and the vDEVICE is made all the same (rules Q-STE-DISABLED, Q-STE-VDEV)", () => {
    const lab = one(CMDQEN);
    lab.write(REG.GBPA, 0x80100000);
    expect(install(lab, ...TRANSLATE)).toEqual({ ok: true, at: 5 });
    expect(lab.rules).toEqual(expect.arrayContaining(["Q-STE-VDEV", "Q-STE-DISABLED"]));
    expect(install(lab, config(6))).toEqual({ ok: true, at: 5 });
    lab.write(REG.GBPA, 0x80000000);
    expect(install(lab, config(0))).toEqual({ ok: true, at: 6 });
  });
});

describe("failures", () => {
  it("no vDEVICE: the STE is not looked at; the next CFGI tries again (rule Q-STE-VDEV-FAIL)", () => {
    const lab = one();
    lab.inject("vdevice-alloc", "EEXIST");
    expect(install(lab, config(0))).toEqual({ ok: false, at: 6 });
    expect(lab.rules).toContain("Q-STE-VDEV-FAIL");
    expect(lab.events).not.toContain("smmuv3_find_ste");
    lab.write(REG.GERRORN, 1);
    expect(lab.attached(0)).toBe(5);
  });

  it("attach of a translate HWPT: it is destroyed, the previous one stays, the vDEVICE survives (rule Q-STE-ATTACH-FAIL)", () => {
    const lab = one();
    install(lab, ...TRANSLATE);
    lab.inject("attach", "ENOMEM");
    expect(install(lab, TRANSLATE[0] | (1n << 12n), TRANSLATE[1])).toEqual({ ok: false, at: 8 });
    expect(lab.calls).toEqual([
      "hwpt-alloc 1 4 ste(0x4882100b,0xd4) = 9",
      "attach d0 9 !ENOMEM",
      "destroy 9",
    ]);
    expect(lab.rules).toContain("Q-STE-ATTACH-FAIL");
    expect(lab.slot(0)).toMatchObject({ s1Hwpt: 8, vdev: { id: 7, virtId: A } });
  });

  it("attach of abort: the translate HWPT stays on record (rule Q-STE-ATTACH-FAIL)", () => {
    const lab = one();
    install(lab, ...TRANSLATE);
    lab.inject("attach", "ENOMEM");
    expect(install(lab, config(0))).toEqual({ ok: false, at: 8 });
    expect(lab.calls).toEqual(["attach d0 5 !ENOMEM"]);
    expect(lab.slot(0).s1Hwpt).toBe(8);
  });
});

describe("finding the STE", () => {
  /** After an install of translate (HWPT 8), what a CFGI_STE does under another table. */
  const miss = (prepare: (lab: Lab) => void): Lab => {
    const lab = one();
    install(lab, ...TRANSLATE);
    prepare(lab);
    const r = lab.cmds([cmd.cfgiSte(A), SYNC]);
    expect(r.ok).toBe(true);
    expect(lab.calls).toEqual([]);
    expect(lab.rules).toContain("Q-STE-MISS");
    expect(lab.attached(0)).toBe(8);
    return lab;
  };
  const twoLevel = (lab: Lab, log2size = 16, split = 8): void => {
    lab.write(REG.STRTAB_BASE, 0x48100000n, 8);
    lab.write(REG.STRTAB_CFG, 0x10000 | (split << 6) | log2size);
  };

  it("a SID beyond LOG2SIZE misses: the old HWPT stays, no event (D6; rules Q-STE-RANGE, Q-STE-MISS)", () => {
    const lab = miss((x) => x.write(REG.STRTAB_CFG, 8));
    expect(lab.rules).toContain("Q-STE-RANGE");
    expect(lab.events).not.toContain("smmuv3_get_ste");
    // 2^9 entries are enough for SID 0x100.
    lab.write(REG.STRTAB_CFG, 9);
    lab.cmds([cmd.cfgiSte(A)]);
    expect(lab.calls).toHaveLength(3);
  });

  it("LOG2SIZE beyond 16 bits is cut to 16 (rule Q-STE-RANGE)", () => {
    const lab = new Lab({ devices: [{ sids: [0x100], bdf: 0xffff }] });
    lab.plug(0);
    lab.setup(CMDQEN | SMMUEN);
    lab.write(REG.STRTAB_CFG, 63);
    lab.write(REG.STRTAB_BASE, 0n, 8);
    lab.store(64n * 0xffffn, 9n);
    expect(lab.cmds([cmd.cfgiSte(0xffff)]).ok).toBe(true);
    expect(lab.rules).toContain("Q-STE-BYPASS");
  });

  it("an unreadable STE misses (rule Q-STE-READ)", () => {
    const lab = miss((x) => {
      x.ram({ base: 0n, size: STRTAB + 64n * BigInt(A) + 32n }, { base: 0x4880_0000n, size: 0x100_0000n });
    });
    expect(lab.rules).toContain("Q-STE-READ");
    expect(lab.events).toContain("smmuv3_get_ste");
  });

  it("an unreadable level-1 descriptor misses (rule Q-STE-L1-READ)", () => {
    const lab = miss((x) => {
      twoLevel(x);
      x.ram({ base: 0n, size: 0x4810_0000n }, { base: 0x4880_0000n, size: 0x100_0000n });
    });
    expect(lab.rules).toContain("Q-STE-L1-READ");
  });

  it("span 0 misses (rule Q-STE-SPAN0)", () => {
    expect(miss((x) => twoLevel(x)).rules).toContain("Q-STE-SPAN0");
  });

  it("an index above 2^span - 1 misses; that is twice the architectural limit (rule Q-STE-L2-RANGE)", () => {
    // SID 0x108: level-1 index 1, level-2 index 8.
    const lab = new Lab({ devices: [{ sids: [0x100], bdf: 0x108 }] });
    lab.plug(0);
    lab.setup(CMDQEN | SMMUEN);
    twoLevel(lab);
    lab.store(0x48100008n, 0x4820_0000n | 3n);
    lab.store(0x4820_0000n + 8n * 64n, 1n);
    lab.cmds([cmd.cfgiSte(0x108)]);
    expect(lab.rules).toContain("Q-STE-L2-RANGE");
    expect(lab.eventArgs("smmuv3_find_ste_2lvl")).toEqual([
      { base: 0x48100000n, l1ptr: 0x48100008n, l1off: 1, l2ptr: 0x4820_0000n, l2off: 8, max: 7 },
    ]);
    // Span 4: the architecture allows 2^(4-1) = 8 entries, index 8 is beyond; QEMU accepts up to 15.
    lab.store(0x48100008n, 0x4820_0000n | 4n);
    lab.cmds([cmd.cfgiSte(0x108)]);
    expect(lab.eventArgs("smmuv3_get_ste")).toEqual([{ addr: 0x4820_0200n }]);
    expect(lab.attached(0)).toBe(5);
  });

  it("the table base is aligned to the table's size: linear LOG2SIZE+5 bits, level 1 at least 2^5", () => {
    const lab = one();
    lab.write(REG.STRTAB_BASE, STRTAB + 0x1ffc0n, 8);
    install(lab, config(4));
    // 2^12 entries: 17 bits are cleared.
    expect(lab.eventArgs("smmuv3_get_ste")).toEqual([{ addr: STRTAB + 0x4000n }]);
    // Level 1 with LOG2SIZE 16, SPLIT 8: 16 - 8 - 1 + 3 = 10 bits.
    twoLevel(lab);
    lab.write(REG.STRTAB_BASE, 0x481003c0n, 8);
    lab.store(0x48100008n, 0x4820_0000n | 9n);
    lab.cmds([cmd.cfgiSte(A)]);
    expect(lab.eventArgs("smmuv3_find_ste_2lvl")[0]).toMatchObject({ base: 0x481003c0n, l1ptr: 0x48100008n });
  });

  it("FMT=0 after FMT=1 is still decoded as two-level until a reset (D19; rule Q-REG-2LVL)", () => {
    const lab = one();
    twoLevel(lab);
    expect(lab.rules).toContain("Q-REG-2LVL");
    lab.write(REG.STRTAB_BASE, STRTAB, 8);
    lab.write(REG.STRTAB_CFG, 12);
    install(lab, config(0));
    expect(lab.eventArgs("smmuv3_find_ste")).toEqual([{ sid: A, features: 1, split: 8 }]);
    expect(lab.attached(0)).toBe(6);
    lab.reset();
    lab.setup(CMDQEN | SMMUEN);
    expect(install(lab, config(0)).at).toBe(5);
  });
});

describe("the frozen vSID", () => {
  it("D14: after a renumbering the STE of the new SID is installed, the vDEVICE keeps the old one (rule Q-SID-RENUMBER)", () => {
    const lab = one();
    install(lab, config(4));
    expect(lab.renumber(0, 0x300).ok).toBe(true);
    expect(lab.rules).toContain("Q-SID-RENUMBER");
    lab.ste(0x300, 1n);
    lab.cmds([cmd.cfgiSte(0x300)]);
    expect(lab.calls).toEqual(["attach d0 5"]);
    expect(lab.slot(0).vdev).toEqual({ id: 7, virtId: A });
    // CFGI_CD names the new SID, which the host does not know.
    expect(lab.cmds([cmd.cfgiCd(0x300)])).toMatchObject({ cmdError: "ill", errno: "EIO" });
  });

  it("D14: two devices that had the same SID collide", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.setup(CMDQEN | SMMUEN);
    lab.ste(A, 9n);
    lab.cmds([cmd.cfgiSte(A)]);
    lab.renumber(0, 0x300);
    lab.plug(1, 0, { bdf: A });
    expect(lab.cmds([cmd.cfgiSte(A)])).toMatchObject({ cmdError: "ill", errno: "EEXIST" });
    expect(lab.renumber(0, 0x300).rejected).toBe(true);
  });
});
