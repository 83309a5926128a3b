/** Raw host verbs: every call a VMM can make, with whatever arguments it likes; the kernel's own checks answer. */
import type { GuestCommand, ObjRef, VsteValue } from "../engine/actions.ts";
import { commandList, eventCode } from "./arch-types.ts";
import { device, flagBits, int, object, psmmu, u32, u64 } from "./arg-types.ts";
import { ssid } from "./guest-types.ts";
import { fdName, vste } from "./host-types.ts";
import { type ArgSpec, as, type CommandSpec, defined, flag, key, required, word } from "./verb.ts";

const fd = key("fd", fdName, null, "the iommufd file; without it the VM's own");
const dev = required("dev", object, "a DEVICE");
const named = as("name for the new object");

/** Device, IOAS, S2 and vIOMMU, as most examples need them. */
const BASE = [
  "ioas-alloc as ioas1",
  "bind d0 as dev1",
  "hwpt-alloc dev=dev1 pt=ioas1 flags=nest-parent as s2",
] as const;
const VIOMMU = [...BASE, "viommu-alloc dev=dev1 hwpt=s2 as vi1"] as const;

const HWPT_FLAGS = { "nest-parent": 1, "dirty-tracking": 2, "fault-id-valid": 4, pasid: 8 };

const raw = (name: string, fallback: string | null, help: string, radix: "dec" | "hex" = "dec"): ArgSpec =>
  key(name, u32(radix), fallback, help);

export const HOST_VERBS: readonly CommandSpec[] = [
  {
    name: "iommufd",
    layer: "host",
    summary: "Open /dev/iommu once more",
    details: "The new file gets a name for `fd=`. Ids of two files are independent and collide.",
    args: [as("name for the file")],
    example: "iommufd as f2",
    lower: (a) => ({ kind: "iommufd", name: a.get<string>("as") }),
  },
  {
    name: "close-iommufd",
    layer: "host",
    summary: "Close an iommufd file",
    details:
      "The file goes when bound devices and open vEVENTQs hold it no longer; then everything left in it is destroyed.",
    args: [fd],
    example: "close-iommufd",
    before: ["ioas-alloc as ioas1"],
    lower: (a) => ({ kind: "close-iommufd", ...defined({ fd: a.opt<string>("fd") }) }),
  },
  {
    name: "ioas-alloc",
    layer: "host",
    summary: "IOMMU_IOAS_ALLOC",
    details: "An I/O address space.",
    args: [key("flags", flagBits({}), "0x0", "must be 0"), fd, named],
    example: "ioas-alloc as ioas1",
    lower: (a) => ({
      kind: "ioas-alloc",
      flags: a.or("flags", 0),
      ...defined({ fd: a.opt<string>("fd"), as: a.opt<string>("as") }),
    }),
  },
  {
    name: "bind",
    layer: "host",
    summary: "VFIO_DEVICE_BIND_IOMMUFD",
    details:
      "Claims the device's group for this file; the group's devices go to the blocking domain. `as` names the DEVICE object.",
    args: [
      word("dev", device, "a device of the host"),
      key("flags", flagBits({}), "0x0", "must be 0"),
      fd,
      named,
    ],
    example: "bind d0 as dev1",
    lower: (a) => ({
      kind: "bind",
      dev: a.get<number>("dev"),
      flags: a.or("flags", 0),
      ...defined({ fd: a.opt<string>("fd"), as: a.opt<string>("as") }),
    }),
  },
  {
    name: "unbind",
    layer: "host",
    summary: "Close the device's fd: detach, destroy its vDEVICE, release the group",
    details: "There is no ioctl for it. From 6.17 the vDEVICE goes with the device and leaves a tombstone.",
    args: [word("dev", object, "a DEVICE"), fd],
    example: "unbind dev1",
    before: ["bind d0 as dev1"],
    lower: (a) => ({ kind: "unbind", dev: a.get<ObjRef>("dev"), ...defined({ fd: a.opt<string>("fd") }) }),
  },
  {
    name: "hwpt-alloc",
    layer: "host",
    summary: "IOMMU_HWPT_ALLOC: a paging HWPT on an IOAS, or a nested one on a vIOMMU",
    details:
      "On an IOAS `flags=nest-parent` makes an S2. On a vIOMMU `vste=` gives the nested STE as a kind (`translate,ats` adds EATS) or as two words. " +
      "`data-type=`, `data-len=`, `reserved=` and `fault=` go to the kernel as they are.",
    args: [
      dev,
      required("pt", object, "an IOAS, a paging HWPT or a VIOMMU"),
      key("flags", flagBits(HWPT_FLAGS), "0x0", "allocation flags"),
      key("vste", vste, null, "the nested STE"),
      raw("data-type", null, "without it 2 with a vste, 0 otherwise"),
      raw("data-len", null, "without it 16 with a vste, 0 otherwise"),
      raw("reserved", "0", "__reserved"),
      raw("fault", null, "fault_id"),
      fd,
      named,
    ],
    example: "hwpt-alloc dev=dev1 pt=vi1 vste=abort as n1",
    before: VIOMMU,
    lower: (a) => ({
      kind: "hwpt-alloc",
      dev: a.get<ObjRef>("dev"),
      pt: a.get<ObjRef>("pt"),
      flags: a.or("flags", 0),
      ...defined({
        vste: a.opt<VsteValue>("vste"),
        dataType: a.opt<number>("data-type"),
        dataLen: a.opt<number>("data-len"),
      }),
      reserved: a.or("reserved", 0),
      ...defined({ fault: a.opt<number>("fault"), fd: a.opt<string>("fd"), as: a.opt<string>("as") }),
    }),
  },
  {
    name: "viommu-alloc",
    layer: "host",
    summary: "IOMMU_VIOMMU_ALLOC",
    details: "A slice of the physical SMMU over a nest parent. `type=` 1 is ARM_SMMUV3.",
    args: [
      dev,
      required("hwpt", object, "a nest parent HWPT"),
      raw("type", "1", "vIOMMU type"),
      key("flags", flagBits({}), "0x0", "must be 0"),
      raw("data-len", null, "length of user data; ignored for the plain type"),
      raw("reserved", null, "__reserved; the kernel does not look at it"),
      fd,
      named,
    ],
    example: "viommu-alloc dev=dev1 hwpt=s2 as vi1",
    before: BASE,
    lower: (a) => ({
      kind: "viommu-alloc",
      dev: a.get<ObjRef>("dev"),
      hwpt: a.get<ObjRef>("hwpt"),
      type: a.or("type", 1),
      flags: a.or("flags", 0),
      ...defined({
        dataLen: a.opt<number>("data-len"),
        reserved: a.opt<number>("reserved"),
        fd: a.opt<string>("fd"),
        as: a.opt<string>("as"),
      }),
    }),
  },
  {
    name: "vdevice-alloc",
    layer: "host",
    summary: "IOMMU_VDEVICE_ALLOC: the device's StreamID in the guest",
    details: "`virt-id=` is the vSID. An attachment that stands already gains nothing until it is made anew.",
    args: [
      required("viommu", object, "a VIOMMU"),
      dev,
      required("virt-id", u64("hex", "VSID"), "the virtual StreamID"),
      fd,
      named,
    ],
    example: "vdevice-alloc viommu=vi1 dev=dev1 virt-id=0x10 as vd1",
    before: VIOMMU,
    lower: (a) => ({
      kind: "vdevice-alloc",
      viommu: a.get<ObjRef>("viommu"),
      dev: a.get<ObjRef>("dev"),
      virtId: a.get<bigint>("virt-id"),
      ...defined({ fd: a.opt<string>("fd"), as: a.opt<string>("as") }),
    }),
  },
  {
    name: "veventq-alloc",
    layer: "host",
    summary: "IOMMU_VEVENTQ_ALLOC",
    details: "A queue of the vIOMMU's events, with a file descriptor of its own. `type=` 1 is ARM_SMMUV3.",
    args: [
      required("viommu", object, "a VIOMMU"),
      raw("depth", "16", "records it holds"),
      raw("type", "1", "event queue type"),
      key("flags", flagBits({}), "0x0", "must be 0"),
      raw("reserved", "0", "__reserved"),
      fd,
      named,
    ],
    example: "veventq-alloc viommu=vi1 depth=16 as q1",
    before: VIOMMU,
    lower: (a) => ({
      kind: "veventq-alloc",
      viommu: a.get<ObjRef>("viommu"),
      type: a.or("type", 1),
      depth: a.or("depth", 16),
      flags: a.or("flags", 0),
      reserved: a.or("reserved", 0),
      ...defined({ fd: a.opt<string>("fd"), as: a.opt<string>("as") }),
    }),
  },
  {
    name: "read-events",
    layer: "host",
    summary: "read(2) on a vEVENTQ",
    details:
      "Whole records only: 8 bytes of header and 32 of data, or the header alone with the LOST flag. Without `bytes=` room for everything.",
    args: [word("queue", object, "a VEVENTQ"), key("bytes", int(0, 0x7fff_ffff), null, "buffer size"), fd],
    example: "read-events q1",
    before: [...VIOMMU, "veventq-alloc viommu=vi1 depth=16 as q1"],
    lower: (a) => ({
      kind: "read-events",
      queue: a.get<ObjRef>("queue"),
      ...defined({ bytes: a.opt<number>("bytes"), fd: a.opt<string>("fd") }),
    }),
  },
  {
    name: "close",
    layer: "host",
    summary: "close(2) on a vEVENTQ's file descriptor",
    details: "The object stays until it is destroyed.",
    args: [word("queue", object, "a VEVENTQ"), fd],
    example: "close q1",
    before: [...VIOMMU, "veventq-alloc viommu=vi1 depth=16 as q1"],
    lower: (a) => ({ kind: "close", queue: a.get<ObjRef>("queue"), ...defined({ fd: a.opt<string>("fd") }) }),
  },
  {
    name: "attach",
    layer: "host",
    summary: "VFIO_DEVICE_ATTACH_IOMMUFD_PT: attach, or replace",
    details: "A device that is attached already is replaced; if that fails, the old attachment stays.",
    args: [
      dev,
      required("pt", object, "an IOAS or a HWPT"),
      key("flags", flagBits({}), "0x0", "must be 0"),
      fd,
    ],
    example: "attach dev=dev1 pt=s2",
    before: BASE,
    lower: (a) => ({
      kind: "attach",
      dev: a.get<ObjRef>("dev"),
      pt: a.get<ObjRef>("pt"),
      ...defined({ flags: a.opt<number>("flags"), fd: a.opt<string>("fd") }),
    }),
  },
  {
    name: "detach",
    layer: "host",
    summary: "VFIO_DEVICE_DETACH_IOMMUFD_PT",
    details: "To the blocking domain. Of a device that is not attached: success, nothing happens.",
    args: [dev, key("flags", flagBits({}), "0x0", "must be 0"), fd],
    example: "detach dev=dev1",
    before: [...BASE, "attach dev=dev1 pt=s2"],
    lower: (a) => ({
      kind: "detach",
      dev: a.get<ObjRef>("dev"),
      ...defined({ flags: a.opt<number>("flags"), fd: a.opt<string>("fd") }),
    }),
  },
  {
    name: "destroy",
    layer: "host",
    summary: "IOMMU_DESTROY",
    details: "EBUSY while anything refers to the object, ENOENT when there is none.",
    args: [word("object", object, "any object"), fd],
    example: "destroy n1",
    before: [...VIOMMU, "hwpt-alloc dev=dev1 pt=vi1 vste=abort as n1"],
    lower: (a) => ({
      kind: "destroy",
      object: a.get<ObjRef>("object"),
      ...defined({ fd: a.opt<string>("fd") }),
    }),
  },
  {
    name: "invalidate",
    layer: "host",
    summary: "IOMMU_HWPT_INVALIDATE: an array of SMMU commands",
    details:
      "`cmds=` lists commands: a mnemonic with its main fields behind colons (`cfgi-ste:0x10`, `tlbi-nh-asid:1`), further fields by name " +
      "(`tlbi-nh-va:asid=1:va=0x1000`), or two words `0x30:0x0`. The result tells what the ioctl counted (`done`) and what the hardware got (`issued`).",
    args: [
      required("viommu", object, "a VIOMMU; any object may be tried"),
      key("cmds", commandList, null, "the commands; none without it"),
      raw("data-type", "1", "1 = ARM_SMMUV3"),
      raw("entry-len", "16", "bytes of one entry"),
      raw("entry-num", null, "without it the number of commands"),
      raw("reserved", "0", "__reserved"),
      fd,
    ],
    example: "invalidate viommu=vi1 cmds=tlbi-nh-all",
    before: VIOMMU,
    lower: (a) => ({
      kind: "invalidate",
      object: a.get<ObjRef>("viommu"),
      cmds: a.or<GuestCommand[]>("cmds", []),
      dataType: a.or("data-type", 1),
      entryLen: a.or("entry-len", 16),
      ...defined({ entryNum: a.opt<number>("entry-num") }),
      reserved: a.or("reserved", 0),
      ...defined({ fd: a.opt<string>("fd") }),
    }),
  },
  {
    name: "hw-info",
    layer: "host",
    summary: "IOMMU_GET_HW_INFO",
    details: "The physical SMMU's identification registers and what the device can do.",
    args: [
      dev,
      key("flags", flagBits({ "input-type": 1 }), "0x0", "flags"),
      raw("type", "0", "requested type (with the input-type flag)"),
      raw("data-len", null, "buffer size"),
      raw("reserved", "0", "__reserved"),
      fd,
    ],
    example: "hw-info dev=dev1",
    before: ["bind d0 as dev1"],
    lower: (a) => ({
      kind: "hw-info",
      dev: a.get<ObjRef>("dev"),
      flags: a.or("flags", 0),
      type: a.or("type", 0),
      ...defined({ dataLen: a.opt<number>("data-len") }),
      reserved: a.or("reserved", 0),
      ...defined({ fd: a.opt<string>("fd") }),
    }),
  },
  {
    name: "event",
    layer: "host",
    summary: "The physical SMMU records an event",
    details:
      "Where the record goes (vEVENTQ, page-fault path or host log) and why is the result. `sid=` is the physical StreamID. " +
      "`count=` makes it a burst that the host handles before anybody reads the queue; `queued` then says how many the vEVENTQ took.",
    args: [
      word("psmmu", psmmu, "the physical SMMU"),
      word("event", eventCode, "the event, or its number"),
      required("sid", u32("hex"), "physical StreamID"),
      key("ssid", ssid, null, "SubstreamID"),
      key("class", int(0, 3), "2", "0 CD, 1 table walk, 2 input address"),
      key("addr", u64("hex", "ADDR"), "0x0", "input address"),
      key("ipa", u64("hex", "ADDR"), "0x0", "IPA or fetch address"),
      key("count", int(1, 4096), "1", "records in one burst"),
      flag("s2", "a stage-2 fault"),
      flag("stall", "the transaction is stalled"),
      flag("write", "a write; otherwise a read"),
    ],
    example: "event p0 f-translation sid=0x100",
    lower: (a) => ({
      kind: "event",
      psmmu: a.get<number>("psmmu"),
      code: a.get<number>("event"),
      sid: a.get<number>("sid"),
      ...defined({ ssid: a.opt<number>("ssid"), count: a.opt<number>("count") }),
      s2: a.flag("s2"),
      stall: a.flag("stall"),
      cls: a.or("class", 2),
      addr: a.or("addr", 0n),
      ipa: a.or("ipa", 0n),
      rnw: !a.flag("write"),
    }),
  },
  {
    name: "flr",
    layer: "host",
    summary: "A function reset of a device, not through VFIO",
    details:
      "From 7.0 the kernel blocks an ATS-capable device for the time of the reset and attaches it again afterwards.",
    args: [word("dev", device, "a device of the host")],
    example: "flr d0",
    before: ["bind d0 as dev1"],
    lower: (a) => ({ kind: "flr", dev: a.get<number>("dev") }),
  },
];
