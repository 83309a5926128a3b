/**
 * The boxes one by one: what each is called, what its second line says, and its sentence for ears. All wording of
 * the picture is here, so that page, text and SVG say the same.
 */
import type { HwDevice } from "../engine/hardware/types.ts";
import type {
  DeviceObj,
  HwptNestedObj,
  HwptPagingObj,
  IoasObj,
  Master,
  Obj,
  VdeviceObj,
  VeventqObj,
  ViommuObj,
} from "../engine/kernel/types.ts";
import type { AccelDevice } from "../engine/qemu/types.ts";
import type { World } from "../engine/world.ts";
import { KIND_WORDS } from "./icons.ts";
import type { Item, Kind } from "./scene-types.ts";

/** What is known of a device beyond the tables: asked of the engine's observers. */
export interface DeviceView {
  /** The guest's STE as it stands in memory, or null where its stream table holds none. */
  readonly ste: { readonly kind: Kind; readonly word: string; readonly text: string } | null;
  /** What the architecture promises the guest, in a word or two: `abort`, `bypass`, `translate`. */
  readonly must: string;
  /** What the hardware does, in the same words. */
  readonly is: string;
  /** `D1`, `D1 D4`, or empty. */
  readonly diverges: string;
}

export const hex = (n: number | bigint): string => `0x${n.toString(16)}`;
export const bdfText = (rid: number): string =>
  `${(rid >> 8).toString(16).padStart(2, "0")}:${((rid >> 3) & 31).toString(16).padStart(2, "0")}.${rid & 7}`;
const onOff = (on: boolean): string => (on ? "1" : "0");
const usersText = (users: number): string => `users ${users}`;

const base = {
  aside: "",
  text: "",
  kind: null,
  word: "",
  users: null,
  dev: null,
  diverges: "",
  under: null,
  ghost: false,
} as const;

/** One bit of a register whose write may still have to complete: `0`, `1`, or `0/1` from old to new. */
function handshake(
  now: number,
  next: number,
  bit: number,
): { readonly now: boolean; readonly open: boolean; readonly text: string } {
  const [is, becomes] = [(now & bit) !== 0, (next & bit) !== 0];
  const open = is !== becomes;
  return { now: is, open, text: open ? `${onOff(is)}/${onOff(becomes)}` : onOff(is) };
}

export function vsmmuItem(world: World, v: number): Item {
  const spec = world.setup.vsmmus[v];
  const arch = world.guest.smmus[v]?.arch;
  const enabled = handshake(arch?.cr0ack ?? 0, arch?.cr0 ?? 0, 1);
  const abort = handshake(
    arch?.gbpaEff ?? 0,
    arch?.gbpaOpen === true ? arch.gbpa : (arch?.gbpaEff ?? 0),
    1 << 20,
  );
  const open = enabled.open || (!enabled.now && abort.open);
  const kind: Kind | null = open || enabled.now ? null : abort.now ? "abort" : "bypass";
  const name = spec?.name ?? `#${v}`;
  const how = open
    ? "a handshake is open: old and new answer are both legal"
    : enabled.now
      ? "enabled: each stream follows its STE"
      : `disabled: GBPA makes every stream ${abort.now ? "abort" : "bypass"}`;
  return {
    ...base,
    key: `vsmmu:${name}`,
    role: "vsmmu",
    floor: "guest",
    label: `vSMMU ${name}`,
    aside: spec?.bus ?? "",
    text: `SMMUEN=${enabled.text} ABORT=${abort.text}`,
    kind,
    word: open ? "old or new" : kind === null ? "" : `every stream: ${kind}`,
    under: `accel:${name}`,
    subject: { kind: "vsmmu", v },
    says: `vSMMU ${name} on ${spec?.bus ?? "no bus"}, ${how}`,
  };
}

export function accelItem(world: World, v: number): Item {
  const name = world.setup.vsmmus[v]?.name ?? `#${v}`;
  const on = world.setup.vsmmus[v]?.accel === true;
  const accel = world.qemu.smmus[v]?.accel;
  const viommu = accel?.viommu ?? null;
  const text = !on
    ? "accel=off"
    : viommu === null || accel === undefined
      ? "no vIOMMU yet"
      : `viommu ${viommu.viommuId}${accel.veventq === null ? "" : ` veventq ${accel.veventq.id}`}\nabort ${accel.abortHwptId} bypass ${accel.bypassHwptId}`;
  return {
    ...base,
    key: `accel:${name}`,
    role: "accel",
    floor: "qemu",
    label: "SMMUv3AccelState",
    text,
    under:
      viommu === null
        ? null
        : objectKey(world.qemu.backends[viommu.backend]?.file ?? -1, viommu.viommuId, "VIOMMU"),
    subject: { kind: "accel", v },
    says: `QEMU's SMMUv3AccelState of ${name}: ${text.replaceAll("\n", ", ")}`,
  };
}

export function steItem(world: World, dev: number, v: number, sid: number, view: DeviceView): Item {
  const name = world.setup.devices[dev]?.name ?? `#${dev}`;
  const { ste } = view;
  return {
    ...base,
    key: `ste:${name}`,
    under: `acc:${name}`,
    role: "ste",
    floor: "guest",
    label: `STE ${hex(sid)}`,
    text: ste === null ? "not in the table" : ste.text,
    kind: ste?.kind ?? "off",
    word: ste?.word ?? "none",
    dev,
    subject: { kind: "ste", v, sid },
    says: `Guest STE ${hex(sid)} of ${name}: ${ste === null ? "not in the stream table" : `${ste.word}, ${ste.text}`}`,
  };
}

export function accelDeviceItem(
  world: World,
  dev: number,
  slot: AccelDevice | null,
  under: string | null,
): Item {
  const name = world.setup.devices[dev]?.name ?? `#${dev}`;
  const parts =
    slot === null || slot.hiodi === null
      ? "not set"
      : [
          `S2 ${slot.hiodi.hwptId}`,
          ...(slot.vdev === null ? [] : [`vdev ${slot.vdev.id}`]),
          ...(slot.s1Hwpt === 0 ? [] : [`s1 ${slot.s1Hwpt}`]),
        ].join(" · ");
  return {
    ...base,
    key: `acc:${name}`,
    under,
    role: "accel-device",
    floor: "qemu",
    label: `AccelDevice ${name}`,
    aside: slot === null ? "" : bdfText(slot.bdf),
    text: parts,
    dev,
    subject: { kind: "accel-device", dev },
    says: `QEMU's SMMUv3AccelDevice of ${name}${slot === null ? "" : ` at ${bdfText(slot.bdf)}`}: ${parts}`,
  };
}

/** Key of an iommufd object's item. */
export const objectKey = (file: number, id: number, type: Obj["type"]): string => `${file}.${id}.${type}`;

/** What every iommufd object's item starts from. `tag` names the file where there is more than one. */
function objectItem(file: number, tag: string, obj: Obj, label: string) {
  return {
    ...base,
    key: objectKey(file, obj.id, obj.type),
    floor: "iommufd",
    label: `${label} ${obj.id}`,
    aside: tag,
    users: obj.users,
    subject: { kind: "object", file, id: obj.id },
  } as const;
}

export function deviceItem(
  world: World,
  file: number,
  tag: string,
  obj: DeviceObj,
  attached: string,
  under: string | null,
): Item {
  const name = world.setup.devices[obj.dev]?.name ?? `#${obj.dev}`;
  return {
    ...objectItem(file, tag, obj, "DEVICE"),
    role: "device",
    under,
    aside: "",
    text: tag === "" ? name : `${name} · ${tag}`,
    dev: obj.dev,
    says: `DEVICE ${obj.id}, ${name}, ${attached}, ${usersText(obj.users)}`,
  };
}

export function vdeviceItem(file: number, tag: string, obj: VdeviceObj): Item {
  return {
    ...objectItem(file, tag, obj, "vDEVICE"),
    role: "vdevice",
    under: objectKey(file, obj.viommu, "VIOMMU"),
    text: hex(obj.virtId),
    dev: obj.dev,
    says: `vDEVICE ${obj.id}, virtual StreamID ${hex(obj.virtId)}, ${usersText(obj.users)}`,
  };
}

export function viommuItem(world: World, file: number, tag: string, obj: ViommuObj): Item {
  const psmmu = world.setup.psmmus[obj.psmmu]?.name ?? `#${obj.psmmu}`;
  return {
    ...objectItem(file, tag, obj, "vIOMMU"),
    role: "viommu",
    under: objectKey(file, obj.hwpt, "HWPT_PAGING"),
    text: `VMID ${obj.vmid}, ${psmmu}`,
    says: `vIOMMU ${obj.id} over HWPT ${obj.hwpt} on ${psmmu}, VMID ${obj.vmid}, ${usersText(obj.users)}`,
  };
}

export function veventqItem(file: number, tag: string, obj: VeventqObj): Item {
  const waiting = obj.numEvents === 0 ? "" : `${obj.numEvents}!`;
  return {
    ...objectItem(file, tag, obj, "vEVENTQ"),
    role: "veventq",
    under: objectKey(file, obj.viommu, "VIOMMU"),
    aside: waiting,
    text: `depth ${obj.depth}`,
    says: `vEVENTQ ${obj.id}, depth ${obj.depth}, ${obj.numEvents} records waiting, ${usersText(obj.users)}`,
  };
}

/** A vSTE with V=0 stops everything as abort does; its word says how it got there. */
export const nestedKind = (obj: HwptNestedObj): Kind => (obj.kind === "invalid" ? "abort" : obj.kind);
const nestedWord = (obj: HwptNestedObj): string => (obj.kind === "invalid" ? "V=0" : obj.kind);

export function nestedItem(file: number, tag: string, obj: HwptNestedObj, dev: number | null): Item {
  return {
    ...objectItem(file, tag, obj, "HWPT"),
    role: "nested",
    under: objectKey(file, obj.viommu, "VIOMMU"),
    kind: nestedKind(obj),
    word: nestedWord(obj),
    dev,
    says: `Nested HWPT ${obj.id}, ${nestedWord(obj)}, on vIOMMU ${obj.viommu}, ${usersText(obj.users)}`,
  };
}

export function pagingItem(world: World, file: number, tag: string, obj: HwptPagingObj): Item {
  const psmmu = world.setup.psmmus[obj.psmmu]?.name ?? `#${obj.psmmu}`;
  const stage = obj.stage === 2 ? "S2" : "S1";
  const tagText =
    obj.stage === 1
      ? `ASID ${obj.asid}`
      : obj.tags.length > 0
        ? obj.tags.map((t) => `VMID ${t.vmid} for ${world.setup.psmmus[t.psmmu]?.name ?? "?"}`).join(" ")
        : obj.vmid === 0
          ? "no VMID"
          : `VMID ${obj.vmid}`;
  const text = [
    ...(obj.nestParent ? ["nest parent"] : []),
    ...(obj.autoDomain ? ["auto"] : []),
    `${tagText} on ${psmmu}`,
  ].join(" · ");
  return {
    ...objectItem(file, tag, obj, "HWPT"),
    role: "paging",
    under: objectKey(file, obj.ioas, "IOAS"),
    kind: "s2",
    word: stage,
    text,
    says: `HWPT ${obj.id}, paging, stage ${obj.stage}, from IOAS ${obj.ioas}, ${text.replaceAll(" · ", ", ")}, ${usersText(obj.users)}`,
  };
}

export function ioasItem(file: number, tag: string, obj: IoasObj, guestRam: boolean): Item {
  return {
    ...objectItem(file, tag, obj, "IOAS"),
    role: "ioas",
    text: guestRam ? "guest RAM" : "",
    says: `IOAS ${obj.id}${guestRam ? ", guest RAM" : ""}, ${obj.hwpts.length} HWPTs, ${usersText(obj.users)}`,
  };
}

export function psmmuItem(world: World, p: number): Item {
  const spec = world.setup.psmmus[p];
  const name = spec?.name ?? `#${p}`;
  const features =
    spec === undefined
      ? []
      : [
          ...(spec.nesting ? ["nesting"] : spec.s1 ? ["S1 only"] : ["S2 only"]),
          ...(spec.s2fwb ? ["S2FWB"] : []),
          ...(spec.ats ? ["ATS"] : []),
        ];
  const vmids = world.kernel.smmus[p]?.vmids ?? [];
  const used =
    vmids.length === 0
      ? "no VMID in use"
      : vmids.length <= 4
        ? `VMIDs ${vmids.join(" ")}`
        : `${vmids.length} VMIDs in use`;
  const text = [...features, used].join(" · ");
  return {
    ...base,
    key: `psmmu:${name}`,
    role: "psmmu",
    floor: "hardware",
    label: `SMMUv3 ${name}`,
    text,
    subject: { kind: "psmmu", p },
    says: `Physical SMMUv3 ${name}: ${text.replaceAll(" · ", ", ")}`,
  };
}

/** What a physical STE does, by its V and Config and by whose domain it expresses. */
export function psteState(
  hw: HwDevice | undefined,
  master: Master | undefined,
): { kind: Kind; word: string; vmid: number } {
  const stes = hw?.stes[0];
  const w0 = stes?.[0] ?? 0n;
  const vmid = Number((stes?.[2] ?? 0n) & 0xffffn);
  const config = Number((w0 >> 1n) & 7n);
  if ((w0 & 1n) === 0n) return { kind: "off", word: "V=0", vmid: 0 };
  if (master?.domain.kind === "default") return { kind: "off", word: "host", vmid: 0 };
  if (master?.domain.kind === "blocked") return { kind: "off", word: "blocked", vmid: 0 };
  if (config < 4) return { kind: "abort", word: "abort", vmid: 0 };
  if (config === 4) return { kind: "bypass", word: "bypass", vmid: 0 };
  if (config === 5) return { kind: "s2", word: "S1 only", vmid: 0 };
  if (config === 6) return { kind: "s2", word: "S2 only", vmid };
  return { kind: "translate", word: "nested", vmid };
}

export function psteItem(world: World, dev: number, view: DeviceView): Item {
  const spec = world.setup.devices[dev];
  const name = spec?.name ?? `#${dev}`;
  const sids = spec?.sids ?? [];
  const { kind, word, vmid } = psteState(world.hw.devices[dev], world.kernel.masters[dev]);
  const where =
    world.setup.psmmus.length > 1 ? `${world.setup.psmmus[spec?.psmmu ?? 0]?.name ?? "?"} · ` : "";
  const text =
    view.diverges === ""
      ? `${where}${vmid === 0 || where !== "" ? "" : `VMID ${vmid}, `}DMA ${view.is}`
      : view.must === view.is
        ? "another address"
        : `must ${view.must}`;
  const more = sids.length > 1 ? `+${sids.length - 1}` : "";
  return {
    ...base,
    key: `pste:${name}`,
    under: `psmmu:${world.setup.psmmus[spec?.psmmu ?? 0]?.name ?? "?"}`,
    role: "pste",
    floor: "hardware",
    label: `pSTE ${hex(sids[0] ?? 0)}${more}`,
    aside: name,
    text,
    kind,
    word,
    dev,
    diverges: view.diverges,
    subject: { kind: "pste", dev },
    says: `Physical STE ${hex(sids[0] ?? 0)} of ${name}: ${word}; DMA must be ${view.must}, is ${view.is}${view.diverges === "" ? "" : `, diverges ${view.diverges}`}`,
  };
}

export function parkedItem(world: World, dev: number): Item {
  const spec = world.setup.devices[dev];
  const name = spec?.name ?? `#${dev}`;
  const { kind, word } = psteState(world.hw.devices[dev], world.kernel.masters[dev]);
  return {
    ...base,
    key: `park:${name}`,
    under: `psmmu:${world.setup.psmmus[spec?.psmmu ?? 0]?.name ?? "?"}`,
    role: "parked",
    floor: "hardware",
    label: name,
    aside: `SID ${hex(spec?.sids[0] ?? 0)}`,
    text: `on ${world.setup.psmmus[spec?.psmmu ?? 0]?.name ?? "?"}`,
    kind,
    word,
    dev,
    subject: { kind: "device", dev },
    says: `${name}, StreamID ${hex(spec?.sids[0] ?? 0)}, not plugged, ${word === "host" ? "the host's own domain" : word}`,
  };
}

/** The kind and word of an attachment to `hwpt`, and how a sentence names it; null = attached to nothing. */
export function attachedAs(hwpt: HwptNestedObj | HwptPagingObj | null): {
  readonly kind: Kind;
  readonly word: string;
  readonly said: string;
} {
  if (hwpt === null) return { kind: "off", word: KIND_WORDS.off, said: "nothing" };
  if (hwpt.type === "HWPT_NESTED") {
    const word = nestedWord(hwpt);
    return { kind: nestedKind(hwpt), word, said: `${word} HWPT ${hwpt.id}` };
  }
  const stage = hwpt.stage === 2 ? "S2" : "S1";
  return { kind: "s2", word: `${stage} direct`, said: `${stage} HWPT ${hwpt.id}` };
}
