/** IOMMU_HWPT_INVALIDATE: core checks, array forms, conversion and the field check (sections 2.7 and 5). */
import { describe, expect, it } from "vitest";
import { DEFAULT_PSMMU, type PsmmuSpec } from "../setup.ts";
import type { Command } from "./calls.ts";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";
import { allowedBits } from "./user-cmd.ts";

/** IOAS 1, DEVICE 2 of d0 (SID 0x100), nest parent 3, VIOMMU 4, vDEVICE 5 (vSID 0x20). */
function base(setup: RawSetup = {}): RawHost {
  const h = new RawHost(setup);
  h.ioas();
  h.bind();
  h.paging(2, 1);
  h.viommu(2, 3);
  h.vdevice(4, 2, 0x20n);
  return h;
}

const ALL: Command = [0x10n, 0n];
const BAD: Command = [0x03n, 1n];
const many = (n: number, badAt = -1): Command[] =>
  Array.from({ length: n }, (_, i) => (i === badAt ? BAD : ([0x11n | (BigInt(i) << 48n), 0n] as const)));

describe("core", () => {
  const check = (h: RawHost, over: object, errno: string, rule: string, id = 4): void => {
    expect(h.invalidate(id, [ALL], over)).toMatchObject({ errno, done: 0, issued: [] });
    expect(h.rules).toContain(rule);
    expect(h.commands).toEqual([]);
  };

  it("K-INV-1: reserved, before anything else", () => {
    check(base(), { reserved: 1, entryLen: 0 }, "EOPNOTSUPP", "K-INV-1", 99);
  });

  it("K-INV-2: entries without an array or without length; with limits, too long or too many", () => {
    const h = base();
    check(h, { cmds: [] }, "EINVAL", "K-INV-2", 99);
    check(h, { entryLen: 0 }, "EINVAL", "K-INV-2", 99);
    check(h, { entryLen: 4097 }, "EINVAL", "K-INV-2", 99);
    check(h, { entryNum: 2 ** 19 + 1 }, "EINVAL", "K-INV-2", 99);
    expect(base({ kernel: "7.1" }).invalidate(4, [ALL], { entryLen: 4097 }).errno).toBeNull();
    // The limits themselves are allowed.
    expect(h.invalidate(4, [ALL], { entryLen: 4096 })).toMatchObject({ errno: null, done: 1 });
    expect(h.invalidate(4, [ALL], { entryNum: 2 ** 19 })).toMatchObject({ errno: "ENOMEM" });
    expect(base({ kernel: "next" }).invalidate(4, [ALL], { entryNum: 2 ** 19 }).errno).toBe("EFAULT");
  });

  it("K-INV-3: an unknown id; before 6.13 every id", () => {
    check(base(), {}, "ENOENT", "K-INV-3", 99);
    const old = new RawHost({ kernel: "6.12" });
    old.ioas();
    check(old, {}, "ENOENT", "K-INV-3", 1);
  });

  it("K-INV-4, K-INV-6: a nested HWPT EOPNOTSUPP, any other type EINVAL", () => {
    const h = base();
    const nested = h.nested(2, 4, VSTE.abort).id;
    check(h, {}, "EOPNOTSUPP", "K-INV-4", nested);
    for (const id of [1, 2, 3, 5]) check(h, {}, "EINVAL", "K-INV-6", id);
  });
});

describe("array, loop form", () => {
  it("K-ARRAY-1: more than 2^18 entries are ENOMEM, and the count stays the input's", () => {
    const h = base();
    const r = h.invalidate(4, [ALL], { entryNum: 2 ** 18 + 1, dataType: 7 });
    expect(r).toMatchObject({ errno: "ENOMEM", done: 2 ** 18 + 1, issued: [] });
    expect(h.rules).toContain("K-ARRAY-1");
    // 2^18 fit, and then it is the caller's array that ends too early.
    expect(h.invalidate(4, [ALL], { entryNum: 2 ** 18 })).toMatchObject({ errno: "EFAULT", done: 0 });
    expect(base({ kernel: "7.1" }).invalidate(4, [ALL], { entryNum: 2 ** 20 })).toMatchObject({
      errno: "ENOMEM",
    });
  });

  it("K-ARRAY-2, K-ARRAY-3, K-ARRAY-4: type, empty array, unreadable end, in this order", () => {
    const h = base();
    expect(h.invalidate(4, [], { dataType: 0 })).toMatchObject({ errno: "EINVAL", done: 0 });
    expect(h.rules).toContain("K-ARRAY-2");
    expect(h.invalidate(4, [])).toMatchObject({ errno: "EINVAL", done: 0 });
    expect(h.rules).toContain("K-ARRAY-3");
    expect(h.invalidate(4, [ALL], { entryNum: 2 })).toMatchObject({ errno: "EFAULT", done: 0, issued: [] });
    expect(h.rules).toContain("K-ARRAY-4");
  });

  it("K-ARRAY-5: 100 entries, index 70 illegal: EIO, count 70, hardware saw 63", () => {
    const h = base();
    const r = h.invalidate(4, many(100, 70));
    expect([r.errno, r.done, r.issued.length]).toEqual(["EIO", 70, 63]);
    expect(h.rules).toContain("K-ARRAY-5");
    expect(h.commands.length).toBe(64);
    expect(h.commands.at(-1)).toEqual([0x46n, 0n]);
  });

  it("K-ARRAY-5: nothing is stranded by a bad first entry, or one right behind a full batch", () => {
    for (const [n, badAt] of [
      [3, 0],
      [100, 63],
    ] as const) {
      const h = base();
      const r = h.invalidate(4, many(n, badAt));
      expect([r.errno, r.done, r.issued.length]).toEqual(["EIO", badAt, badAt]);
      expect(h.rules).not.toContain("K-ARRAY-5");
    }
  });

  it("batches of 63, each with a SYNC", () => {
    const h = base();
    const r = h.invalidate(4, many(130));
    expect([r.done, r.issued.length]).toEqual([130, 130]);
    const syncs = h.commands.flatMap(([q0], i) => (q0 === 0x46n ? [i] : []));
    expect(syncs).toEqual([63, 127, 132]);
    const h63 = base();
    h63.invalidate(4, many(63));
    expect(h63.commands.filter(([q0]) => q0 === 0x46n)).toHaveLength(1);
  });

  it("entry_len: shorter entries are filled with zeros, longer ones read to 16 bytes", () => {
    const h = base();
    const va: Command = [0x0001_0000_0000_0012n, 0x20_0001n];
    expect(h.invalidate(4, [va], { entryLen: 8 }).issued).toEqual([[va[0] | (1n << 32n), 0n]]);
    expect(h.invalidate(4, [va], { entryLen: 9 }).issued).toEqual([[va[0] | (1n << 32n), 1n]]);
    expect(h.invalidate(4, [va], { entryLen: 1 }).issued).toEqual([[0x12n | (1n << 32n), 0n]]);
    expect(h.invalidate(4, [va], { entryLen: 64 }).issued).toEqual([[va[0] | (1n << 32n), va[1]]]);
    expect(h.invalidate(4, [ALL, BAD], { entryNum: 1 })).toMatchObject({ errno: null, done: 1 });
  });
});

describe("array, batch form", () => {
  const next = { kernel: "next" };

  it("K-ARRAY-6: a batch goes out whole or not at all, and only sent entries count", () => {
    const h = base(next);
    const r = h.invalidate(4, many(100, 70));
    expect([r.errno, r.done, r.issued.length]).toEqual(["EIO", 63, 63]);
    expect(h.rules).toContain("K-ARRAY-6");
    expect(h.invalidate(4, many(130))).toMatchObject({ errno: null, done: 130 });
    expect(h.invalidate(4, many(3, 1))).toMatchObject({ errno: "EIO", done: 0, issued: [] });
  });

  it("K-ARRAY-2, K-ARRAY-3, K-ARRAY-4: type first, an empty array is a probe, an unreadable batch is not sent", () => {
    const h = base(next);
    expect(h.invalidate(4, [], { dataType: 2 })).toMatchObject({ errno: "EINVAL", done: 0 });
    expect(h.invalidate(4, [])).toMatchObject({ errno: null, done: 0, issued: [] });
    expect(h.rules).toContain("K-ARRAY-3");
    const r = h.invalidate(4, many(70), { entryNum: 80 });
    expect([r.errno, r.done, r.issued.length]).toEqual(["EFAULT", 63, 63]);
  });
});

describe("conversion", () => {
  const loose = { knobs: { fieldCheck: false } };

  it("K-CONV-1: NSNH_ALL becomes NH_ALL, all other bits dropped", () => {
    const h = base(loose);
    expect(h.invalidate(4, [[0xffff_ffff_ffff_ff30n, 0xffffn]]).issued).toEqual([[0x10n | (1n << 32n), 0n]]);
    expect(h.rules).toContain("K-CONV-1");
  });

  it.each([0x10n, 0x11n, 0x12n, 0x13n])("K-CONV-2: VMID of 0x%s overwritten, the rest kept", (op) => {
    const h = base(loose);
    const r = h.invalidate(4, [[0xabcd_ffff_1234_5600n | op, 0x1234n]]);
    expect(r.issued).toEqual([[0xabcd_0001_1234_5600n | op, 0x1234n]]);
    expect(h.rules).toContain("K-CONV-2");
  });

  it.each([0x40n, 0x05n, 0x06n])(
    "K-CONV-3: vSID of 0x%s replaced by the first StreamID, the rest kept",
    (op) => {
      const h = base({ kernel: "7.1", devices: [{ sids: [0x77, 0x78] }] });
      const r = h.invalidate(4, [[0x0000_0020_1234_5600n | op, 0x1234n]]);
      expect(r.issued).toEqual([[0x0000_0077_1234_5600n | op, 0x1234n]]);
      expect(h.rules).toContain("K-CONV-3");
    },
  );

  it("K-CONV-3, K-CONV-4: by vDEVICE alone, attached or not; a vSID above 32 bits cannot be named", () => {
    const h = base();
    const cd: Command = [0x05n | (0x20n << 32n), 1n];
    expect(h.invalidate(4, [cd]).errno).toBeNull();
    h.attach(0, h.nested(2, 4, VSTE.translate).id);
    h.destroy(5);
    expect(h.invalidate(4, [cd])).toMatchObject({ errno: "EIO", done: 0 });
    expect(h.rules).toContain("K-CONV-4");
    h.vdevice(4, 2, 0x1_0000_0020n);
    expect(h.invalidate(4, [cd]).errno).toBe("EIO");
    const other = h.viommu(2, 3).id;
    expect(h.invalidate(other, [cd]).errno).toBe("EIO");
  });

  it("K-CONV-5: every other opcode", () => {
    const taken: number[] = [];
    for (const setup of [{}, loose]) {
      const h = base(setup);
      taken.length = 0;
      for (let op = 0; op < 256; op++) {
        const r = h.invalidate(4, [[BigInt(op) | ([0x40, 5, 6].includes(op) ? 0x20n << 32n : 0n), 0n]]);
        if (r.errno === null) taken.push(op);
        else expect(h.rules).toContain("K-CONV-5");
      }
      expect(taken).toEqual([0x05, 0x06, 0x10, 0x11, 0x12, 0x13, 0x30, 0x40]);
    }
  });
});

describe("field check", () => {
  const bitsOf = (mask: bigint): string => {
    const out: string[] = [];
    for (let hi = 63; hi >= 0; hi--) {
      if (((mask >> BigInt(hi)) & 1n) === 0n) continue;
      let lo = hi;
      while (lo > 0 && ((mask >> BigInt(lo - 1)) & 1n) === 1n) lo--;
      out.push(hi === lo ? `${hi}` : `${hi}:${lo}`);
      hi = lo;
    }
    return out.join(" ");
  };
  const rich: PsmmuSpec = { ...DEFAULT_PSMMU, name: "p", ssidBits: 20, ds: true };
  const poor: PsmmuSpec = { ...DEFAULT_PSMMU, name: "p", asidBits: 8, rangeInv: false };

  it.each([
    [0x30, "7:0", "", "7:0", ""],
    [0x10, "47:32 7:0", "", "47:32 7:0", ""],
    [0x11, "63:32 7:0", "", "55:32 7:0", ""],
    [0x12, "63:32 25:20 16:12 7:0", "63:8 0", "55:32 7:0", "63:12 0"],
    [0x13, "47:32 25:20 16:12 7:0", "63:8 0", "47:32 7:0", "63:12 0"],
    [0x40, "63:11 9 7:0", "63:12 5:0", "63:32 7:0", "63:12 5:0"],
    [0x05, "63:12 7:0", "0", "63:32 7:0", "0"],
    [0x06, "63:32 7:0", "", "63:32 7:0", ""],
  ])("K-FIELD-1: bits of opcode 0x%s on a rich and on a poor SMMU", (op, rich0, rich1, poor0, poor1) => {
    expect(allowedBits(rich, BigInt(op))?.map(bitsOf)).toEqual([rich0, rich1]);
    expect(allowedBits(poor, BigInt(op))?.map(bitsOf)).toEqual([poor0, poor1]);
  });

  it("K-FIELD-1: SCALE has five bits without DS; a bit too much is EIO", () => {
    expect(bitsOf(allowedBits(DEFAULT_PSMMU as PsmmuSpec, 0x12n)?.[0] ?? 0n)).toBe("63:32 24:20 16:12 7:0");
    const h = base();
    expect(h.invalidate(4, [[0x11n, 0x1000n]]).errno).toBe("EIO");
    expect(h.rules).toContain("K-FIELD-1");
    const narrow = base({ psmmus: [{ asidBits: 8 }] });
    expect(narrow.invalidate(4, [[0x11n | (255n << 48n), 0n]]).errno).toBeNull();
    expect(narrow.invalidate(4, [[0x11n | (256n << 48n), 0n]]).errno).toBe("EIO");
  });

  it("K-FIELD-2: every combination of TG, NUM, SCALE and TTL against the rule", () => {
    for (const ds of [false, true]) {
      const h = base({ psmmus: [{ ds }] });
      for (const op of [0x12n, 0x13n])
        for (const tg of [0n, 1n, 2n, 3n])
          for (const ttl of [0n, 1n, 2n, 3n])
            for (const num of [0n, 1n])
              for (const scale of [0n, 1n]) {
                const zero = num === 0n && scale === 0n && ttl === 0n;
                const bad = tg === 0n ? !zero : zero || (tg === 2n && ttl === 1n && !ds);
                const cmd: Command = [op | (num << 12n) | (scale << 20n), (ttl << 8n) | (tg << 10n)];
                expect(h.invalidate(4, [cmd]).errno, `${cmd}`).toBe(bad ? "EIO" : null);
                if (bad) expect(h.rules).toContain("K-FIELD-2");
              }
    }
  });

  it("K-FIELD-3: ATC_INV without ATS on the SMMU, or larger than everything", () => {
    const atc = (size: bigint): Command => [0x40n | (0x20n << 32n), size];
    const h = base();
    expect(h.invalidate(4, [atc(52n)]).errno).toBeNull();
    expect(h.invalidate(4, [atc(53n)]).errno).toBe("EIO");
    expect(h.rules).toContain("K-FIELD-3");
    const deaf = base({ psmmus: [{ ats: false }] });
    expect(deaf.invalidate(4, [atc(0n)]).errno).toBe("EIO");
    expect(deaf.rules).toContain("K-FIELD-3");
    // Without the check all of it passes.
    const old = base({ kernel: "7.3.0", psmmus: [{ ats: false }] });
    expect(old.invalidate(4, [atc(63n)]).errno).toBeNull();
  });

  it("with SSIDs: SSV is not required for SSID and Global, and CFGI_CD never takes it", () => {
    const h = base({ psmmus: [{ ssidBits: 5 }] });
    const sid = 0x20n << 32n;
    expect(h.invalidate(4, [[0x40n | sid | (5n << 12n) | (1n << 9n), 52n]]).errno).toBeNull();
    expect(h.invalidate(4, [[0x05n | sid | (5n << 12n), 1n]]).errno).toBeNull();
    expect(h.invalidate(4, [[0x05n | sid | (1n << 11n), 1n]]).errno).toBe("EIO");
    expect(h.invalidate(4, [[0x40n | sid | (1n << 10n), 52n]]).errno).toBe("EIO");
  });
});
