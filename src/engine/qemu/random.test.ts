/** Random machines: plugs, unplugs, registers, commands, resets and failing host calls, in every release. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Errno } from "../errno.ts";
import { checkInvariants } from "../kernel/invariants.ts";
import type { Repair } from "../profile.ts";
import { REPAIRS } from "../profile.ts";
import type { CallName } from "../tracer.ts";
import { CMDQEN, cmd, EVENTQEN, Lab, REG, SMMUEN, SYNC, TRANSLATE } from "./lab.test-helper.ts";

const SIDS = [0x100, 0x108, 0x200];
const STES: readonly (readonly [bigint, bigint])[] = [
  [0n, 0n],
  [1n, 0n],
  [9n, 0n],
  TRANSLATE,
  [0xdn, 0n],
  [0xfn, 0n],
  [TRANSLATE[0], TRANSLATE[1] | (2n << 28n)],
];
const CALLS: readonly CallName[] = [
  "open-iommufd",
  "bind",
  "ioas-alloc",
  "map",
  "hwpt-alloc",
  "viommu-alloc",
  "vdevice-alloc",
  "veventq-alloc",
  "attach",
  "detach",
  "destroy",
  "invalidate",
  "hw-info",
  "get-info",
  "device-reset",
];

const dev = fc.integer({ min: 0, max: 2 });
const v = fc.integer({ min: 0, max: 1 });

/** A step that prints as its text. */
class Step {
  readonly text: string;
  readonly act: (lab: Lab) => unknown;
  constructor(text: string, act: (lab: Lab) => unknown) {
    this.text = text;
    this.act = act;
  }
  toString(): string {
    return this.text;
  }
}

/** Acknowledges a command error, stores an STE and sends CFGI_STE or CFGI_ALL. */
function install(lab: Lab, s: number, sid: number, i: number): void {
  const [w0, w1] = STES[i] ?? [0n, 0n];
  lab.ste(sid, w0, w1, s);
  const regs = lab.smmu(s).regs;
  if (((regs.gerror ^ regs.gerrorn) & 1) !== 0) lab.write(REG.GERRORN, regs.gerror, 4, s);
  lab.cmds([i % 2 === 0 ? cmd.cfgiSte(sid) : cmd.cfgiAll(), SYNC], s);
}

const FAULT: [bigint, bigint, bigint, bigint] = [(0x100n << 32n) | 0x10n, 0n, 0n, 0n];
const CR0S = [0, CMDQEN, CMDQEN | SMMUEN, CMDQEN | EVENTQEN | SMMUEN];

const onDevice = (verb: string, act: (lab: Lab, d: number) => unknown): fc.Arbitrary<Step> =>
  dev.map((d) => new Step(`${verb} d${d}`, (lab) => act(lab, d)));
const onSmmu = (verb: string, act: (lab: Lab, s: number) => unknown): fc.Arbitrary<Step> =>
  v.map((s) => new Step(`${verb} v${s}`, (lab) => act(lab, s)));

const plugs = fc.tuple(dev, v).map(([d, s]) => new Step(`plug d${d} v${s}`, (lab) => lab.plug(d, s)));
const gbpas = fc
  .tuple(v, fc.constantFrom(0x80100000, 0x80000000))
  .map(([s, value]) => new Step(`gbpa v${s} ${value}`, (lab) => lab.write(REG.GBPA, value, 4, s)));
const setups = fc
  .tuple(v, fc.constantFrom(...CR0S))
  .map(([s, cr0]) => new Step(`set up v${s} cr0=${cr0}`, (lab) => lab.setup(cr0, s)));
const installs = fc
  .tuple(v, fc.constantFrom(...SIDS), fc.nat(STES.length - 1))
  .map(([s, sid, i]) => new Step(`install v${s} ${sid} ste ${i}`, (lab) => install(lab, s, sid, i)));
const injections = fc
  .tuple(
    fc.constantFrom(...CALLS),
    fc.constantFrom<Errno>("ENOMEM", "EINVAL", "EIO", "ENOENT"),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([c, e, n]) => new Step(`inject ${c} nth=${n} ${e}`, (lab) => lab.inject(c, e, n)));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: plugs },
  { weight: 2, arbitrary: onDevice("unplug", (l, d) => l.unplug(d)) },
  { weight: 1, arbitrary: onDevice("plug iommufd=f2", (l, d) => l.plug(d, 0, { iommufd: "f2" })) },
  { weight: 1, arbitrary: onDevice("realize", (l, d) => l.realize(d)) },
  { weight: 1, arbitrary: onDevice("set", (l, d) => l.set(d)) },
  { weight: 1, arbitrary: onDevice("unset", (l, d) => l.unset(d)) },
  { weight: 1, arbitrary: onDevice("finalize", (l, d) => l.finalize(d)) },
  { weight: 1, arbitrary: fc.constant(new Step("reset", (l) => l.reset())) },
  { weight: 1, arbitrary: fc.constant(new Step("machine-start", (l) => l.start())) },
  { weight: 2, arbitrary: gbpas },
  { weight: 3, arbitrary: setups },
  { weight: 5, arbitrary: installs },
  { weight: 1, arbitrary: onSmmu("tlbi", (l, s) => l.cmds([[0x10n, 0n]], s)) },
  { weight: 1, arbitrary: onSmmu("event", (l, s) => l.event(FAULT, true, s)) },
  { weight: 3, arbitrary: injections },
);

/** What QEMU's own records must agree on, whatever the host did. */
function records(lab: Lab): string[] {
  const q = lab.world.qemu;
  const out: string[] = [];
  const fds: number[] = [];
  for (const b of q.backends) {
    if (b.users > 0 !== b.file >= 0) out.push(`backend ${b.name}: ${b.users} users, file ${b.file}`);
    if (b.fd >= 0) fds.push(b.fd);
  }
  q.devices.forEach((d, i) => {
    if (d.phase === "absent") return;
    fds.push(d.fd);
    const c = q.containers.find((x) => x.key === d.container);
    if (c === undefined || !c.devices.includes(i)) out.push(`d${i}: no container`);
    if (c?.hwpts.filter((h) => h.devices.includes(i)).length !== 1) out.push(`d${i}: no HWPT on record`);
  });
  q.smmus.forEach((s, i) => {
    if (s.accel.veventq !== null) fds.push(s.accel.veventq.fd);
    if ((s.accel.viommu !== null) !== s.accel.deviceList.length > 0)
      out.push(`v${i}: vIOMMU without devices`);
    for (const slot of s.accel.deviceList)
      if (s.slots[slot]?.hiodi === null) out.push(`v${i}: slot without device`);
  });
  for (const d of q.plugged)
    if (q.devices[d]?.phase !== "realized") out.push(`d${d}: plugged but not realized`);
  if (JSON.stringify(fds.sort((a, b) => a - b)) !== JSON.stringify(q.fds))
    out.push(`fds ${q.fds} for ${fds}`);
  return out;
}

function run(lab: Lab, list: readonly Step[]): void {
  for (const { text, act } of list) {
    const before = lab.world;
    const r = act(lab) as { rejected?: boolean } | null | undefined;
    if (r !== null && r !== undefined && typeof r === "object" && r.rejected === true)
      expect([lab.world.qemu, lab.world.kernel], text).toEqual([before.qemu, before.kernel]);
    expect([...records(lab), ...checkInvariants(lab.world)], text).toEqual([]);
  }
}

const steps = fc.array(step, { minLength: 5, maxLength: 30 });
const qemu = fc.constantFrom("v4", "v5", "v6", "v7", "m0", "m1", "11.1");

/** Machines per property; twenty times as many in CI. */
const MACHINES = process.env.CI ? 1000 : 50;

describe("random machines", () => {
  it("keep QEMU's records and the host's invariants, in every release and with any repairs", () => {
    fc.assert(
      fc.property(qemu, fc.subarray<Repair>([...REPAIRS]), steps, (name, repairs, list) => {
        run(new Lab({ qemu: name, repairs }), list);
      }),
      { numRuns: MACHINES },
    );
  }, 600_000);

  it("leave nothing on the host when everything is unplugged and no call failed", () => {
    const clean = steps.map((list) => list.filter(({ text }) => !text.startsWith("inject")));
    fc.assert(
      fc.property(fc.constantFrom("v6", "v7", "m0", "m1"), clean, (name, list) => {
        const lab = new Lab({ qemu: name });
        run(lab, list);
        for (let d = 0; d < 3; d++) {
          lab.set(d);
          lab.unplug(d);
          lab.finalize(d);
        }
        // Two files under one vSMMU (X8) may lose their owner first: the file's close then frees what is left.
        expect(lab.world.kernel.files.every((f) => f.released)).toBe(true);
        expect(lab.world.kernel.smmus[0]?.vmids).toEqual([]);
      }),
      { numRuns: MACHINES },
    );
  }, 600_000);
});
