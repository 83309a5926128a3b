/** Random raw calls, random setups and kernels: the invariants hold after every one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInvariants, checkProspects } from "./invariants.ts";
import { checkStep } from "./invariants-step.ts";
import { KERNEL_PROFILES } from "./profiles.ts";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";
import type { Obj } from "./types.ts";

/** Calls in all runs together; ten times as many in CI. */
const STEPS = Number(process.env.KERNEL_PROPERTY_STEPS ?? (process.env.CI ? 200_000 : 20_000));
const RUN_LENGTH = 100;

const dev = fc.nat({ max: 3 });
/** An argument: one in eight is a bare id, the others name a live object of a fitting type. */
const arg = fc.nat({ max: 8 * 60 });
const vste = fc.constantFrom(...Object.values(VSTE), [0x3n, 0n] as const, [9n, 1n << 30n] as const);
const errno = fc.constantFrom("ENOMEM", "EINVAL", "EBUSY", "EIO");
const call = fc.constantFrom(
  "bind",
  "attach",
  "hwpt-alloc",
  "viommu-alloc",
  "vdevice-alloc",
  "detach",
  "destroy",
);

function pick(h: RawHost, r: number, ...types: Obj["type"][]): number {
  const objects = h.world.kernel.files[h.file]?.objects ?? [];
  const fit = objects.flatMap((o) =>
    o !== null && o !== "tombstone" && types.includes(o.type) ? [o.id] : [],
  );
  return r % 8 === 0 || fit.length === 0 ? (r / 8) | 0 : (fit[((r / 8) | 0) % fit.length] as number);
}

type Op = (h: RawHost) => { errno: string | null } | null;
interface Named {
  readonly text: string;
  readonly run: Op;
}

const one = <T>(
  weight: number,
  a: fc.Arbitrary<T>,
  name: string,
  run: (h: RawHost, v: T) => ReturnType<Op>,
) => ({
  weight,
  arbitrary: a.map((v): Named => ({ text: `${name} ${fc.stringify(v)}`, run: (h) => run(h, v) })),
});

const op: fc.Arbitrary<Named> = fc.oneof(
  one(1, fc.constant(0), "ioas", (h) => h.ioas()),
  one(4, dev, "bind", (h, d) => h.bind(d)),
  one(1, dev, "unbind", (h, d) => h.unbind(d)),
  one(3, fc.tuple(arg, arg, fc.constantFrom(0, 1, 1, 1, 2, 4, 8, 5, 16)), "paging", (h, [d, p, f]) =>
    h.paging(pick(h, d, "DEVICE"), pick(h, p, "IOAS"), f),
  ),
  one(6, fc.tuple(arg, arg, vste), "nested", (h, [d, p, v]) =>
    h.nested(pick(h, d, "DEVICE"), pick(h, p, "VIOMMU"), v),
  ),
  one(3, fc.tuple(arg, arg), "viommu", (h, [d, p]) =>
    h.viommu(pick(h, d, "DEVICE"), pick(h, p, "HWPT_PAGING")),
  ),
  one(5, fc.tuple(arg, arg, fc.nat({ max: 3 })), "vdevice", (h, [v, d, s]) =>
    h.vdevice(pick(h, v, "VIOMMU"), pick(h, d, "DEVICE"), BigInt(s)),
  ),
  one(
    2,
    fc.tuple(arg, fc.nat({ max: 3 }), fc.constantFrom(0, 1, 1, 1, 2)),
    "veventq",
    (h, [v, depth, type]) => h.veventq(pick(h, v, "VIOMMU"), depth, type),
  ),
  one(14, fc.tuple(dev, arg), "attach", (h, [d, p]) =>
    h.attach(d, pick(h, p, "HWPT_PAGING", "HWPT_NESTED", "HWPT_NESTED", "IOAS")),
  ),
  one(2, dev, "detach", (h, d) => h.detach(d)),
  one(2, arg, "destroy", (h, i) =>
    h.destroy(pick(h, i, "IOAS", "HWPT_PAGING", "HWPT_NESTED", "VIOMMU", "VEVENTQ", "DEVICE")),
  ),
  one(2, arg, "destroy vdevice", (h, i) => h.destroy(pick(h, i, "VDEVICE"))),
  one(2, dev, "reset", (h, d) => h.reset(d)),
  one(
    2,
    fc.tuple(arg, fc.constantFrom(0x30n, 0x11n, 0x05n, 0x1_0000_0005n, 0x03n)),
    "invalidate",
    (h, [i, q]) => h.invalidate(pick(h, i, "VIOMMU"), [[q, 0n]]),
  ),
  one(4, fc.tuple(dev, fc.constantFrom(0x10, 0x10, 0x04, 0x02), fc.boolean()), "event", (h, [d, c, s2]) => {
    h.event(c, 0x100 + 8 * d, { s2 }, d === 3 ? 1 : 0);
    return null;
  }),
  one(2, fc.tuple(arg, fc.constantFrom(4, 8, 40, 48, 4096)), "read", (h, [i, n]) =>
    h.read(pick(h, i, "VEVENTQ"), n),
  ),
  one(1, fc.tuple(arg, fc.boolean()), "close", (h, [i, pinned]) =>
    h.closeQueue(pick(h, i, "VEVENTQ"), pinned),
  ),
  one(1, fc.tuple(call, errno, dev), "inject", (h, [c, e, d]) => {
    h.inject(c, e, 1, d < 2 ? d : null);
    return null;
  }),
  one(1, fc.nat({ max: 2 }), "file", (h, f) => {
    if (h.world.kernel.files[f] === undefined) h.open();
    else h.file = f;
    return null;
  }),
);

/** d0 alone; d1 and d2 in one group; d3 behind a second SMMU. */
const setups: fc.Arbitrary<RawSetup> = fc.record({
  kernel: fc.constantFrom(...Object.keys(KERNEL_PROFILES).filter((k) => k !== "6.12")),
  psmmus: fc
    .tuple(fc.constantFrom(8, 16), fc.constantFrom(40, 44, 48), fc.boolean())
    .map(([vmidBits, oas, s2fwb]) => [
      { vmidBits, s2fwb: true },
      { vmidBits, oas, s2fwb },
    ]),
  devices: fc
    .tuple(fc.boolean(), fc.boolean())
    .map(([ats, canwbs]) => [{ group: 0 }, { group: 1, canwbs }, { group: 1, ats }, { group: 2, psmmu: 1 }]),
  groups: fc.constantFrom("identity" as const, "dma" as const).map((defaultDomain) => [{ defaultDomain }]),
});

/** Half of the runs start where trace T1 is after row 12: d0 translates. */
function startNested(h: RawHost): void {
  for (const v of [VSTE.bypass, VSTE.abort, VSTE.translateAts]) h.nested(2, 4, v);
  h.vdevice(4, 2, 0n);
  h.veventq(4, 2);
  h.attach(0, 3);
  h.attach(0, 7);
}

describe("random raw calls", () => {
  it("keep all invariants of section 7 after every call, and mutate no frozen world", () => {
    let calls = 0;
    fc.assert(
      fc.property(
        setups,
        fc.array(op, { minLength: RUN_LENGTH, maxLength: RUN_LENGTH + 9 }),
        (setup, ops) => {
          const h = new RawHost(setup, { trace: false });
          h.ioas();
          h.bind(0);
          h.paging(2, 1);
          h.viommu(2, 3);
          if (ops.length % 2 === 0) startNested(h);
          for (const [i, { text, run }] of ops.entries()) {
            const before = h.world;
            const r = run(h);
            calls++;
            const bad = [
              ...checkInvariants(h.world),
              ...checkStep(before, h.world, (r?.errno ?? null) as never),
            ];
            if (i % 10 === 0) bad.push(...checkProspects(h.world));
            expect(bad, `${text} under ${setup.kernel}`).toEqual([]);
          }
        },
      ),
      { numRuns: Math.ceil(STEPS / RUN_LENGTH) },
    );
    expect(calls).toBeGreaterThanOrEqual(STEPS);
  }, 600_000);
});
