/** Virtual machine verbs: what QEMU's monitor, the guest's slots and the reset button do. */
import { bdf, device, newName, vsmmu } from "./arg-types.ts";
import { type ArgSpec, type Args, type CommandSpec, defined, flag, key, word } from "./verb.ts";

const dev = word("dev", device, "the host device");

const plugArgs: readonly ArgSpec[] = [
  dev,
  word("vsmmu", vsmmu, "the virtual SMMU whose root bus gets it"),
  key("bdf", bdf, null, "guest address; without it the device's own `bdf`"),
  key(
    "iommufd",
    newName("iommufd backend"),
    null,
    "id of QEMU's iommufd backend; another id opens /dev/iommu once more (D23)",
  ),
  flag("hot", "device_add while the guest runs"),
];

const plugged = <K extends "plug" | "realize">(kind: K, a: Args) => ({
  kind,
  dev: a.get<number>("dev"),
  vsmmu: a.get<number>("vsmmu"),
  ...defined({ bdf: a.opt<number>("bdf"), iommufd: a.opt<string>("iommufd") }),
  ...(a.flag("hot") ? { hot: true } : {}),
});

export const MACHINE_VERBS: readonly CommandSpec[] = [
  {
    name: "plug",
    layer: "machine",
    summary: "Realize a vfio-pci device behind a vSMMU: bind, attach to S2, set_iommu_device",
    details:
      "VFIO opens and binds the device, finds or makes the S2 HWPT of its container and attaches the device to it; then QEMU calls " +
      "`set_iommu_device`, which for the first device of a vSMMU makes the vIOMMU and its abort and bypass HWPTs and attaches the one GBPA asks for. " +
      "A failure anywhere unwinds as QEMU unwinds and is the command's result.",
    args: plugArgs,
    example: "plug d0 v0",
    lower: (a) => plugged("plug", a),
  },
  {
    name: "realize",
    layer: "machine",
    summary: "First half of a plug: VFIO's bind and S2 attach, before set_iommu_device",
    details:
      "What stands between this and `set` is the window of D18: the device is on S2 whatever GBPA or its STE says.",
    args: plugArgs,
    example: "realize d0 v0",
    lower: (a) => plugged("realize", a),
  },
  {
    name: "set",
    layer: "machine",
    summary: "Second half of a plug: set_iommu_device and the rest of realize",
    details:
      "For the first device of a vSMMU: vIOMMU, abort and bypass HWPT, and the attach that GBPA asks for.",
    args: [dev],
    example: "set d0",
    before: ["realize d0 v0"],
    lower: (a) => ({ kind: "set", dev: a.get<number>("dev") }),
  },
  {
    name: "renumber",
    layer: "machine",
    summary: "The guest reprograms bus numbers: the device answers at another BDF",
    details: "Its StreamID changes with it; a vDEVICE that exists keeps the old one (D14).",
    args: [dev, word("bdf", bdf, "the new guest address")],
    example: "renumber d0 03:00.0",
    before: ["plug d0 v0"],
    lower: (a) => ({ kind: "renumber", dev: a.get<number>("dev"), bdf: a.get<number>("bdf") }),
  },
  {
    name: "unplug",
    layer: "machine",
    summary: "Unplug a device: unset_iommu_device, detach, put of the S2",
    details:
      "Both halves at once. QEMU runs the first in the unplugging thread and the second some milliseconds later; `unset` and `finalize` " +
      "are the halves, and what happens between them is the window of D17.",
    args: [dev],
    example: "unplug d0",
    before: ["plug d0 v0"],
    lower: (a) => ({ kind: "unplug", dev: a.get<number>("dev") }),
  },
  {
    name: "unset",
    layer: "machine",
    summary: "First half of an unplug: unset_iommu_device, back to S2",
    details:
      "The device returns to S2 and its s1 HWPT and vDEVICE go; the last device of a vSMMU takes the vIOMMU along.",
    args: [dev],
    example: "unset d0",
    before: ["plug d0 v0"],
    lower: (a) => ({ kind: "unset", dev: a.get<number>("dev") }),
  },
  {
    name: "finalize",
    layer: "machine",
    summary: "Second half of an unplug: DETACH, put of S2 and container",
    details:
      "VFIO's own clean-up: DETACH, the S2 HWPT when its last user leaves, the IOAS with its mappings, the device's fd.",
    args: [dev],
    example: "finalize d0",
    before: ["plug d0 v0", "unset d0"],
    lower: (a) => ({ kind: "finalize", dev: a.get<number>("dev") }),
  },
  {
    name: "reset",
    layer: "machine",
    summary: "System reset: devices first, then every vSMMU in its exit phase",
    details:
      "Registers go to their reset values (GBPA 0x1000, so bypass) and every device of every vSMMU is attached to the HWPT GBPA asks for. " +
      "Guest memory, vDEVICEs and vEVENTQs stay.",
    args: [],
    example: "reset",
    before: ["plug d0 v0"],
    lower: () => ({ kind: "reset" }),
  },
  {
    name: "machine-start",
    layer: "machine",
    summary: "The reset that ends cold plug, when the machine starts",
    details:
      "The same as `reset`, once, after the devices of the command line exist: it moves the second cold-plugged device off S2.",
    args: [],
    example: "machine-start",
    before: ["plug d0 v0", "plug d1 v0"],
    lower: () => ({ kind: "machine-start" }),
  },
];
