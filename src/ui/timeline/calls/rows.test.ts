import { describe, expect, test } from "vitest";
import { TreeTracer } from "../../../engine/tracer.ts";
import { callRows, LANES, OUTSIDE, printValue, shorten } from "./rows.ts";

const lane = (id: string) => LANES.findIndex((one) => one.id === id);

function gbpaWrite(): TreeTracer {
  const t = new TreeTracer();
  t.call("guest", "gbpa", {});
  t.call("qemu-smmuv3", "smmu_write_mmio", { offset: 0x44 });
  t.call("qemu-accel", "smmuv3_accel_attach_gbpa_hwpt", {});
  t.event("smmuv3_accel_gbpa", { n: 1 });
  t.host("attach", "qemu", 0, { pt: 5 });
  t.rule("K-ATT-1", "no vDEVICE needed");
  t.hostRet("ENOENT", {}, true);
  t.ret(null, "ENOENT");
  t.ret(0);
  t.ret(null);
  return t;
}

describe("the lines of the call diagram", () => {
  test("join the caller's lane with the callee's, in the order of the calls", () => {
    const rows = callRows(gbpaWrite().root, { events: false, nameOf: () => null });
    expect(rows.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ["call", lane("guest"), lane("guest")],
      ["call", lane("guest"), lane("qemu-smmuv3")],
      ["call", lane("qemu-smmuv3"), lane("qemu-accel")],
      ["call", lane("qemu-accel"), lane("iommufd")],
      ["rule", lane("iommufd"), lane("iommufd")],
      ["return", lane("qemu-accel"), lane("qemu-smmuv3")],
      ["return", lane("qemu-smmuv3"), lane("guest")],
    ]);
  });

  test("a host call shows its errno, that it was injected, and the rules that decided", () => {
    const host = callRows(gbpaWrite().root, { events: false, nameOf: () => null })[3];
    expect(host).toMatchObject({
      label: "VFIO_DEVICE_ATTACH_IOMMUFD_PT(pt=5)",
      errno: "ENOENT",
      injected: true,
      rules: ["K-ATT-1"],
    });
  });

  test("a raw call comes from outside of all lanes", () => {
    const t = new TreeTracer();
    t.host("destroy", "raw", 0, { id: 5 });
    t.hostRet("EBUSY", {}, false);
    const [row] = callRows(t.root, { events: false, nameOf: () => null });
    expect(row).toMatchObject({
      from: OUTSIDE,
      to: lane("iommufd"),
      errno: "EBUSY",
      label: "IOMMU_DESTROY(id=5)",
    });
  });

  test("QEMU's trace events are there when asked for", () => {
    const without = callRows(gbpaWrite().root, { events: false, nameOf: () => null });
    const withEvents = callRows(gbpaWrite().root, { events: true, nameOf: () => null });
    expect(withEvents.length).toBe(without.length + 1);
    expect(withEvents.filter(({ kind }) => kind === "event")).toHaveLength(1);
  });

  test("64-bit values are exact hex, long ones are shortened in the middle", () => {
    expect(printValue(0xffff_ffff_ffff_ffffn)).toBe("0xffffffffffffffff");
    expect(printValue([1, 2n, "a"])).toBe("1,0x2,a");
    expect(shorten("0x0123456789abcdef", 9)).toBe("0x01…cdef");
    expect(shorten("short", 9)).toBe("short");
  });
});
