/**
 * An action as the script line that means it: for whoever makes actions without a text (the explorer, the parts of a
 * guest sequence, a replayed log). Parsing the line under the same setup gives the action back.
 */
import type {
  Action,
  GuestAction,
  GuestCommand,
  MachineAction,
  ObjRef,
  RawAction,
  SteValue,
  VsteValue,
} from "../engine/actions.ts";
import { commandSlug, decodeCommand, encodeCommand } from "../engine/arch/commands.ts";
import { eventSlug, findEvent } from "../engine/arch/events.ts";
import { REGISTERS } from "../engine/arch/registers.ts";
import type { Setup } from "../engine/setup.ts";
import { bdfText, hex } from "./arg-types.ts";
import { CR0_BITS } from "./guest-types.ts";

/** The canonical line of an action, without a line end. */
export function actionText(setup: Setup, a: Action): string {
  const line = actionWords(setup, a);
  return line.filter((w) => w !== "").join(" ");
}

const dev = (s: Setup, i: number): string => s.devices[i]?.name ?? `d${i}`;
const vsm = (s: Setup, i: number): string => s.vsmmus[i]?.name ?? `v${i}`;
const ref = (r: ObjRef): string => ("id" in r ? `id:${r.id}` : r.name);
const flag = (on: boolean | undefined, name: string): string => (on ? name : "");
/** `key=value`, or nothing for an absent value or the default. */
function kv<T extends string | number | bigint>(
  key: string,
  value: T | undefined,
  show: (v: T) => string = String,
  unless?: T,
): string {
  return value === undefined || value === unless ? "" : `${key}=${show(value)}`;
}
const off = (key: string, on: boolean): string => (on ? "" : `${key}=off`);
const as = (name: string | undefined): string => (name === undefined ? "" : `as ${name}`);
const fd = (a: { readonly fd?: string }): string => kv("fd", a.fd);

function actionWords(s: Setup, a: Action): string[] {
  switch (a.kind) {
    case "plug":
    case "realize":
    case "set":
    case "renumber":
    case "unplug":
    case "unset":
    case "finalize":
    case "reset":
    case "machine-start":
      return machineWords(s, a);
    case "inject":
      return [
        "inject",
        a.call,
        kv("nth", a.nth, String, 1),
        a.dev === undefined ? "" : `dev=${dev(s, a.dev)}`,
        `errno=${a.errno}`,
      ];
    case "gbpa":
    case "cr0":
    case "cr0-value":
    case "write":
    case "read":
    case "ack":
    case "strtab":
    case "l1std":
    case "ste":
    case "cd":
    case "map":
    case "unmap":
    case "store":
    case "cfgi":
    case "cmd":
    case "guest":
    case "dma":
      return guestWords(s, a);
    default:
      return rawWords(s, a);
  }
}

function machineWords(s: Setup, a: MachineAction): string[] {
  switch (a.kind) {
    case "plug":
    case "realize":
      return [
        a.kind,
        dev(s, a.dev),
        vsm(s, a.vsmmu),
        kv("bdf", a.bdf, bdfText),
        kv("iommufd", a.iommufd),
        flag(a.hot, "hot"),
      ];
    case "renumber":
      return ["renumber", dev(s, a.dev), bdfText(a.bdf)];
    case "reset":
    case "machine-start":
      return [a.kind];
    default:
      return [a.kind, dev(s, a.dev)];
  }
}

/** A register by name where name and size say all, by offset otherwise. */
function registerWords(offset: number, size: 4 | 8): { reg: string; size: string } {
  const known = REGISTERS.find((r) => r.offset === offset);
  if (known !== undefined) return { reg: known.name, size: known.size === size ? "" : `size=${size}` };
  return { reg: hex(offset), size: size === 4 ? "" : `size=${size}` };
}

function steWords(v: SteValue): string[] {
  if (v.as !== "words") return [v.as];
  return v.words.map((w, i) => (w === undefined ? "" : `q${i}=${hex(w)}`));
}

const sync = (a: { readonly sync: boolean; readonly cmdqen: "auto" | "asis" }): string[] => [
  off("sync", a.sync),
  kv("cmdqen", a.cmdqen, String, "auto"),
];

const HEX_FIELDS = new Set(["sid", "va", "addr", "ipa", "msiaddr", "msidata"]);

/** Fields of a command that its mnemonic's own defaults do not give; null when no fields can spell it. */
function commandFields(c: GuestCommand): [string, string][] | null {
  const decoded = decodeCommand(c.q0, c.q1);
  if (decoded.name.startsWith("UNKNOWN")) return null;
  const given: Record<string, bigint> = {};
  const out: [string, string][] = [];
  const spells = (): boolean => {
    const e = encodeCommand(decoded.name, given);
    return e.q0 === c.q0 && e.q1 === c.q1;
  };
  for (const [name, value] of Object.entries(decoded.fields)) {
    if (spells()) break;
    if (value === 0n) continue;
    const key = name.toLowerCase();
    given[key] = value;
    out.push([key, HEX_FIELDS.has(key) ? hex(value) : String(value)]);
  }
  return spells() ? out : null;
}

function commandWords(c: GuestCommand): string[] {
  const fields = commandFields(c);
  if (fields === null) return ["raw", `q0=${hex(c.q0)}`, `q1=${hex(c.q1)}`];
  return [commandSlug(decodeCommand(c.q0, c.q1).name), ...fields.map(([k, v]) => `${k}=${v}`)];
}

function commandElement(c: GuestCommand): string {
  const fields = commandFields(c);
  if (fields === null) return `${hex(c.q0)}:${hex(c.q1)}`;
  return [commandSlug(decodeCommand(c.q0, c.q1).name), ...fields.map(([k, v]) => `${k}=${v}`)].join(":");
}

function cr0Words(set: number, clear: number): string[] {
  const names = Object.entries(CR0_BITS);
  return [
    ...names.filter(([, bit]) => set & bit).map(([n]) => `+${n}`),
    ...names.filter(([, bit]) => clear & bit).map(([n]) => `-${n}`),
  ];
}

const CD_HEX = new Set(["ttb0", "ttb1", "mair", "amair"]);

function guestWords(s: Setup, a: GuestAction): string[] {
  switch (a.kind) {
    case "store":
      return [
        "store",
        hex(a.addr),
        a.words.map(hex).join(","),
        kv("count", a.count, String, 1),
        kv("stride", a.stride),
      ];
    case "dma":
      return [
        "dma",
        dev(s, a.dev),
        kv("iova", a.iova, hex),
        kv("ssid", a.ssid),
        kv("ats", a.ats, String, "none"),
        flag(a.write, "write"),
        flag(a.priv, "priv"),
        flag(a.inst, "inst"),
      ];
    case "cr0-value":
      return ["cr0", vsm(s, a.vsmmu), hex(a.value)];
    case "cr0":
      return ["cr0", vsm(s, a.vsmmu), ...cr0Words(a.set, a.clear)];
    case "write": {
      const r = registerWords(a.offset, a.size);
      return [
        "write",
        vsm(s, a.vsmmu),
        r.reg,
        hex(a.value),
        r.size,
        off("wait", a.wait),
        kv("noupdate", a.noUpdate),
      ];
    }
    case "read": {
      const r = registerWords(a.offset, a.size);
      return ["read", vsm(s, a.vsmmu), r.reg, r.size];
    }
    case "gbpa":
      return [
        "gbpa",
        vsm(s, a.vsmmu),
        a.abort ? "abort" : "bypass",
        off("update", a.update),
        kv("noupdate", a.noUpdate),
      ];
    case "ack":
      return ["ack", vsm(s, a.vsmmu)];
    case "strtab":
      return [
        "strtab",
        vsm(s, a.vsmmu),
        `fmt=${a.fmt}`,
        `log2size=${a.log2size}`,
        a.fmt === "2lvl" || a.split !== 8 ? `split=${a.split}` : "",
        kv("base", a.base, hex),
      ];
    case "l1std":
      return ["l1std", vsm(s, a.vsmmu), hex(a.sid), `span=${a.span}`, kv("ptr", a.ptr, hex)];
    case "ste":
      return ["ste", vsm(s, a.vsmmu), hex(a.sid), ...steWords(a.value)];
    case "cd":
      return [
        "cd",
        vsm(s, a.vsmmu),
        hex(a.sid),
        kv("ssid", a.ssid, String, 0),
        ...Object.entries(a.fields).map(
          ([k, v]) => `${k}=${CD_HEX.has(k) || /^q[0-7]$/.test(k) ? hex(v) : v}`,
        ),
      ];
    case "map":
    case "unmap":
      return rangeWords(s, a);
    case "cfgi":
      return [
        "cfgi",
        vsm(s, a.vsmmu),
        a.sid === "all" ? "all" : hex(a.sid),
        kv("range", a.range),
        a.leaf ? "leaf=on" : "",
        ...sync(a),
      ];
    case "cmd":
      return ["cmd", vsm(s, a.vsmmu), ...commandWords(a.cmd), ...sync(a)];
    case "guest":
      return [
        "guest",
        vsm(s, a.vsmmu),
        a.macro,
        a.dev === undefined ? "" : dev(s, a.dev),
        kv("ssid", a.ssid),
        ...Object.entries(a.opts).map(([k, v]) => `${k}=${v}`),
      ];
  }
}

function rangeWords(s: Setup, a: Extract<GuestAction, { kind: "map" | "unmap" }>): string[] {
  const where = [a.kind, vsm(s, a.vsmmu), hex(a.sid), `iova=${hex(a.iova)}`];
  const tail = [kv("size", a.size, hex, 0x1000n), kv("ssid", a.ssid, String, 0), kv("ttb", a.ttb, hex)];
  if (a.kind === "unmap") return [...where, ...tail];
  const perm = a.read ? (a.write ? "" : "perm=r") : a.write ? "perm=w" : "perm=none";
  return [...where, `gpa=${hex(a.gpa)}`, ...tail, perm, off("af", a.af), a.auto ? "auto=on" : ""];
}

function vsteText(v: VsteValue): string {
  if ("w0" in v) return `${hex(v.w0)},${hex(v.w1)}`;
  return v.ats ? `${v.as},ats` : v.as;
}

const bits = (key: string, value: number): string => kv(key, value, hex, 0);
const HWPT_FLAGS: Readonly<Record<number, string>> = {
  1: "nest-parent",
  2: "dirty-tracking",
  4: "fault-id-valid",
  8: "pasid",
};

function rawWords(s: Setup, a: RawAction): string[] {
  switch (a.kind) {
    case "iommufd":
      return ["iommufd", as(a.name)];
    case "close-iommufd":
      return ["close-iommufd", fd(a)];
    case "ioas-alloc":
      return ["ioas-alloc", bits("flags", a.flags), fd(a), as(a.as)];
    case "bind":
      return ["bind", dev(s, a.dev), bits("flags", a.flags), fd(a), as(a.as)];
    case "unbind":
      return ["unbind", ref(a.dev), fd(a)];
    case "hwpt-alloc":
      return [
        "hwpt-alloc",
        `dev=${ref(a.dev)}`,
        `pt=${ref(a.pt)}`,
        kv("flags", a.flags, (f) => HWPT_FLAGS[f] ?? hex(f), 0),
        a.vste === undefined ? "" : `vste=${vsteText(a.vste)}`,
        kv("data-type", a.dataType),
        kv("data-len", a.dataLen),
        kv("reserved", a.reserved, String, 0),
        kv("fault", a.fault),
        fd(a),
        as(a.as),
      ];
    case "viommu-alloc":
      return [
        "viommu-alloc",
        `dev=${ref(a.dev)}`,
        `hwpt=${ref(a.hwpt)}`,
        kv("type", a.type, String, 1),
        bits("flags", a.flags),
        kv("data-len", a.dataLen, String),
        kv("reserved", a.reserved, String),
        fd(a),
        as(a.as),
      ];
    case "vdevice-alloc":
      return [
        "vdevice-alloc",
        `viommu=${ref(a.viommu)}`,
        `dev=${ref(a.dev)}`,
        `virt-id=${hex(a.virtId)}`,
        fd(a),
        as(a.as),
      ];
    case "veventq-alloc":
      return [
        "veventq-alloc",
        `viommu=${ref(a.viommu)}`,
        `depth=${a.depth}`,
        kv("type", a.type, String, 1),
        bits("flags", a.flags),
        kv("reserved", a.reserved, String, 0),
        fd(a),
        as(a.as),
      ];
    case "read-events":
      return ["read-events", ref(a.queue), kv("bytes", a.bytes), fd(a)];
    case "close":
      return ["close", ref(a.queue), fd(a)];
    case "attach":
      return ["attach", `dev=${ref(a.dev)}`, `pt=${ref(a.pt)}`, bits("flags", a.flags ?? 0), fd(a)];
    case "detach":
      return ["detach", `dev=${ref(a.dev)}`, bits("flags", a.flags ?? 0), fd(a)];
    case "destroy":
      return ["destroy", ref(a.object), fd(a)];
    case "invalidate":
      return [
        "invalidate",
        `viommu=${ref(a.object)}`,
        a.cmds.length === 0 ? "" : `cmds=${a.cmds.map(commandElement).join(",")}`,
        kv("data-type", a.dataType, String, 1),
        kv("entry-len", a.entryLen, String, 16),
        kv("entry-num", a.entryNum),
        kv("reserved", a.reserved, String, 0),
        fd(a),
      ];
    case "hw-info":
      return [
        "hw-info",
        `dev=${ref(a.dev)}`,
        kv("flags", a.flags, (f) => (f === 1 ? "input-type" : hex(f)), 0),
        kv("type", a.type, String, 0),
        kv("data-len", a.dataLen),
        kv("reserved", a.reserved, String, 0),
        fd(a),
      ];
    case "event":
      return [
        "event",
        s.psmmus[a.psmmu]?.name ?? `p${a.psmmu}`,
        findEvent(a.code) === null ? hex(a.code) : eventSlug(a.code),
        `sid=${hex(a.sid)}`,
        kv("ssid", a.ssid),
        kv("class", a.cls, String, 2),
        kv("addr", a.addr, hex, 0n),
        kv("ipa", a.ipa, hex, 0n),
        kv("count", a.count, String, 1),
        flag(a.s2, "s2"),
        flag(a.stall, "stall"),
        flag(!a.rnw, "write"),
      ];
    case "flr":
      return ["flr", dev(s, a.dev)];
  }
}
