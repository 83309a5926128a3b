/** The worked traces of the kernel specification (section 9), by their ids. */
import { describe, expect, it } from "vitest";
import { checkInvariants } from "./invariants.ts";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";

const errnoOrId = (r: { errno: string | null; id: number }): string | number => r.errno ?? r.id;

/** T1 up to and including row `last`, under a kernel. */
function t1(last: number, setup: RawSetup = {}): RawHost {
  const h = new RawHost(setup);
  const rows: (() => void)[] = [
    () => h.ioas(),
    () => h.bind(),
    () => h.paging(2, 1),
    () => h.attach(0, 3),
    () => h.viommu(2, 3),
    () => {
      h.nested(2, 4, VSTE.bypass);
      h.nested(2, 4, VSTE.abort);
      h.nested(2, 4, VSTE.translateAts);
    },
    () => h.attach(0, 7),
    () => h.attach(0, 5),
    () => h.vdevice(4, 2, 0x20n),
    () => h.attach(0, 5),
    () => h.vdevice(4, 2, 0x21n),
    () => h.attach(0, 7),
    () => [3, 4, 7, 2].map((id) => h.destroy(id)),
    () => h.destroy(5),
    () => h.destroy(8),
    () => h.attach(0, 6),
    () => h.attach(0, 7),
    () => h.vdevice(4, 2, 0x20n),
    () => h.unbind(),
  ];
  for (const row of rows.slice(0, last)) row();
  return h;
}

describe("T1 life cycle, v7.3", () => {
  it("rows 1 to 6: objects, VMID and STE", () => {
    const h = new RawHost();
    expect(errnoOrId(h.ioas())).toBe(1);
    expect(h.users(1)).toBe(1);
    expect(errnoOrId(h.bind())).toBe(2);
    expect(h.users(2)).toBe(2);
    expect(h.steText()).toBe("0/0/0");
    expect(errnoOrId(h.paging(2, 1))).toBe(3);
    expect([h.users(1), h.users(3)]).toEqual([2, 1]);
    expect(h.vmids()).toEqual([1]);
    expect(errnoOrId(h.attach(0, 3))).toBe(3);
    expect([h.users(3), h.users(2)]).toEqual([2, 3]);
    expect(h.steText()).toBe("6/1/1");
    expect(errnoOrId(h.viommu(2, 3))).toBe(4);
    expect([h.users(3), h.users(4)]).toEqual([3, 1]);
    expect(h.obj(4)).toMatchObject({ vmid: 1 });
    expect(errnoOrId(h.nested(2, 4, VSTE.bypass))).toBe(5);
    expect(errnoOrId(h.nested(2, 4, VSTE.abort))).toBe(6);
    expect(errnoOrId(h.nested(2, 4, VSTE.translateAts))).toBe(7);
    expect(h.users(4)).toBe(4);
  });

  it("rows 7 to 12: vDEVICE rule, no-op re-attach, vmaster", () => {
    const h = t1(6);
    expect(h.attach(0, 7).errno).toBe("ENOENT");
    expect([h.steText(), h.users(3)]).toEqual(["6/1/1", 3]);
    expect(h.attach(0, 5).errno).toBeNull();
    expect([h.users(3), h.users(5), h.steText(), h.vmaster()]).toEqual([2, 2, "6/1/1", null]);
    expect(errnoOrId(h.vdevice(4, 2, 0x20n))).toBe(8);
    expect([h.users(4), h.users(2), h.vmaster()]).toEqual([5, 4, null]);
    expect(h.attach(0, 5).errno).toBeNull();
    expect(h.vmaster()).toBeNull();
    expect(h.vdevice(4, 2, 0x21n).errno).toBe("EEXIST");
    expect(h.attach(0, 7).errno).toBeNull();
    expect([h.users(5), h.users(7), h.steText()]).toEqual([1, 2, "7/1/1"]);
    expect((h.ste()[1] ?? 0n) & (1n << 19n)).toBe(1n << 19n);
    expect(h.vmaster()).toEqual({ viommu: 4, vsid: 0x20n });
  });

  it("rows 13 to 18: DESTROY, a vDEVICE gone while attached", () => {
    const h = t1(12);
    h.veventq(4, 4); // id 9: to see events of row 15; the users of the vIOMMU are one higher below
    const before = h.world.kernel;
    for (const id of [3, 4, 7, 2]) expect(h.destroy(id).errno).toBe("EBUSY");
    expect(h.world.kernel).toEqual(before);
    expect(h.destroy(5).errno).toBeNull();
    expect([h.users(4), h.obj(5)]).toEqual([4 + 1, null]);
    expect(h.destroy(8).errno).toBeNull();
    expect([h.users(4), h.users(2), h.vmaster()]).toEqual([3 + 1, 3, { viommu: 4, vsid: 0x20n }]);
    expect(h.event(0x10)).toMatchObject({ to: "veventq", vsid: 0x20n });
    expect(h.invalidate(4, [[0x2000000005n, 1n]])).toMatchObject({ errno: "EIO", done: 0 });
    expect(h.attach(0, 6).errno).toBeNull();
    expect([h.users(7), h.users(6), h.steText(), h.vmaster()]).toEqual([1, 2, "0/0/0", null]);
    expect(h.attach(0, 7).errno).toBe("ENOENT");
    expect([h.users(7), h.users(6)]).toEqual([1, 2]);
    expect(errnoOrId(h.vdevice(4, 2, 0x20n))).toBe(5);
    expect([h.users(4), h.users(2)]).toEqual([4 + 1, 4]);
  });

  it("rows 19 to 22: close of the device fd, tombstone, drain", () => {
    const h = t1(18);
    expect(h.unbind().errno).toBeNull();
    expect([h.users(6), h.users(4), h.obj(5), h.obj(2)]).toEqual([1, 3, null, null]);
    expect(h.ste()[0]).toBe(9n);
    expect(h.destroy(5).errno).toBe("ENOENT");
    expect(errnoOrId(h.ioas())).toBe(2);
    for (const id of [6, 7, 4]) expect(h.destroy(id).errno).toBeNull();
    expect(h.vmids()).toEqual([1]);
    expect(h.destroy(3).errno).toBeNull();
    expect(h.vmids()).toEqual([]);
  });
});

describe("T1 under other kernels", () => {
  it.each(["6.15", "6.17"])("row 8: bypass without a vDEVICE is ENOENT in v%s", (kernel) => {
    const h = t1(7, { kernel });
    expect(h.attach(0, 5).errno).toBe("ENOENT");
    expect([h.steText(), h.users(3), h.users(5)]).toEqual(["6/1/1", 3, 1]);
  });

  it("row 8: EATS is 0 in v6.19", () => {
    const h = t1(8, { kernel: "6.19" });
    expect([h.steText(), h.world.hw.devices[0]?.ats]).toEqual(["6/1/0", false]);
  });

  it("row 7: translate without a vDEVICE succeeds in v6.13", () => {
    const h = t1(6, { kernel: "6.13" });
    expect(h.attach(0, 7).errno).toBeNull();
    expect([h.steText(), h.vmaster()]).toEqual(["7/1/1", null]);
    // MEV came with the vEVENTQ.
    expect((h.ste()[1] ?? 0n) & (1n << 19n)).toBe(0n);
  });

  it.each(["6.13", "6.15"])("row 11: a second vDEVICE gets id 9 in v%s", (kernel) => {
    const h = t1(10, { kernel });
    expect(h.users(2)).toBe(3);
    expect(errnoOrId(h.vdevice(4, 2, 0x21n))).toBe(9);
  });

  it.each(["6.13", "6.15"])("rows 19, 20: the vDEVICE outlives the device fd in v%s", (kernel) => {
    const h = t1(10, { kernel });
    h.attach(0, 7);
    h.destroy(8);
    h.attach(0, 6);
    expect(errnoOrId(h.vdevice(4, 2, 0x20n))).toBe(8);
    h.unbind();
    expect([h.obj(8)?.type, h.users(4)]).toEqual(["VDEVICE", 5]);
    expect(h.destroy(8).errno).toBeNull();
    expect(h.users(4)).toBe(4);
  });

  it.each([
    "6.13",
    "6.15",
    "6.17",
    "6.19",
    "7.0",
    "7.1",
    "7.3.0",
    "7.3",
    "next",
    "plan-2026",
    "review-claim",
  ])("all rows keep the invariants in v%s", (kernel) => {
    for (let row = 1; row <= 19; row++) expect(checkInvariants(t1(row, { kernel }).world)).toEqual([]);
  });
});

describe("T2 second SMMU", () => {
  /** T1 up to row 12, then E (device 1, behind SMMU B) bound; its id. */
  function t2(kernel: string): { h: RawHost; e: number } {
    const h = new RawHost({ kernel, psmmus: [{}, {}], devices: [{}, { psmmu: 1, sids: [0x200] }] });
    h.ioas();
    h.bind(0);
    h.paging(2, 1);
    h.viommu(2, 3);
    for (const v of [VSTE.bypass, VSTE.abort, VSTE.translateAts]) h.nested(2, 4, v);
    return { h, e: h.bind(1).id };
  }

  it("s2: VIOMMU_ALLOC and attach give EINVAL", () => {
    const { h, e } = t2("7.3");
    expect(h.viommu(e, 3).errno).toBe("EINVAL");
    expect(h.attach(1, 3).errno).toBe("EINVAL");
    expect(h.steText(1)).toBe("0/0/0");
  });

  it("viommu+tag: the vIOMMU takes VMID 1 of B, the direct attach VMID 2", () => {
    const { h, e } = t2("plan-2026");
    const vi = h.viommu(e, 3);
    expect(h.obj(vi.id)).toMatchObject({ vmid: 1, psmmu: 1 });
    expect(h.attach(1, 3).errno).toBeNull();
    expect([h.steText(1), h.vmids(1)]).toEqual(["6/2/1", [1, 2]]);
  });

  it("viommu-only: VIOMMU_ALLOC succeeds, the direct attach is refused", () => {
    const { h, e } = t2("review-claim");
    expect(h.obj(h.viommu(e, 3).id)).toMatchObject({ vmid: 1, psmmu: 1 });
    expect(h.attach(1, 3).errno).toBe("EINVAL");
    expect(h.vmids(1)).toEqual([1]);
  });

  it.each(["6.13", "6.15", "6.17", "6.19", "7.0", "7.3", "next", "plan-2026", "review-claim"])(
    "v%s: a nested HWPT, HWPT_ALLOC and VDEVICE_ALLOC of the other SMMU give EINVAL",
    (kernel) => {
      const { h, e } = t2(kernel);
      for (const n of [5, 6, 7]) expect(h.attach(1, n).errno).toBe("EINVAL");
      expect(h.nested(e, 4, VSTE.abort).errno).toBe("EINVAL");
      expect(h.vdevice(4, e, 0x200n).errno).toBe("EINVAL");
    },
  );
});

describe("T3 VMID supply in viommu+tag", () => {
  it("the S2 takes none, its direct attach VMID 1, the vIOMMU VMID 2; the last direct attach flushes and frees", () => {
    const h = t1(3, { kernel: "plan-2026" });
    expect(h.vmids()).toEqual([]);
    h.attach(0, 3);
    expect([h.steText(), h.vmids()]).toEqual(["6/1/1", [1]]);
    h.viommu(2, 3);
    expect(h.vmids()).toEqual([1, 2]);
    h.nested(2, 4, VSTE.bypass);
    h.attach(0, 5);
    expect([h.steText(), h.vmids()]).toEqual(["6/2/1", [2]]);
    expect(h.commands).toContainEqual([0x28n | (1n << 32n), 0n]);
  });
});

describe("T4 invalidation", () => {
  const NH_ASID = [0x0001_0000_0000_0011n, 0n] as const;
  const NH_ALL = [0x10n, 0n] as const;
  const CFGI_STE = [0x3n, 1n] as const;

  it("loop form: {NH_ASID, CFGI_STE, NH_ALL} is EIO, count 1, nothing issued", () => {
    const h = t1(12);
    expect(h.invalidate(4, [NH_ASID, CFGI_STE, NH_ALL])).toMatchObject({ errno: "EIO", done: 1, issued: [] });
  });

  it("batch form: the same array is EIO, count 0", () => {
    const h = t1(12, { kernel: "next" });
    expect(h.invalidate(4, [NH_ASID, CFGI_STE, NH_ALL])).toMatchObject({ errno: "EIO", done: 0, issued: [] });
  });

  const SID = 0x100n << 32n;
  const VMID = 1n << 32n;
  /** word0, word1, meaning, what v7.3 issues (null: EIO), taken without the field check. */
  const rows: [bigint, bigint, string, readonly [bigint, bigint] | null, boolean][] = [
    [0x30n, 0n, "NSNH_ALL", [0x10n | VMID, 0n], true],
    [0x0000000100000030n, 0n, "NSNH_ALL with VMID bits", null, true],
    [
      0x0001000700000012n,
      0x200001n,
      "NH_VA, guest VMID 7, leaf, no range",
      [0x0001000100000012n, 0x200001n],
      true,
    ],
    [0x0001000000003012n, 0x200701n, "NH_VA range", [0x0001000100003012n, 0x200701n], true],
    [0x0001000000000012n, 0x200401n, "TG 1, NUM = SCALE = TTL = 0", null, true],
    [0x0001000000003012n, 0x200001n, "NUM without TG", null, true],
    [0x0001000000003012n, 0x200901n, "TG 2, TTL 1, no DS", null, true],
    [0x0001000002000012n, 0x200701n, "SCALE 32, no DS", null, true],
    [0x0001000000000011n, 0x1000n, "NH_ASID with VA bits", null, true],
    [0x0000002000000040n, 0x34n, "ATC_INV all", [0x40n | SID, 0x34n], true],
    [0x0000002000000040n, 0x35n, "Size 53", null, true],
    [0x0000002000005840n, 0x34n, "SSV and SSID 5, ssid_bits 0", null, true],
    [0x0000002000000005n, 1n, "CFGI_CD leaf", [0x05n | SID, 1n], true],
    [0x0000002000000405n, 1n, "CFGI_CD with SSec", null, true],
    [0x0000002100000006n, 0n, "CFGI_CD_ALL, vSID without vDEVICE", null, false],
  ];

  it.each(rows)("field check: 0x%s 0x%s (%s)", (q0, q1, _meaning, issued, _taken) => {
    const r = t1(12).invalidate(4, [[q0, q1]]);
    if (issued === null) expect(r).toMatchObject({ errno: "EIO", done: 0, issued: [] });
    else expect(r).toMatchObject({ errno: null, done: 1, issued: [issued] });
  });

  it.each(rows)("without the field check: 0x%s 0x%s (%s)", (q0, q1, _meaning, _issued, taken) => {
    const r = t1(12, { kernel: "7.3.0" }).invalidate(4, [[q0, q1]]);
    expect(r).toMatchObject(taken ? { errno: null, done: 1 } : { errno: "EIO", done: 0 });
  });

  it("an empty array is EINVAL with count 0, in batch form success; 2^19 + 1 entries are EINVAL with count 0", () => {
    expect(t1(12).invalidate(4, [])).toMatchObject({ errno: "EINVAL", done: 0 });
    expect(t1(12, { kernel: "next" }).invalidate(4, [])).toMatchObject({ errno: null, done: 0 });
    const many = t1(12).invalidate(4, [NH_ALL], { entryNum: 2 ** 19 + 1 });
    expect(many).toMatchObject({ errno: "EINVAL", done: 0 });
  });
});

describe("T5 events", () => {
  /** vEVENTQ of depth 2 (id 9) after T1-12, and the five physical records. */
  function t5(setup: RawSetup = {}): RawHost {
    const h = t1(12, setup);
    expect(errnoOrId(h.veventq(4, 2))).toBe(9);
    for (let n = 0; n < 3; n++) h.event(0x10);
    expect(h.event(0x10, 0x100, { s2: true }).to).toBe("host-log");
    expect(h.event(0x09).to).toBe("host-log");
    return h;
  }

  it("the queue holds seq 0, seq 1 with StreamID 0x20, and LOST seq 2", () => {
    expect(t5().obj(9)).toMatchObject({
      numEvents: 2,
      sequence: 3,
      events: [
        { seq: 0, lost: false, words: [0x0000002000000010n, 0n, 0x8b000000n, 0n] },
        { seq: 1, lost: false },
        { seq: 2, lost: true, words: [] },
      ],
    });
  });

  it("reads of 48 bytes give 40, then 48, then 0", () => {
    const h = t5();
    expect(h.read(9, 48)).toMatchObject({ errno: null, bytes: 40, records: [{ seq: 0 }] });
    expect(h.read(9, 48)).toMatchObject({ bytes: 48, records: [{ seq: 1 }, { seq: 2, lost: true }] });
    expect(h.read(9, 48)).toMatchObject({ errno: null, bytes: 0, records: [] });
  });

  it.each([32, 7])("a read of %i bytes is EINVAL, before 7.3 it gives 0; the queue keeps all", (bytes) => {
    const h = t5();
    const before = h.world.kernel;
    expect(h.read(9, bytes)).toMatchObject({ errno: "EINVAL", bytes: 0 });
    expect(h.world.kernel).toBe(before);
    const base = t5({ kernel: "7.1" });
    expect(base.read(9, bytes)).toMatchObject({ errno: null, bytes: 0, records: [] });
    expect(base.obj(9)).toMatchObject({ numEvents: 2 });
  });
});

describe("T6 reset", () => {
  it("from T1-12: off to abort and back, vmaster again, users unchanged", () => {
    const h = t1(12);
    const users = [2, 3, 4, 7, 8].map((id) => h.users(id));
    expect(h.reset().errno).toBeNull();
    expect([h.steText(), h.vmaster()]).toEqual(["7/1/1", { viommu: 4, vsid: 0x20n }]);
    expect([2, 3, 4, 7, 8].map((id) => h.users(id))).toEqual(users);
    const stes: string[] = [];
    const walk = (nodes: RawHost["trace"]): void => {
      for (const n of nodes) {
        if (n.kind === "hw" && n.what === "ste") stes.push(String((n.args.words as string[])[0]));
        else if (n.kind === "call" || n.kind === "host") walk(n.children);
      }
    };
    walk(h.trace);
    expect(stes).toEqual(["0x1", "0x4882000f"]);
  });

  it("from T1-15: the device stays blocked until it goes through another HWPT", () => {
    const h = t1(15);
    expect(h.reset().errno).toBeNull();
    const blocked = ["0/0/0", null, false, 2];
    const now = (): unknown[] => [h.steText(), h.vmaster(), h.world.hw.devices[0]?.ats, h.users(7)];
    expect(now()).toEqual(blocked);
    expect(h.attach(0, 7).errno).toBeNull();
    expect(now()).toEqual(blocked);
    expect(errnoOrId(h.vdevice(4, 2, 0x20n))).toBe(5);
    expect(h.attach(0, 7).errno).toBeNull();
    expect(now()).toEqual(blocked);
    expect(h.attach(0, 6).errno).toBeNull();
    expect(h.attach(0, 7).errno).toBeNull();
    expect([h.steText(), h.vmaster()]).toEqual(["7/1/1", { viommu: 4, vsid: 0x20n }]);
  });

  it("staging no: a reset changes nothing, and events go on as 0x20", () => {
    const h = t1(15, { kernel: "6.19" });
    h.veventq(4, 4);
    const before = h.world.kernel;
    expect(h.reset().errno).toBeNull();
    expect(h.world.kernel).toBe(before);
    expect(h.event(0x10)).toMatchObject({ to: "veventq", vsid: 0x20n });
  });
});
