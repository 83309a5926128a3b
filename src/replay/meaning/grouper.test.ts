import { strToU8 } from "fflate";
import { describe, expect, it } from "vitest";
import { readLog } from "../reader/read.ts";
import { type Group, Grouper } from "./grouper.ts";

async function groups(text: string): Promise<Group[]> {
  const out: Group[] = [];
  const g = new Grouper((x) => out.push(x));
  await readLog([strToU8(text)], g.sink);
  g.end();
  return out;
}

const shape = (gs: readonly Group[]): string[] =>
  gs.map((g) => `${g.kind} ${g.first}-${g.last} (${g.events.length})`);

const ATTACH = (name: string, id: number): string =>
  `iommufd_cdev_pasid_attach_ioas_hwpt  [iommufd=23] Successfully attached device ${name} (24) pasid 0 to id=${id}`;
const WRITE = (addr: number, val: number): string =>
  `smmuv3_write_mmio addr: 0x${addr.toString(16)} val:0x${val.toString(16)} size: 0x4(0)`;
const A = "0000:01:00.0";
const B = "0000:02:00.0";

describe("groups", () => {
  it("a write takes the effects that stand before it", async () => {
    expect(
      shape(await groups([ATTACH(B, 5), ATTACH(A, 5), WRITE(0x44, 0x80100000), WRITE(0x28, 1)].join("\n"))),
    ).toEqual(["write 1-3 (3)", "write 4-4 (1)"]);
  });

  it("an unset takes the attach before it and the frees behind it; detach begins the second half", async () => {
    const text = [
      ATTACH(A, 3),
      "iommufd_backend_free_id  iommufd=23 id=9 (0)",
      "smmuv3_accel_unset_iommu_device devfn=0x0 (idev devid=0x1)",
      "iommufd_backend_free_id  iommufd=23 id=6 (0)",
      "vfio_region_finalize Device 0000:01:00.0, region 0",
      `iommufd_cdev_pasid_detach_ioas_hwpt  [iommufd=23] Successfully detached ${A} pasid 0`,
      "iommufd_backend_free_id  iommufd=23 id=3 (0)",
      "iommufd_backend_disconnect fd=-1 users=0",
    ].join("\n");
    expect(shape(await groups(text))).toEqual(["unset 1-4 (4)", "finalize 6-8 (3)"]);
  });

  it("a reset takes one attach a device; the next one is the next write's", async () => {
    const text = [
      "vfio_device_reset_handler ",
      `vfio_pci_reset  (${A})`,
      `vfio_pci_reset_flr ${A} FLR/VFIO_DEVICE_RESET`,
      "smmu_reset_exit ",
      ATTACH(B, 6),
      ATTACH(A, 6),
      ATTACH(B, 5),
      ATTACH(A, 5),
      WRITE(0x44, 0x80100000),
    ].join("\n");
    expect(shape(await groups(text))).toEqual(["reset 1-6 (6)", "write 7-9 (3)"]);
  });

  it("two resets in a row have as many exits as the first had", async () => {
    const text = [
      "smmu_reset_exit ",
      "smmu_reset_exit ",
      WRITE(0x28, 1),
      ...Array<string>(4).fill("smmu_reset_exit "),
    ].join("\n");
    expect(shape(await groups(text))).toEqual([
      "reset 1-2 (2)",
      "write 3-3 (1)",
      "reset 4-5 (2)",
      "reset 6-7 (2)",
    ]);
  });

  it("a plug that fails ends with its unwinding", async () => {
    const text = [
      `vfio_mdev  (${A}) is_mdev 0`,
      `iommufd_cdev_connect_and_bind  [iommufd=23] Successfully bound device ${A} (fd=24): output devid=1`,
      ATTACH(A, 3),
      "iommufd_backend_alloc_viommu  iommufd=23 dev_id=1 type=1 hwpt_id=3 data_ptr=0x0 data_len=0x0 viommu_id=0 (-1)",
      `iommufd_cdev_pasid_detach_ioas_hwpt  [iommufd=23] Successfully detached ${A} pasid 0`,
      "iommufd_backend_disconnect fd=-1 users=0",
      `vfio_mdev  (${B}) is_mdev 0`,
    ].join("\n");
    expect(shape(await groups(text))).toEqual(["plug 1-6 (6)", "cut 7-7 (1)"]);
  });

  it("an event takes the error and the interrupt it raises", async () => {
    const text = [
      "smmuv3_propagate_event SMMU_EVT_F_TRANSLATION sid=0x100",
      "smmuv3_write_gerror toggled=0x4, new GERROR=0x4",
      "smmuv3_propagate_event SMMU_EVT_F_TRANSLATION sid=0x100",
    ].join("\n");
    expect(shape(await groups(text))).toEqual(["event 1-2 (2)", "event 3-3 (1)"]);
  });

  it("a log that breaks off inside a write keeps that apart", async () => {
    const text = [
      WRITE(0x20, 8),
      "smmuv3_cmdq_consume prod=2 cons=0 prod.wrap=0 cons.wrap=0",
      "smmuv3_cmdq_opcode <--- SMMU_CMD_CFGI_STE",
    ].join("\n");
    expect(shape(await groups(text))).toEqual(["write 1-1 (1)", "cut 2-3 (2)"]);
  });

  it("without register writes in the log, each burst of commands stands alone", async () => {
    const burst = [
      "smmuv3_cmdq_consume prod=1 cons=0 prod.wrap=0 cons.wrap=0",
      "smmuv3_cmdq_opcode <--- SMMU_CMD_SYNC",
      "smmuv3_cmdq_consume_out prod:1, cons:1, prod_wrap:0, cons_wrap:0 ",
    ];
    expect(shape(await groups([...burst, ...burst].join("\n")))).toEqual([
      "orphan 1-3 (3)",
      "orphan 4-6 (3)",
    ]);
  });

  it("region number 0 begins a process", async () => {
    const text = [
      "smmu_add_mr smmuv3-iommu-memory-region-0-0",
      "smmu_add_mr smmuv3-iommu-memory-region-8-1",
      "smmu_reset_exit ",
    ].join("\n");
    expect(shape(await groups(text))).toEqual(["start 1-1 (1)", "reset 3-3 (1)"]);
  });
});
