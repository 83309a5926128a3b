/** The worked traces of the kernel specification (section 9), by their ids. */
import { describe, expect, it } from "vitest";
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
