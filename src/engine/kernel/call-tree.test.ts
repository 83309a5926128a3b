/**
 * What the trace shows of each host call: the call with its arguments and results, and the kernel's functions behind it
 * by the names of the specification's sources.
 */
import { describe, expect, it } from "vitest";
import type { TraceArgs, TraceNode, TraceValue } from "../tracer.ts";
import { RawHost, VSTE } from "./raw-host.ts";

const text = (v: TraceValue): string =>
  typeof v === "bigint" ? `0x${v.toString(16)}` : Array.isArray(v) ? v.join("+") : String(v);
const args = (a: TraceArgs): string =>
  Object.entries(a)
    .map(([k, v]) => ` ${k}=${text(v)}`)
    .join("");

function tree(nodes: readonly TraceNode[], depth = 0): string[] {
  const pad = "  ".repeat(depth);
  return nodes.flatMap((n) => {
    if (n.kind === "call")
      return [
        `${pad}${n.layer} ${n.fn}${args(n.args)} -> ${n.errno ?? text(n.ret)}`,
        ...tree(n.children, depth + 1),
      ];
    if (n.kind !== "host") return [];
    return [
      `${pad}${n.by} ${n.call} file=${n.file}${args(n.args)} -> ${n.errno ?? "ok"}${args(n.out)}`,
      ...tree(n.children, depth + 1),
    ];
  });
}

/** One after the other on one host, from opening /dev/iommu to closing it. */
const CALLS: readonly (readonly [string, (h: RawHost) => unknown, readonly string[]])[] = [
  ["open", (h) => h.open(), ["raw open-iommufd file=-1 name=f0 -> ok file=0"]],
  [
    "IOAS_ALLOC",
    (h) => h.ioas(),
    ["raw ioas-alloc file=0 flags=0 -> ok id=1", "  iommufd iommufd_ioas_alloc_ioctl flags=0 -> 1"],
  ],
  [
    "IOAS_ALLOC refused",
    (h) => h.ioas(1),
    [
      "raw ioas-alloc file=0 flags=1 -> EOPNOTSUPP",
      "  iommufd iommufd_ioas_alloc_ioctl flags=1 -> EOPNOTSUPP",
    ],
  ],
  ["open the cdev", (h) => h.openCdev(0), ["raw open-cdev file=-1 device=0 -> ok"]],
  [
    "BIND",
    (h) => h.bind(0),
    [
      "raw bind file=0 device=0 flags=0 -> ok id=2",
      "  iommufd vfio_df_ioctl_bind_iommufd device=0 file=0 flags=0 -> 2",
      "    iommufd iommufd_device_bind device=0 -> 2",
      "      arm-smmu-v3 arm_smmu_attach_dev_blocked dev=0 domain=blocked -> null",
      "        arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
      "    iommufd pci_reset_function dev=0 -> null",
    ],
  ],
  [
    "BIND refused",
    (h) => h.bind(0),
    [
      "raw bind file=0 device=0 flags=0 -> EINVAL",
      "  iommufd vfio_df_ioctl_bind_iommufd device=0 file=0 flags=0 -> EINVAL",
    ],
  ],
  [
    "HWPT_ALLOC on an IOAS",
    (h) => h.paging(2, 1),
    [
      "raw hwpt-alloc file=0 dev=2 pt=1 flags=1 dataType=0 dataLen=0 ste0=0x0 ste1=0x0 -> ok id=3",
      "  iommufd iommufd_hwpt_alloc dev=2 pt=1 flags=1 -> 3",
      "    arm-smmu-v3 arm_smmu_domain_alloc_paging_flags dev=0 flags=1 -> null",
    ],
  ],
  [
    "HWPT_ALLOC refused by the core",
    (h) => h.paging(2, 1, 16),
    [
      "raw hwpt-alloc file=0 dev=2 pt=1 flags=16 dataType=0 dataLen=0 ste0=0x0 ste1=0x0 -> EOPNOTSUPP",
      "  iommufd iommufd_hwpt_alloc dev=2 pt=1 flags=16 -> EOPNOTSUPP",
    ],
  ],
  [
    "HWPT_ALLOC refused by the driver",
    (h) => h.paging(2, 1, 9),
    [
      "raw hwpt-alloc file=0 dev=2 pt=1 flags=9 dataType=0 dataLen=0 ste0=0x0 ste1=0x0 -> EOPNOTSUPP",
      "  iommufd iommufd_hwpt_alloc dev=2 pt=1 flags=9 -> EOPNOTSUPP",
      "    arm-smmu-v3 arm_smmu_domain_alloc_paging_flags dev=0 flags=9 -> EOPNOTSUPP",
    ],
  ],
  [
    "ATTACH",
    (h) => h.attach(0, 3),
    [
      "raw attach file=0 device=0 pt=3 -> ok id=3",
      "  iommufd iommufd_device_attach device=0 pt=3 -> 3",
      "    arm-smmu-v3 arm_smmu_attach_dev dev=0 domain=HWPT 3 of file 0 -> null",
      "      arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
    ],
  ],
  [
    "VIOMMU_ALLOC",
    (h) => h.viommu(2, 3),
    [
      "raw viommu-alloc file=0 dev=2 hwpt=3 type=1 flags=0 -> ok id=4",
      "  iommufd iommufd_viommu_alloc_ioctl dev=2 hwpt=3 -> 4",
      "    arm-smmu-v3 arm_vsmmu_init psmmu=0 s2=3 -> 1",
    ],
  ],
  [
    "VIOMMU_ALLOC refused",
    (h) => h.viommu(2, 1),
    [
      "raw viommu-alloc file=0 dev=2 hwpt=1 type=1 flags=0 -> ENOENT",
      "  iommufd iommufd_viommu_alloc_ioctl dev=2 hwpt=1 -> ENOENT",
    ],
  ],
  [
    "HWPT_ALLOC on a vIOMMU",
    (h) => h.nested(2, 4, VSTE.translateAts),
    [
      "raw hwpt-alloc file=0 dev=2 pt=4 flags=0 dataType=2 dataLen=16 ste0=0x4882000b ste1=0x100000d4 -> ok id=5",
      "  iommufd iommufd_hwpt_alloc dev=2 pt=4 flags=0 -> 5",
      "    arm-smmu-v3 arm_vsmmu_alloc_domain_nested flags=0 ste0=0x4882000b ste1=0x100000d4 -> null",
    ],
  ],
  [
    "HWPT_ALLOC of a bad vSTE",
    (h) => h.nested(2, 4, [3n, 0n]),
    [
      "raw hwpt-alloc file=0 dev=2 pt=4 flags=0 dataType=2 dataLen=16 ste0=0x3 ste1=0x0 -> EIO",
      "  iommufd iommufd_hwpt_alloc dev=2 pt=4 flags=0 -> EIO",
      "    arm-smmu-v3 arm_vsmmu_alloc_domain_nested flags=0 ste0=0x3 ste1=0x0 -> EIO",
    ],
  ],
  [
    "VDEVICE_ALLOC",
    (h) => h.vdevice(4, 2, 0x20n),
    [
      "raw vdevice-alloc file=0 viommu=4 dev=2 virtId=0x20 -> ok id=6",
      "  iommufd iommufd_vdevice_alloc_ioctl viommu=4 dev=2 virtId=0x20 -> 6",
    ],
  ],
  [
    "VDEVICE_ALLOC refused",
    (h) => h.vdevice(4, 2, 0x21n),
    [
      "raw vdevice-alloc file=0 viommu=4 dev=2 virtId=0x21 -> EEXIST",
      "  iommufd iommufd_vdevice_alloc_ioctl viommu=4 dev=2 virtId=0x21 -> EEXIST",
    ],
  ],
  [
    "ATTACH of an attached device",
    (h) => h.attach(0, 5),
    [
      "raw attach file=0 device=0 pt=5 -> ok id=5",
      "  iommufd iommufd_device_replace device=0 pt=5 -> 5",
      "    arm-smmu-v3 arm_smmu_attach_dev_nested dev=0 domain=HWPT 5 of file 0 -> null",
      "      arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
    ],
  ],
  [
    "ATTACH refused",
    (h) => h.attach(0, 99),
    [
      "raw attach file=0 device=0 pt=99 -> ENOENT",
      "  iommufd iommufd_device_replace device=0 pt=99 -> ENOENT",
    ],
  ],
  [
    "VEVENTQ_ALLOC",
    (h) => h.veventq(4, 2),
    [
      "raw veventq-alloc file=0 viommu=4 type=1 depth=2 flags=0 -> ok id=7",
      "  iommufd iommufd_veventq_alloc viommu=4 type=1 depth=2 -> 7",
    ],
  ],
  [
    "VEVENTQ_ALLOC refused",
    (h) => h.veventq(4, 0),
    [
      "raw veventq-alloc file=0 viommu=4 type=1 depth=0 flags=0 -> EINVAL",
      "  iommufd iommufd_veventq_alloc viommu=4 type=1 depth=0 -> EINVAL",
    ],
  ],
  ["an event", (h) => h.event(0x10), ["arm-smmu-v3 arm_smmu_handle_event id=16 sid=256 -> veventq"]],
  [
    "an event nobody takes",
    (h) => h.event(0x02),
    ["arm-smmu-v3 arm_smmu_handle_event id=2 sid=256 -> host-log"],
  ],
  ["read", (h) => h.read(7, 40), ["raw read-events file=0 veventq=7 bytes=40 -> ok bytes=40 records=1"]],
  [
    "read refused",
    (h) => h.read(7, 4),
    ["raw read-events file=0 veventq=7 bytes=4 -> EINVAL bytes=0 records=0"],
  ],
  [
    "close of a queue",
    (h) => h.closeQueue(7),
    ["raw close file=0 veventq=7 -> ok", "  iommufd iommufd_eventq_fops_release veventq=7 -> null"],
  ],
  [
    "DESTROY",
    (h) => h.destroy(7),
    ["raw destroy file=0 id=7 -> ok", "  iommufd iommufd_object_remove id=7 -> null"],
  ],
  [
    "DESTROY refused",
    (h) => h.destroy(3),
    ["raw destroy file=0 id=3 -> EBUSY", "  iommufd iommufd_object_remove id=3 -> EBUSY"],
  ],
  [
    "INVALIDATE",
    (h) =>
      h.invalidate(4, [
        [0x30n, 0n],
        [0x2000000006n, 0n],
      ]),
    [
      "raw invalidate file=0 hwpt=4 dataType=1 entryLen=16 entryNum=2 cmds=0x30,0x0+0x2000000006,0x0 -> ok done=2 issued=2",
      "  iommufd iommufd_hwpt_invalidate id=4 entryNum=2 -> 2",
      "    arm-smmu-v3 arm_vsmmu_cache_invalidate viommu=4 -> 2",
    ],
  ],
  [
    "INVALIDATE refused by the driver",
    (h) =>
      h.invalidate(4, [
        [0x30n, 0n],
        [0x3n, 0n],
      ]),
    [
      "raw invalidate file=0 hwpt=4 dataType=1 entryLen=16 entryNum=2 cmds=0x30,0x0+0x3,0x0 -> EIO done=1 issued=0",
      "  iommufd iommufd_hwpt_invalidate id=4 entryNum=2 -> EIO",
      "    arm-smmu-v3 arm_vsmmu_cache_invalidate viommu=4 -> EIO",
    ],
  ],
  [
    "INVALIDATE refused by the core",
    (h) => h.invalidate(3, [[0x30n, 0n]]),
    [
      "raw invalidate file=0 hwpt=3 dataType=1 entryLen=16 entryNum=1 cmds=0x30,0x0 -> EINVAL done=0 issued=0",
      "  iommufd iommufd_hwpt_invalidate id=3 entryNum=1 -> EINVAL",
    ],
  ],
  [
    "GET_HW_INFO",
    (h) => h.hwInfo(2),
    [
      "raw hw-info file=0 dev=2 flags=0 type=0 dataLen=40 -> ok type=2 capabilities=0",
      "  iommufd iommufd_get_hw_info dev=2 type=0 -> null",
    ],
  ],
  [
    "GET_HW_INFO refused",
    (h) => h.hwInfo(3),
    [
      "raw hw-info file=0 dev=3 flags=0 type=0 dataLen=40 -> ENOENT",
      "  iommufd iommufd_get_hw_info dev=3 type=0 -> ENOENT",
    ],
  ],
  ["IOVA_RANGES", (h) => h.iovaRanges(1), ["raw iova-ranges file=0 ioas=1 -> ok ranges=2"]],
  ["MAP", (h) => h.map(1), ["raw map file=0 ioas=1 iova=0x0 length=0x0 -> ok"]],
  ["UNMAP", (h) => h.unmap(1, 0x1000n, 0x1000n), ["raw unmap file=0 ioas=1 iova=0x1000 length=0x1000 -> ok"]],
  ["UNMAP refused", (h) => h.unmap(2), ["raw unmap file=0 ioas=2 iova=0x0 length=0x0 -> ENOENT"]],
  ["GET_INFO", (h) => h.getInfo(0), ["raw get-info file=0 device=0 -> ok"]],
  ["KVM add", (h) => h.kvmAdd(0), ["raw kvm-add file=-1 device=0 -> ok"]],
  ["KVM del", (h) => h.kvmDel(0), ["raw kvm-del file=-1 device=0 -> ok"]],
  [
    "DEVICE_RESET",
    (h) => h.reset(0),
    [
      "raw device-reset file=0 device=0 -> ok",
      "  iommufd pci_reset_function dev=0 -> null",
      "    arm-smmu-v3 arm_smmu_attach_dev_blocked dev=0 domain=blocked -> null",
      "      arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
      "    arm-smmu-v3 arm_smmu_attach_dev_nested dev=0 domain=HWPT 5 of file 0 -> null",
      "      arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
    ],
  ],
  [
    "DETACH",
    (h) => h.detach(0),
    [
      "raw detach file=0 device=0 -> ok",
      "  iommufd iommufd_device_detach device=0 hwpt=5 -> null",
      "    arm-smmu-v3 arm_smmu_attach_dev_blocked dev=0 domain=blocked -> null",
      "      arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
    ],
  ],
  ["DETACH of a detached device", (h) => h.detach(0), ["raw detach file=0 device=0 -> ok"]],
  [
    "ATTACH to an IOAS",
    (h) => h.attach(0, 1),
    [
      "raw attach file=0 device=0 pt=1 -> ok id=7",
      "  iommufd iommufd_device_attach device=0 pt=1 -> 7",
      "    arm-smmu-v3 arm_smmu_domain_alloc_paging_flags dev=0 flags=0 -> null",
      "    arm-smmu-v3 arm_smmu_attach_dev dev=0 domain=HWPT 7 of file 0 -> null",
      "      arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
    ],
  ],
  [
    "unbind",
    (h) => h.unbind(0),
    [
      "raw unbind file=0 device=0 -> ok",
      "  iommufd vfio_df_device_last_close device=0 -> null",
      "    iommufd pci_reset_function dev=0 -> null",
      "      arm-smmu-v3 arm_smmu_attach_dev_blocked dev=0 domain=blocked -> null",
      "        arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
      "      arm-smmu-v3 arm_smmu_attach_dev dev=0 domain=HWPT 7 of file 0 -> null",
      "        arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
      "    iommufd iommufd_device_detach device=0 hwpt=7 -> null",
      "      arm-smmu-v3 arm_smmu_attach_dev_blocked dev=0 domain=blocked -> null",
      "        arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
      "    iommufd iommufd_device_unbind device=0 id=2 -> null",
      "      arm-smmu-v3 arm_smmu_attach_dev_identity dev=0 domain=default -> null",
      "        arm-smmu-v3 arm_smmu_install_ste_for_dev dev=0 sids=256 -> null",
    ],
  ],
  ["close of a closed cdev", (h) => h.closeCdev(0), ["raw close file=-1 device=0 -> EBADF"]],
  [
    "close",
    (h) => h.closeFd(),
    ["raw close-iommufd file=0 -> ok", "  iommufd iommufd_fops_release file=0 -> null"],
  ],
];

describe("the call tree of a host call", () => {
  it("names the kernel's functions, with what was asked and what came back", () => {
    const h = new RawHost({}, { open: false });
    for (const [name, run, expected] of CALLS) {
      run(h);
      expect(tree(h.trace), name).toEqual(expected);
    }
  });

  it("is not built without a tracer, and nothing else differs", () => {
    const quiet = new RawHost({}, { open: false, trace: false });
    const traced = new RawHost({}, { open: false });
    for (const [name, run] of CALLS) {
      expect(run(quiet), name).toEqual(run(traced));
      expect(quiet.world.kernel, name).toEqual(traced.world.kernel);
      expect(quiet.world.hw, name).toEqual(traced.world.hw);
    }
    expect(quiet.trace).toEqual([]);
  });
});
