/** Header verbs. Each says what it adds to the draft of the setup. */
import { KERNEL_KNOBS, KERNEL_SPELLINGS, kernelProfile } from "../engine/kernel/profiles.ts";
import type { Repair } from "../engine/profile.ts";
import { QEMU_KNOBS, QEMU_PROFILES, QEMU_REPAIRS, qemuProfile } from "../engine/qemu/profiles.ts";
import { DEFAULT_PSMMU, DEFAULT_VSMMU } from "../engine/setup.ts";
import { bdf, choice, int, list, newName, onOff, text, u64, words } from "./arg-types.ts";
import { EXPECT_HEADS } from "./expect-heads.ts";
import type { HeaderDraft } from "./header.ts";
import {
  bits,
  busName,
  kernelKnobs,
  knobValues,
  OAS,
  profile,
  qemuKnobs,
  repair,
  ssidsize,
} from "./header-types.ts";
import type { Token } from "./lexer.ts";
import { ArgProblem, type Args, defined, key, type VerbSpec, word } from "./verb.ts";

export interface HeaderSpec extends VerbSpec {
  readonly layer: "header";
  /** The verb may stand once. */
  readonly once?: true;
  apply(args: Args, draft: HeaderDraft, places: ReadonlyMap<string, Token>): void;
}

/** Any of the topology's names; doubles are refused. */
function claim(a: Args, draft: HeaderDraft): string {
  const name = a.get<string>("name");
  if (EXPECT_HEADS.some((w) => w === name))
    throw new ArgProblem("name", `"${name}" has a meaning in expect lines`, "another name");
  if (draft.names.has(name)) throw new ArgProblem("name", `"${name}" is declared twice`, "a name of its own");
  draft.names.add(name);
  return name;
}

const onOffKey = (name: string, on: boolean, help: string) => key(name, onOff, on ? "on" : "off", help);
const PSMMU_FLAGS = [
  ["nesting", "nesting", "both stages, and no erratum that takes nesting away"],
  ["s1", "s1", "stage 1"],
  ["s2", "s2", "stage 2"],
  ["s2fwb", "s2fwb", "S2FWB: stage 2 can force write-back"],
  ["ats", "ats", "ATS"],
  ["coherency", "coherency", "coherent table walks"],
  ["range-inv", "rangeInv", "range invalidation"],
  ["ds", "ds", "52-bit granule support (IDR5.DS)"],
  ["attr-types-ovr", "attrTypesOvr", "memory attributes can be overridden"],
  ["force-sync", "forceSync", "erratum CMDQ_FORCE_SYNC"],
  ["repeat-tlbi", "repeatTlbi", "erratum: every TLBI and CFGI twice"],
  ["gran4k", "gran4k", "4 KiB granule"],
  ["gran16k", "gran16k", "16 KiB granule"],
  ["gran64k", "gran64k", "64 KiB granule"],
] as const;
const PSMMU_SIZES = [
  ["vmid-bits", "vmidBits", 1, 16, "width of a VMID"],
  ["asid-bits", "asidBits", 8, 16, "width of an ASID"],
  ["ssid-bits", "ssidBits", 0, 20, "width of a SubstreamID"],
  ["sid-bits", "sidBits", 1, 32, "width of a StreamID"],
] as const;
const DEVICE_FLAGS = [
  ["ats", "ats", true, "usable ATS capability"],
  ["canwbs", "canwbs", true, "coherent whatever the attributes (CANWBS)"],
  ["dirty", "dirty", false, "dirty tracking"],
  ["stall", "stall", false, "stall-capable, if the SMMU has stalls (stall-model=)"],
  ["ats-always-on", "atsAlwaysOn", false, "cannot work without ATS"],
  ["direct-map", "directMap", false, "firmware asks for a 1:1 mapping on the host"],
  ["host-driver", "hostDriver", false, "a host driver is bound to it"],
] as const;

/** `{ property: value }` for the flags that a line names. */
function given(a: Args, table: readonly (readonly [string, string, ...unknown[]])[]): Record<string, never> {
  return Object.fromEntries(
    table.flatMap(([name, property]) => (a.has(name) ? [[property, a.get(name) as never]] : [])),
  );
}

export const HEADER_VERBS: readonly HeaderSpec[] = [
  {
    name: "title",
    layer: "header",
    once: true,
    summary: "What the script shows",
    details:
      "Stands over the picture and in lists of scenarios. A long title may be several strings in a row.",
    args: [word("title", text, "the title")],
    example: 'title "Second device, GBPA.ABORT=1"',
    apply: (a, draft) => {
      draft.title = a.get<string>("title");
    },
  },
  {
    name: "kernel",
    layer: "header",
    once: true,
    summary: "The host kernel: a release, and knobs set on their own",
    details:
      "Without this line the newest profile holds. A knob changes one behaviour and leaves the others as the release has them.",
    args: [
      word("release", profile("kernel", KERNEL_SPELLINGS, kernelProfile), "the release"),
      {
        form: "keys",
        name: "knobs",
        shape: "KNOB=VALUE…",
        keys: () => kernelKnobs,
        help: KERNEL_KNOBS.map((k) => k.key).join(", "),
      },
    ],
    example: "kernel 6.17 vdevice=translate-only vmid=viommu+tag",
    apply: (a, draft) => {
      const row = kernelProfile(a.get<string>("release"));
      if (row !== null) draft.kernel = { ...row, ...knobValues(a) };
    },
  },
  {
    name: "qemu",
    layer: "header",
    once: true,
    summary: "QEMU: a release or series, and knobs set on their own",
    details:
      "v4 to v7 are the posted series, m0 and m1 the merged forms, 11.1 the release that was measured.",
    args: [
      word(
        "release",
        profile(
          "qemu",
          QEMU_PROFILES.map((p) => p.name),
          qemuProfile,
        ),
        "the release",
      ),
      {
        form: "keys",
        name: "knobs",
        shape: "KNOB=VALUE…",
        keys: () => qemuKnobs,
        help: QEMU_KNOBS.map((k) => k.key).join(", "),
      },
    ],
    example: "qemu 11.1 eventloop=poll",
    apply: (a, draft) => {
      const row = qemuProfile(a.get<string>("release"));
      if (row !== null) draft.qemu = { ...row, ...knobValues(a) };
    },
  },
  {
    name: "fix",
    layer: "header",
    summary: "What-if repairs of QEMU, named by the divergence they remove",
    details: QEMU_REPAIRS.map((r) => `${r.names.join(", ")}: ${r.text}`).join("\n\n"),
    args: [word("repairs", list(repair), "divergences")],
    example: "fix D1,D3",
    apply: (a, draft) => {
      for (const r of a.get<Repair[]>("repairs")) draft.repairs.add(r);
    },
  },
  {
    name: "psmmu",
    layer: "header",
    summary: "A physical SMMUv3 of the host",
    details: "The first one replaces the default `p0`.",
    args: [
      word("name", newName("physical SMMU"), "its name"),
      ...PSMMU_SIZES.map(([name, property, min, max, help]) =>
        key(name, bits(min, max), String(DEFAULT_PSMMU[property]), help),
      ),
      key("oas", OAS, String(DEFAULT_PSMMU.oas), "output address size"),
      key(
        "stall-model",
        choice({ both: 0, terminate: 1, force: 2 }, "stall model"),
        "terminate",
        "IDR0.STALL_MODEL",
      ),
      ...PSMMU_FLAGS.map(([name, property, help]) => onOffKey(name, DEFAULT_PSMMU[property], help)),
    ],
    example: "psmmu p0 vmid-bits=16 nesting=on s2fwb=on ats=on",
    apply: (a, draft) => {
      draft.psmmus.push({
        name: claim(a, draft),
        ...DEFAULT_PSMMU,
        ...given(a, PSMMU_FLAGS),
        ...given(a, PSMMU_SIZES),
        ...defined({ oas: a.opt<number>("oas") }),
        ...(a.has("stall-model") ? { stallModel: a.get<0 | 1 | 2>("stall-model") } : {}),
      });
    },
  },
  {
    name: "device",
    layer: "header",
    summary: "A host PCI function behind a physical SMMU",
    details:
      "The first one replaces the default devices d0, d1, d2. Without `psmmu=` the first physical SMMU, without `group=` a group of its own, " +
      "without `bdf=` the guest address equals the StreamID.",
    args: [
      word("name", newName("device"), "its name"),
      key("psmmu", newName("physical SMMU"), null, "the physical SMMU; without it the first"),
      key(
        "sid",
        list(int(0, 0xffff_ffff, "hex", "SID"), 16),
        null,
        "physical StreamIDs; without it 0x100, 0x108, …",
      ),
      ...DEVICE_FLAGS.map(([name, , on, help]) => onOffKey(name, on, help)),
      key("group", newName("group"), null, "iommu group; devices that name the same one share it"),
      key("default", words("identity", "dma"), "identity", "default domain of its group on the host"),
      key("bdf", bdf, null, "guest address when `plug` names none"),
    ],
    example: "device d0 psmmu=p0 sid=0x100 ats=on group=g0",
    before: ["psmmu p0"],
    apply: (a, draft, places) => {
      const token = places.get("name") as Token;
      draft.devices.push({
        name: claim(a, draft),
        token,
        psmmu: a.or<string | null>("psmmu", null),
        psmmuToken: places.get("psmmu") ?? null,
        sids: a.or<number[] | null>("sid", null),
        group: a.or<string | null>("group", null),
        defaultDomain: a.or<"identity" | "dma" | null>("default", null),
        bdf: a.or<number | null>("bdf", null),
        traits: given(a, DEVICE_FLAGS),
      });
    },
  },
  {
    name: "vsmmu",
    layer: "header",
    summary: "A virtual SMMUv3 of the guest (-device arm-smmuv3)",
    details:
      "The first one replaces the default v0 and v1. `auto` properties take the host's value from the first device.",
    args: [
      word("name", newName("virtual SMMU"), "its name"),
      key("bus", busName, null, "root bus it serves; without it the next free pcie.N"),
      key(
        "oas",
        choice({ "44": 44, "48": 48 }, "address size"),
        String(DEFAULT_VSMMU.oas),
        "output address size; QEMU takes 44 and 48",
      ),
      key("ats", words("on", "off", "auto"), DEFAULT_VSMMU.ats, "IDR0.ATS"),
      key("ssidsize", ssidsize, String(DEFAULT_VSMMU.ssidsize), "SubstreamID bits"),
      key("ril", words("on", "off", "auto"), DEFAULT_VSMMU.ril, "range invalidation"),
      onOffKey("accel", DEFAULT_VSMMU.accel, "nested translation by the host"),
      key("stage", words("1", "nested"), "1", "stages of a vSMMU without accel"),
    ],
    example: "vsmmu v0 bus=pcie.1 oas=44 ats=auto ssidsize=0 ril=on",
    apply: (a, draft, places) => {
      draft.vsmmus.push({
        token: places.get("name") as Token,
        spec: {
          name: claim(a, draft),
          ...DEFAULT_VSMMU,
          bus: a.or<string | null>("bus", null),
          ...defined({
            oas: a.opt<number>("oas"),
            ats: a.opt<"on" | "off" | "auto">("ats"),
            ssidsize: a.opt<number | "auto">("ssidsize"),
            ril: a.opt<"on" | "off" | "auto">("ril"),
            accel: a.opt<boolean>("accel"),
            stage: a.opt<"1" | "nested">("stage"),
          }),
        },
      });
    },
  },
  {
    name: "ram",
    layer: "header",
    summary: "A range of guest memory",
    details: "The first one replaces the default, the low terabyte. An access elsewhere aborts.",
    args: [
      word("base", u64("hex", "BASE"), "first address, 4 KiB aligned"),
      word("size", u64("hex", "SIZE"), "length in bytes, 4 KiB aligned"),
    ],
    example: "ram 0x40000000 0x10000000",
    apply: (a, draft) => {
      const base = a.get<bigint>("base");
      const size = a.get<bigint>("size");
      if ((base & 0xfffn) !== 0n) throw new ArgProblem("base", "not 4 KiB aligned", "a multiple of 0x1000");
      if (size === 0n || (size & 0xfffn) !== 0n)
        throw new ArgProblem("size", "not a number of 4 KiB pages", "a multiple of 0x1000, at least 0x1000");
      if (base + size > 1n << 64n)
        throw new ArgProblem("size", "the range passes the end of the address space");
      for (const r of draft.ram)
        if (base < r.base + r.size && r.base < base + size)
          throw new ArgProblem("base", "this range overlaps another one", "disjoint ranges");
      draft.ram.push({ base, size });
    },
  },
];
