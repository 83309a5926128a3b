/** The header: title, profiles, repairs, topology. Its verbs describe a Setup; a draft collects what they say. */
import { DEFAULT_KERNEL, kernelProfile } from "../engine/kernel/profiles.ts";
import type { Repair } from "../engine/profile.ts";
import { REPAIRS } from "../engine/profile.ts";
import { DEFAULT_QEMU } from "../engine/qemu/profiles.ts";
import {
  DEFAULT_DEVICE,
  DEFAULT_PSMMU,
  DEFAULT_VSMMU,
  type DeviceSpec,
  type GroupSpec,
  type PsmmuSpec,
  type Setup,
  type VsmmuSpec,
} from "../engine/setup.ts";
import type { Token } from "./lexer.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./read-args.ts";
import { nearest } from "./suggest.ts";

export interface DeviceDraft {
  readonly name: string;
  readonly token: Token;
  readonly psmmu: string | null;
  readonly psmmuToken: Token | null;
  readonly sids: readonly number[] | null;
  readonly group: string | null;
  readonly defaultDomain: "identity" | "dma" | null;
  readonly bdf: number | null;
  readonly traits: Partial<Omit<DeviceSpec, "name" | "psmmu" | "sids" | "group" | "bdf">>;
}

export interface VsmmuDraft {
  readonly token: Token;
  readonly spec: Omit<VsmmuSpec, "bus"> & { readonly bus: string | null };
}

/** What the header has said so far. */
export class HeaderDraft {
  title: string | null = null;
  kernel = kernelProfile(DEFAULT_KERNEL) ?? missingDefault();
  qemu = DEFAULT_QEMU;
  readonly repairs = new Set<Repair>();
  readonly psmmus: PsmmuSpec[] = [];
  readonly devices: DeviceDraft[] = [];
  readonly vsmmus: VsmmuDraft[] = [];
  readonly ram: { base: bigint; size: bigint }[] = [];
  /** Verbs that may stand once. */
  readonly once = new Set<string>();
  readonly names = new Set<string>();
}

function missingDefault(): never {
  throw new Error(`the kernel table has no row ${DEFAULT_KERNEL}`);
}

const DEFAULT_SIDS = [0x100, 0x108, 0x200];

/** The setup the header describes: what is not declared is the default topology's. Problems name their lines. */
export function setupOf(draft: HeaderDraft, problems: Problem[]): Setup {
  const psmmus: PsmmuSpec[] =
    draft.psmmus.length > 0 ? draft.psmmus : [{ name: freeName("p0", draft), ...DEFAULT_PSMMU }];
  const groups: GroupSpec[] = [];
  const devices =
    draft.devices.length > 0
      ? draft.devices.map((d, i) => deviceSpec(d, i, psmmus, groups, problems))
      : defaultDevices(draft, groups);
  checkSids(draft, devices, psmmus, problems);
  return {
    title: draft.title ?? "",
    kernel: draft.kernel,
    qemu: draft.qemu,
    repairs: REPAIRS.filter((r) => draft.repairs.has(r)),
    psmmus,
    devices,
    groups,
    vsmmus: draft.vsmmus.length > 0 ? declaredVsmmus(draft, problems) : defaultVsmmus(draft),
    ...(draft.ram.length > 0 ? { ram: draft.ram } : {}),
  };
}

/** A default's name, unless the header gave it to something else. */
function freeName(name: string, draft: HeaderDraft): string {
  let free = name;
  for (let n = 2; draft.names.has(free); n++) free = `${name}-${n}`;
  return free;
}

function defaultDevices(draft: HeaderDraft, groups: GroupSpec[]): DeviceSpec[] {
  return DEFAULT_SIDS.map((sid, i) => {
    const name = freeName(`d${i}`, draft);
    groups.push({ name: `g-${name}`, defaultDomain: "identity" });
    return { name, psmmu: 0, sids: [sid], group: i, bdf: sid, ...DEFAULT_DEVICE };
  });
}

function defaultVsmmus(draft: HeaderDraft): VsmmuSpec[] {
  return [0, 1].map((i) => ({ name: freeName(`v${i}`, draft), bus: `pcie.${i + 1}`, ...DEFAULT_VSMMU }));
}

/** Declared vSMMUs; one without `bus=` gets the first free `pcie.N`. */
function declaredVsmmus(draft: HeaderDraft, problems: Problem[]): VsmmuSpec[] {
  const taken = new Set(draft.vsmmus.flatMap((v) => (v.spec.bus === null ? [] : [v.spec.bus])));
  const seen = new Map<string, string>();
  return draft.vsmmus.map(({ spec, token }) => {
    let { bus } = spec;
    for (let n = 1; bus === null; n++) if (!taken.has(`pcie.${n}`)) bus = `pcie.${n}`;
    taken.add(bus);
    const other = seen.get(bus);
    if (other !== undefined)
      problems.push(
        problemAt(
          token,
          `${other} already serves ${bus}`,
          "a root bus of its own: QEMU refuses a second SMMU",
        ),
      );
    seen.set(bus, spec.name);
    return { ...spec, bus };
  });
}

function deviceSpec(
  d: DeviceDraft,
  index: number,
  psmmus: readonly PsmmuSpec[],
  groups: GroupSpec[],
  problems: Problem[],
): DeviceSpec {
  let psmmu = 0;
  if (d.psmmu !== null) {
    psmmu = psmmus.findIndex((p) => p.name === d.psmmu);
    if (psmmu < 0) {
      const names = psmmus.map((p) => p.name);
      problems.push(
        problemAt(
          d.psmmuToken ?? d.token,
          `unknown psmmu "${d.psmmu}"`,
          names.join(", "),
          nearest(d.psmmu, names),
        ),
      );
      psmmu = 0;
    }
  }
  const sids = d.sids ?? [0x100 + index * 8];
  const groupName = d.group ?? `g-${d.name}`;
  let group = groups.findIndex((g) => g.name === groupName);
  if (group < 0) {
    group = groups.length;
    groups.push({ name: groupName, defaultDomain: d.defaultDomain ?? "identity" });
  } else if (d.defaultDomain !== null && d.defaultDomain !== groups[group]?.defaultDomain)
    problems.push(
      problemAt(d.token, `group ${groupName} has one default domain`, groups[group]?.defaultDomain ?? null),
    );
  return {
    name: d.name,
    psmmu,
    sids,
    group,
    bdf: d.bdf ?? (sids[0] as number) & 0xffff,
    ...DEFAULT_DEVICE,
    ...d.traits,
  };
}

/** A stream of a physical SMMU belongs to one device, and fits its StreamID width. */
function checkSids(
  draft: HeaderDraft,
  devices: readonly DeviceSpec[],
  psmmus: readonly PsmmuSpec[],
  problems: Problem[],
): void {
  const owners = new Map<string, string>();
  for (const [i, d] of devices.entries()) {
    const token = draft.devices[i]?.token;
    if (token === undefined) continue;
    const bits = psmmus[d.psmmu]?.sidBits ?? 32;
    for (const sid of d.sids) {
      const text = `0x${sid.toString(16)}`;
      if (sid >= 2 ** bits)
        problems.push(problemAt(token, `StreamID ${text} needs more than ${bits} bits`, "sid-bits="));
      const owner = owners.get(`${d.psmmu} ${sid}`);
      if (owner !== undefined && owner !== d.name)
        problems.push(
          problemAt(
            token,
            `StreamID ${text} of ${psmmus[d.psmmu]?.name} is already ${owner}'s`,
            "another sid=",
          ),
        );
      owners.set(`${d.psmmu} ${sid}`, d.name);
    }
  }
}
