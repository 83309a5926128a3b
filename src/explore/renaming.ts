/**
 * What a symmetry of the setup does to names: which device becomes which, which vSMMU becomes which, and with them the
 * StreamIDs, the guest addresses that follow from them (engine/guest/layout.ts) and the names of QEMU's objects.
 */
import {
  areaBase,
  autoTarget,
  cdTable,
  cmdqBase,
  eventqBase,
  linearStrtab,
  pageTable,
} from "../engine/guest/layout.ts";
import type { DeviceSpec, Setup, VsmmuSpec } from "../engine/setup.ts";

/** A permutation of devices and one of vSMMUs: `devices[old] = new`. */
export interface Symmetry {
  readonly devices: readonly number[];
  readonly vsmmus: readonly number[];
}

/** Everything a symmetry renames, looked up once. */
export interface Renaming {
  readonly symmetry: Symmetry;
  readonly identity: boolean;
  /** Group of `devices[old]`, by old group. */
  readonly groups: readonly number[];
  sid(sid: number): number;
  /** A guest physical address of the tables that guest software makes. */
  address(at: bigint): bigint;
  /** `d0.s2`, `v1.viommu`: names that carry a device's or a vSMMU's own. */
  name<T extends string | null>(name: T): T;
}

const AREA = areaBase(0, 1) - areaBase(0, 0);
const STRTAB_SIZE = 64n << 16n;
const WINDOWS = autoTarget(1, 0) - autoTarget(0, 0);
const FIRST_WINDOW = autoTarget(0, 0);
/** autoTarget() repeats its windows after so many vSMMUs. */
export const MOST_VSMMUS = 7;

export function renamingOf(setup: Setup, symmetry: Symmetry): Renaming {
  const { devices, vsmmus } = symmetry;
  const identity = devices.every((to, i) => to === i) && vsmmus.every((to, i) => to === i);
  const sids = new Map<number, number>();
  const names = new Map<string, string>();
  const groups = setup.groups.map((_, g) => g);
  for (const [from, to] of devices.entries()) {
    const a = setup.devices[from] as DeviceSpec;
    const b = setup.devices[to] as DeviceSpec;
    sids.set(a.bdf, b.bdf);
    groups[a.group] = b.group;
    names.set(a.name, b.name);
  }
  for (const [from, to] of vsmmus.entries())
    names.set((setup.vsmmus[from] as VsmmuSpec).name, (setup.vsmmus[to] as VsmmuSpec).name);
  const sid = (s: number): number => sids.get(s) ?? s;
  const windows = WINDOWS * BigInt(vsmmus.length);
  const area0 = areaBase(0, 0);
  const areas = AREA * 2n * BigInt(vsmmus.length);
  const address = (at: bigint): bigint => {
    if (at >= area0 && at < area0 + areas) {
      const area = Number((at - area0) / AREA);
      const v = area >> 1;
      const gen = area & 1;
      let offset = at - areaBase(v, gen);
      if (offset < STRTAB_SIZE) offset = BigInt(sid(Number(offset / 64n))) * 64n + (offset % 64n);
      return areaBase(vsmmus[v] as number, gen) + offset;
    }
    if (at >= FIRST_WINDOW && at < FIRST_WINDOW + windows) {
      const v = Number((at - FIRST_WINDOW) / WINDOWS);
      return at - autoTarget(v, 0) + autoTarget(vsmmus[v] as number, 0);
    }
    return at;
  };
  const rename = (name: string): string => {
    const dot = name.lastIndexOf(".");
    if (dot <= 0) return names.get(name) ?? name;
    const owner = names.get(name.slice(0, dot));
    return owner === undefined ? name : owner + name.slice(dot);
  };
  return {
    symmetry,
    identity,
    groups,
    sid,
    address,
    name: <T extends string | null>(name: T): T => (name === null ? name : (rename(name) as T)),
  };
}

/** A command or an event record names its stream in bits 63:32 of word 0. */
export const sidWord = (q0: bigint, r: Renaming): bigint =>
  (q0 & 0xffff_ffffn) | (BigInt(r.sid(Number(q0 >> 32n))) << 32n);

/** S1ContextPtr of an STE's word 0, bits 55:6. */
const PTR = 0x00ff_ffff_ffff_ffc0n;

export function contextPtr(q0: bigint, r: Renaming): bigint {
  const ptr = q0 & PTR;
  return ptr === 0n || r.identity ? q0 : (q0 & ~PTR) | (r.address(ptr) & PTR);
}

/** Commands that name a stream: CFGI_STE, CFGI_CD, CFGI_CD_ALL, ATC_INV. */
const NAMES_STREAM: ReadonlySet<number> = new Set([0x03, 0x05, 0x06, 0x40]);

export const commandWord = (q0: bigint, r: Renaming): bigint =>
  NAMES_STREAM.has(Number(q0 & 0xffn)) ? sidWord(q0, r) : q0;

/** Where the linear stream table, the queues and the CD tables of a vSMMU are, by offset in its area. */
export type Region = "strtab" | "cmdq" | "eventq" | "cd" | "other";

export function regionOf(at: bigint, vsmmus: number): Region {
  const area0 = areaBase(0, 0);
  if (at < area0 || at >= area0 + AREA * 2n * BigInt(vsmmus)) return "other";
  const offset = (at - area0) % AREA;
  if (offset < linearStrtab(0, 0) - area0 + STRTAB_SIZE) return "strtab";
  const cds = cdTable(0, 0, 0) - area0;
  if (offset >= cds && offset < pageTable(0, 0, 0) - area0) return "cd";
  const cmdq = cmdqBase(0, 0) - area0;
  const eventq = eventqBase(0, 0) - area0;
  if (offset >= cmdq && offset < eventq) return "cmdq";
  return offset >= eventq && offset < cds ? "eventq" : "other";
}

const sameBut = <T extends object>(a: T, b: T, except: readonly (keyof T)[]): boolean => {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<string & keyof T>;
  for (const k of keys)
    if (!except.includes(k) && JSON.stringify(a[k]) !== JSON.stringify(b[k])) return false;
  return true;
};

/** Two devices that differ in nothing but their names: the group is compared by what it is, not by its number. */
function sameDevice(setup: Setup, a: DeviceSpec, b: DeviceSpec): boolean {
  if (a.sids.length !== 1 || b.sids.length !== 1) return false;
  const alone = (d: DeviceSpec): boolean => setup.devices.filter((x) => x.group === d.group).length === 1;
  const kind = (d: DeviceSpec): string | undefined => setup.groups[d.group]?.defaultDomain;
  // A host DMA domain carries an ASID and a table address of its own; leave such devices apart.
  return (
    alone(a) &&
    alone(b) &&
    kind(a) === "identity" &&
    kind(b) === "identity" &&
    sameBut(a, b, ["name", "sids", "bdf", "group"])
  );
}

const sameVsmmu = (a: VsmmuSpec, b: VsmmuSpec): boolean => sameBut(a, b, ["name", "bus"]);

/** Every state is compared with all its images: more of them cost more than they save. */
const MOST_SYMMETRIES = 720;
/** Devices whose orders are all tried. */
export const MOST_PERMUTED = 5;
const MOST_DEVICE_ORDERS = 120;

/**
 * Orders of 0 … n-1 that map each index to one it may stand for; the identity first. Where those of all are more than
 * `most`, only the first few change places: fewer symmetries are less saved, never a wrong answer.
 */
function orders(n: number, same: (a: number, b: number) => boolean, most: number): number[][] {
  let free = 0;
  for (let count = 1; free < n && count * (free + 1) <= most; free++) count *= free + 1;
  const out: number[][] = [];
  const go = (at: number, used: readonly number[]): void => {
    if (at === n) {
      out.push([...used]);
      return;
    }
    if (at >= free) {
      go(at + 1, [...used, at]);
      return;
    }
    for (let to = 0; to < free; to++) if (!used.includes(to) && same(at, to)) go(at + 1, [...used, to]);
  };
  go(0, []);
  return out;
}

/** All symmetries of a setup whose specs are equal; the identity first. */
export function symmetriesOf(setup: Setup): Symmetry[] {
  const at = <T>(list: readonly T[], i: number): T => list[i] as T;
  const devices = orders(
    setup.devices.length,
    (a, b) => (a === b ? true : sameDevice(setup, at(setup.devices, a), at(setup.devices, b))),
    MOST_DEVICE_ORDERS,
  );
  const vsmmus = orders(
    setup.vsmmus.length,
    (a, b) =>
      a === b
        ? true
        : setup.vsmmus.length <= MOST_VSMMUS && sameVsmmu(at(setup.vsmmus, a), at(setup.vsmmus, b)),
    Math.floor(MOST_SYMMETRIES / devices.length),
  );
  return vsmmus.flatMap((v) => devices.map((d) => ({ devices: d, vsmmus: v })));
}
