/** What QEMU's own trace says of each backend call, good and failed (model/qemu.md 4.2, 4.3; observed X4, X5). */
import { describe, expect, it } from "vitest";
import type { Errno } from "../errno.ts";
import type { CallName, TraceNode } from "../tracer.ts";
import { CMDQEN, cmd, EVENTQEN, Lab, REG, SMMUEN, TRANSLATE } from "./lab.test-helper.ts";

const A = 0x100;

/** Every event of the backend with its arguments, in order. */
function backend(lab: Lab): unknown[] {
  const out: unknown[] = [];
  const walk = (nodes: readonly TraceNode[]): void => {
    for (const n of nodes) {
      if (n.kind === "event" && /^iommufd_(backend|viommu)/.test(n.name)) out.push([n.name, n.args]);
      if ("children" in n) walk(n.children);
    }
  };
  walk(lab.nodes);
  return out;
}

function callers(lab: Lab): string[] {
  const out: string[] = [];
  const walk = (nodes: readonly TraceNode[]): void => {
    for (const n of nodes) {
      if (n.kind === "host") out.push(n.by);
      if ("children" in n) walk(n.children);
    }
  };
  walk(lab.nodes);
  return out;
}

const RAM = { iova: 0n, size: 1n << 40n };
const fd = { iommufd: 23 };
/** Without data there is no pointer; a vSTE lies on QEMU's stack. */
const S2 = { ...fd, dev_id: 1, pt_id: 2, flags: 1, hwpt_type: 0, len: 0, data_ptr: 0n, out_hwpt: 3, ret: 0 };
const vste = (out_hwpt: number, ret = 0): object => ({
  ...fd,
  dev_id: 1,
  pt_id: 4,
  flags: 0,
  hwpt_type: 2,
  len: 16,
  data_ptr: expect.any(BigInt),
  out_hwpt,
  ret,
});
const VIOMMU = { ...fd, dev_id: 1, type: 1, hwpt_id: 3, data_ptr: 0n, data_len: 0, viommu_id: 4, ret: 0 };
const free = (id: number, ret = 0): [string, object] => ["iommufd_backend_free_id", { ...fd, id, ret }];

/** d0 plugged and enabled, with an event queue. */
function ready(): Lab {
  const lab = new Lab({ knobs: { eventloop: "poll" } });
  lab.plug(0);
  lab.start();
  lab.setup(CMDQEN | EVENTQEN | SMMUEN);
  return lab;
}

describe("the backend's trace", () => {
  it("of a first plug and of the last unplug", () => {
    const lab = new Lab({ knobs: { eventloop: "poll" } });
    lab.plug(0);
    expect(backend(lab)).toEqual([
      ["iommufd_backend_connect", { fd: 23, owned: 1, users: 1 }],
      ["iommufd_backend_alloc_ioas", { ...fd, ioas: 2 }],
      ["iommufd_backend_alloc_hwpt", S2],
      ["iommufd_backend_map_dma", { ...fd, ioas: 2, ...RAM, addr: expect.any(BigInt), readonly: 0, ret: 0 }],
      ["iommufd_backend_alloc_viommu", VIOMMU],
      ["iommufd_backend_alloc_hwpt", vste(5)],
      ["iommufd_backend_alloc_hwpt", vste(6)],
    ]);
    expect(new Set(callers(lab))).toEqual(new Set(["qemu"]));
    lab.unplug(0);
    expect(backend(lab)).toEqual([
      free(6),
      free(5),
      free(4),
      free(3),
      ["iommufd_backend_unmap_dma", { ...fd, ioas: 2, ...RAM, ret: 0 }],
      free(2),
      ["iommufd_backend_disconnect", { fd: -1, users: 0 }],
    ]);
    expect(new Set(callers(lab))).toEqual(new Set(["qemu"]));
  });

  it("of the event queue, a CFGI_STE and a TLBI", () => {
    const lab = ready();
    expect(backend(lab)).toEqual([
      [
        "iommufd_viommu_alloc_eventq",
        { ...fd, viommu_id: 4, type: 1, veventq_id: 7, veventq_fd: 25, ret: 0 },
      ],
    ]);
    lab.ste(A, ...TRANSLATE);
    lab.cmds([cmd.cfgiSte(A)]);
    expect(backend(lab)).toEqual([
      ["iommufd_backend_alloc_vdev", { ...fd, dev_id: 1, viommu_id: 4, virt_id: 0x100n, vdev_id: 8, ret: 0 }],
      ["iommufd_backend_alloc_hwpt", vste(9)],
    ]);
    lab.cmds([cmd.op(0x10)]);
    const invalidate = { ...fd, id: 4, data_type: 1, entry_len: 16, entry_num: 1 };
    expect(backend(lab)).toEqual([
      [
        "iommufd_backend_invalidate_cache",
        { ...invalidate, done_num: 1, data_ptr: expect.any(BigInt), ret: 0 },
      ],
    ]);
    // This one tells the errno itself.
    lab.cmds([cmd.op(0x10, 1n << 8n)]);
    expect(backend(lab)).toEqual([
      [
        "iommufd_backend_invalidate_cache",
        { ...invalidate, done_num: 0, data_ptr: expect.any(BigInt), ret: 5 },
      ],
    ]);
    expect(new Set(callers(lab))).toEqual(new Set(["qemu"]));
  });

  it.each<[CallName, number, string, object]>([
    ["hwpt-alloc", 1, "iommufd_backend_alloc_hwpt", { ...S2, out_hwpt: 0, ret: -1 }],
    ["map", 1, "iommufd_backend_map_dma", { ...fd, ioas: 2, ...RAM, ret: -1 }],
    ["viommu-alloc", 1, "iommufd_backend_alloc_viommu", { ...VIOMMU, viommu_id: 0, ret: -1 }],
    ["hwpt-alloc", 3, "iommufd_backend_alloc_hwpt", vste(0, -1)],
  ])("of a plug whose %s number %i fails: no id, and -1", (call, nth, name, args) => {
    const lab = new Lab();
    lab.inject(call, "ENOMEM", nth);
    expect(lab.plug(0).ok).toBe(false);
    expect(lab.eventArgs(name)).toContainEqual(expect.objectContaining(args));
  });

  it.each<[CallName, Errno, string, object]>([
    ["vdevice-alloc", "ENOMEM", "iommufd_backend_alloc_vdev", { virt_id: 0x100n, vdev_id: 0, ret: -1 }],
    ["hwpt-alloc", "ENOMEM", "iommufd_backend_alloc_hwpt", vste(0, -1)],
  ])("of a CFGI_STE whose %s fails", (call, errno, name, args) => {
    const lab = ready();
    lab.inject(call, errno);
    lab.ste(A, ...TRANSLATE);
    expect(lab.cmds([cmd.cfgiSte(A)]).cmdError).toBe("ill");
    expect(lab.eventArgs(name)).toContainEqual(expect.objectContaining(args));
  });

  it("of a refused event queue: no id, no fd", () => {
    const lab = new Lab();
    lab.plug(0);
    lab.inject("veventq-alloc", "EMFILE");
    lab.write(REG.CR0, EVENTQEN);
    expect(lab.eventArgs("iommufd_viommu_alloc_eventq")).toEqual([
      { ...fd, viommu_id: 4, type: 1, veventq_id: 0, veventq_fd: 0, ret: -1 },
    ]);
  });

  it("of frees and unmaps that fail: -1, and another event where nothing was mapped", () => {
    const lab = ready();
    lab.inject("destroy", "EIO", 2);
    lab.inject("unmap", "ENOENT");
    lab.unplug(0);
    expect(backend(lab).slice(1)).toEqual([
      free(6, -1),
      free(5),
      free(4, -1),
      free(3, -1),
      ["iommufd_backend_unmap_dma_non_exist", { ...fd, ioas: 2, ...RAM, ret: -1 }],
      free(2, -1),
      ["iommufd_backend_disconnect", { fd: -1, users: 0 }],
    ]);
    const other = ready();
    other.inject("unmap", "EIO");
    other.unplug(0);
    expect(other.eventArgs("iommufd_backend_unmap_dma")).toEqual([{ ...fd, ioas: 2, ...RAM, ret: -1 }]);
  });
});
