import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventNames, eventSpec, readEvent, writeEvent } from "./table.ts";
import type { Fields } from "./template.ts";
import { readTemplate, template, writeTemplate } from "./template.ts";

function read(line: string): Fields | null {
  const blank = line.indexOf(" ");
  const spec = eventSpec(blank < 0 ? line : line.slice(0, blank));
  if (spec === null) throw new Error(`no event in ${line}`);
  return readEvent(spec, line, blank < 0 ? line.length : blank + 1, line.length);
}

describe("templates", () => {
  it("read numbers of every format, exactly up to 64 bits", () => {
    const t = template("a={a:x} b={b:d} c={c:X} d={d:p}");
    expect(readTemplate(t, "a=0xffffffffffffffff b=-1 c=d4 d=(nil)", 0, 38)).toEqual({
      a: 0xffff_ffff_ffff_ffffn,
      b: -1,
      c: 0xd4,
      d: 0,
    });
  });

  it("refuse what does not fit: missing digits, too many digits, text behind the end", () => {
    const t = template("a={a:x}");
    for (const s of ["a=0x", "a=12", "a=0x12345678901234567", "a=0x1z", "a=0x1 2", "b=0x1"])
      expect(readTemplate(t, s, 0, s.length), s).toBeNull();
  });

  it("what one writes, it reads: every event, random values", () => {
    for (const name of eventNames()) {
      const form = eventSpec(name)?.forms[0];
      if (form === undefined) throw new Error(name);
      const field = Object.fromEntries(
        form.parts.map((p) => [
          p.name,
          p.format === "s"
            ? fc
                .stringMatching(/^[A-Za-z0-9_:.-]{1,20}$/)
                .filter((x) => p.after === "" || !x.includes(p.after))
            : p.format === "d"
              ? fc.integer({ min: -1, max: 0x7fff_ffff })
              : fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
        ]),
      );
      fc.assert(
        fc.property(fc.record(field), (args) => {
          const text = writeTemplate(form, args as never);
          const back = readTemplate(form, text, 0, text.length);
          const plain = Object.fromEntries(
            Object.entries(args as Record<string, unknown>).map(([k, v]) => [
              k,
              typeof v === "bigint" && v <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(v) : v,
            ]),
          );
          expect(back, `${name}: ${text}`).toEqual(plain);
        }),
        { numRuns: 20 },
      );
    }
  });
});

describe("spellings", () => {
  it("alloc_viommu: the form of 11.1 prints each value under its own name (X4)", () => {
    expect(
      read(
        "iommufd_backend_alloc_viommu  iommufd=23 dev_id=1 type=1 hwpt_id=3 data_ptr=0x0 data_len=0x0 viommu_id=4 (0)",
      ),
    ).toMatchObject({ dev_id: 1, type: 1, hwpt_id: 3, viommu_id: 4, ret: 0 });
  });

  it("alloc_viommu: the merged form calls the device type and the type dev_id", () => {
    expect(
      read("iommufd_backend_alloc_viommu  iommufd=12 type=9 dev_id=1 hwpt_id=2 viommu_id=3 (0)"),
    ).toMatchObject({
      dev_id: 9,
      type: 1,
      hwpt_id: 2,
    });
  });

  it("alloc_viommu: the CMDQV form swaps length and pointer as well", () => {
    expect(
      read(
        "iommufd_backend_alloc_viommu  iommufd=12 type=9 dev_id=1 hwpt_id=2 data_len=0 data_ptr=0x10 viommu_id=3 (0)",
      ),
    ).toMatchObject({ dev_id: 9, type: 1, data_ptr: 0, data_len: 16 });
  });

  it("set and unset: idev, hiodi, and v4's StreamID", () => {
    for (const word of ["idev", "hiodi"])
      expect(read(`smmuv3_accel_set_iommu_device devfn=0x8 (${word} devid=0x7)`)).toEqual({
        devfn: 8,
        devid: 7,
      });
    expect(read("smmuv3_accel_unset_iommu_device devfn=0x0 (sid=0x100)")).toEqual({ devfn: 0, sid: 0x100 });
  });

  it("attach and detach: with and without pasid (X5)", () => {
    expect(
      read(
        "iommufd_cdev_pasid_attach_ioas_hwpt  [iommufd=23] Successfully attached device 0000:01:00.0 (24) pasid 0 to id=3",
      ),
    ).toEqual({ iommufd: 23, name: "0000:01:00.0", fd: 24, pasid: 0, id: 3 });
    expect(
      read(
        "iommufd_cdev_attach_ioas_hwpt  [iommufd=12] Successfully attached device 0019:06:00.0 (30) to id=2",
      ),
    ).toEqual({
      iommufd: 12,
      name: "0019:06:00.0",
      fd: 30,
      id: 2,
    });
    expect(read("iommufd_cdev_detach_ioas_hwpt  [iommufd=12] Successfully detached 0019:06:00.0")).toEqual({
      iommufd: 12,
      name: "0019:06:00.0",
    });
  });

  it("ids are decimal in iommufd events and hex in accelerated ones", () => {
    expect(read("smmuv3_accel_install_ste vSID=0x200 ste type=translate hwpt_id=0xb")).toEqual({
      vsid: 0x200,
      type: "translate",
      hwpt_id: 11,
    });
    expect(read("iommufd_backend_free_id  iommufd=23 id=11 (0)")).toEqual({ iommufd: 23, id: 11, ret: 0 });
  });

  it("blanks: after streamid=, at the end of consume_out and of events without text", () => {
    expect(read("smmuv3_cmdq_cfgi_ste streamid= 0x8")).toEqual({ sid: 8 });
    expect(read("smmuv3_cmdq_consume_out prod:2, cons:2, prod_wrap:0, cons_wrap:1 ")).toEqual({
      prod: 2,
      cons: 2,
      pw: 0,
      cw: 1,
    });
    for (const line of ["smmu_reset_exit ", "smmu_reset_exit", "smmuv3_cmdq_tlbi_nsnh "])
      expect(read(line)).toEqual({});
  });

  it("the STE words stand high word first", () => {
    expect(read("smmuv3_accel_translate_ste vSID=0x100 hwpt_id=0xb ste=d4:4882000b")).toMatchObject({
      ste_1: 0xd4,
      ste_0: 0x4882000b,
    });
  });

  it("older series: install_nested_ste and uninstall_nested_ste", () => {
    expect(read("smmuv3_accel_install_nested_ste sid=256 ste=d4:4882000b")).toMatchObject({
      sid: 256,
      ste_1: 0xd4,
    });
    expect(read("smmuv3_accel_uninstall_nested_ste sid=256 attached abort hwpt_id=4")).toEqual({
      sid: 256,
      cfg: "abort",
      hwpt: 4,
    });
  });

  it("a release prints its own form", () => {
    const args = {
      iommufd: 12,
      dev_id: 9,
      type: 1,
      hwpt_id: 2,
      data_ptr: 0n,
      data_len: 0,
      viommu_id: 3,
      ret: 0,
    };
    expect(writeEvent("iommufd_backend_alloc_viommu", args, "m1")).toBe(
      "iommufd_backend_alloc_viommu  iommufd=12 type=9 dev_id=1 hwpt_id=2 viommu_id=3 (0)",
    );
    expect(writeEvent("iommufd_backend_alloc_viommu", args, "11.1")).toBe(
      "iommufd_backend_alloc_viommu  iommufd=12 dev_id=9 type=1 hwpt_id=2 data_ptr=0x0 data_len=0x0 viommu_id=3 (0)",
    );
    expect(writeEvent("smmuv3_accel_set_iommu_device", { devfn: 0, devid: 0x100 }, "v4")).toBe(
      "smmuv3_accel_set_iommu_device devfn=0x0 (sid=0x100)",
    );
    expect(writeEvent("no_such_event", {}, "11.1")).toBeNull();
  });
});
