/** Value kinds of the raw host verbs and of fault injection. */
import type { VsteValue } from "../engine/actions.ts";
import { ERRNO_ALIASES, ERRNO_NUMBER, ERRNOS, type Errno } from "../engine/errno.ts";
import type { CallName } from "../engine/tracer.ts";
import { type ArgType, bad, choice, good, hex, isName, pick, readNumber } from "./arg-types.ts";
import { nearest } from "./suggest.ts";

/** Every host call, with its meaning for the reference page. */
export const HOST_CALLS: Readonly<Record<CallName, string>> = {
  "open-iommufd": "open /dev/iommu",
  "close-iommufd": "close it",
  "open-cdev": "open the VFIO device's character device",
  bind: "VFIO_DEVICE_BIND_IOMMUFD",
  unbind: "close the device's fd",
  "ioas-alloc": "IOMMU_IOAS_ALLOC",
  "iova-ranges": "IOMMU_IOAS_IOVA_RANGES",
  map: "IOMMU_IOAS_MAP",
  unmap: "IOMMU_IOAS_UNMAP",
  "hwpt-alloc": "IOMMU_HWPT_ALLOC",
  "viommu-alloc": "IOMMU_VIOMMU_ALLOC",
  "vdevice-alloc": "IOMMU_VDEVICE_ALLOC",
  "veventq-alloc": "IOMMU_VEVENTQ_ALLOC",
  "read-events": "read a vEVENTQ",
  close: "close a vEVENTQ's fd",
  attach: "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
  detach: "VFIO_DEVICE_DETACH_IOMMUFD_PT",
  destroy: "IOMMU_DESTROY",
  invalidate: "IOMMU_HWPT_INVALIDATE",
  "hw-info": "IOMMU_GET_HW_INFO",
  "get-info": "VFIO_DEVICE_GET_INFO",
  "device-reset": "VFIO_DEVICE_RESET",
  "kvm-add": "KVM_DEV_VFIO_FILE_ADD",
  "kvm-del": "KVM_DEV_VFIO_FILE_DEL",
};

const CALL_NAMES = new Map((Object.keys(HOST_CALLS) as CallName[]).map((c) => [c as string, c]));

/** As the ioctls are called; the short names are the canonical ones. */
const CALL_ALIASES: Readonly<Record<string, CallName>> = {
  "ioas-iova-ranges": "iova-ranges",
  "ioas-map": "map",
  "ioas-unmap": "unmap",
  "get-hw-info": "hw-info",
  "hwpt-invalidate": "invalidate",
  "device-get-info": "get-info",
};

export const hostCall: ArgType<CallName> = {
  shape: "CALL",
  expected: "a host call",
  read: (word) => pick(CALL_ALIASES[word] ?? word, CALL_NAMES, "host call", "a host call"),
  complete: () => [...CALL_NAMES.keys()],
};

const ERRNO_NAMES = new Map(ERRNOS.map((e) => [e as string, e]));

/** By name, by a second name of the same number, or by number, also negative as the kernel returns it. */
export const errnoName: ArgType<Errno> = {
  shape: "ERRNO",
  expected: "an errno name like EBUSY",
  read(word) {
    const number = readNumber(word.replace(/^-/, ""));
    const named = number === null ? undefined : ERRNOS.find((e) => BigInt(ERRNO_NUMBER[e]) === number);
    const upper = word.toUpperCase();
    return pick(named ?? ERRNO_ALIASES[upper] ?? upper, ERRNO_NAMES, "errno", this.expected ?? "");
  },
  complete: () => ERRNOS,
};

/** A name that `iommufd as` gave, or a backend of QEMU named by `plug … iommufd=`. */
export const fdName: ArgType<string> = {
  shape: "FILE",
  expected: 'an iommufd file named by "iommufd as NAME"',
  read(word, env) {
    if (env.scope.has(`fd ${word}`)) return good(word, word);
    const files = fileNames(env.scope.names());
    return bad(
      isName(word) ? `no iommufd file is named "${word}" so far` : `"${word}" is not a name`,
      this.expected,
      nearest(word, files),
    );
  },
  complete: (env) => fileNames(env.scope.names()),
};

/** File names live in the scope beside object names, marked. */
export const fileNames = (names: readonly string[]): string[] =>
  names.filter((n) => n.startsWith("fd ")).map((n) => n.slice(3));

const KINDS = ["abort", "bypass", "translate", "invalid"] as const;
const kind = choice(
  Object.fromEntries(KINDS.map((k) => [k, k])) as Record<(typeof KINDS)[number], (typeof KINDS)[number]>,
);

/** `abort`, `translate,ats`, or two words. */
export const vste: ArgType<VsteValue> = {
  shape: "KIND|WORD0,WORD1",
  expected: "abort, bypass, translate, invalid or two words like 0xb,0x0",
  read(word, env) {
    const parts = word.split(",");
    const first = parts[0] ?? "";
    const w0 = readNumber(first);
    if (w0 !== null) {
      const w1 = parts.length === 2 ? readNumber(parts[1] as string) : null;
      if (w1 === null) return bad(`"${word}" is not two words`, this.expected);
      return good({ w0, w1 }, `${hex(w0)},${hex(w1)}`);
    }
    const k = kind.read(first, env);
    if (!k.ok) return bad(`unknown STE kind "${first}"`, this.expected, k.suggestion);
    if (parts.length === 1) return good({ as: k.value }, k.value);
    if (parts.length === 2 && parts[1] === "ats") return good({ as: k.value, ats: true }, `${k.value},ats`);
    return bad(
      `unknown addition "${parts.slice(1).join(",")}" to an STE kind`,
      "nothing or ats",
      nearest(parts[1] ?? "", ["ats"]),
    );
  },
  complete: () => [...KINDS, "translate,ats"],
};
