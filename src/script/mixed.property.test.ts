/**
 * Scripts at random: QEMU, the guest and raw calls on the same objects, failing host calls, every release and repair.
 * A failure prints the script, shrunk, as it can be given to `lab run`.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildWorld } from "../engine/build-world.ts";
import { checkInvariants, checkProspects } from "../engine/kernel/invariants.ts";
import { checkStep } from "../engine/kernel/invariants-step.ts";
import { KERNEL_PROFILES } from "../engine/kernel/profiles.ts";
import { QEMU_PROFILES, QEMU_REPAIRS } from "../engine/qemu/profiles.ts";
import { stateJson } from "../engine/state-json.ts";
import { step } from "../engine/step.ts";
import { HOST_CALLS } from "./host-types.ts";
import { parse } from "./parse.ts";
import { commandRecord } from "./record.ts";

/** Lines of all scripts together; ten times as many in CI. */
const LINES = process.env.CI ? 50_000 : 5_000;
const LENGTH = 50;

const one = (...words: string[]): fc.Arbitrary<string> => fc.constantFrom(...words);
const id = fc.nat({ max: 15 }).map((n) => `id:${n}`);
const hw = one("d0", "d1", "d2");
const dev = fc.oneof({ weight: 6, arbitrary: hw }, { weight: 1, arbitrary: id });
const made = one(
  "d0.s2",
  "d1.s2",
  "d0.s1",
  "d0.vdevice",
  "d1.vdevice",
  "v0.viommu",
  "v0.abort",
  "v0.bypass",
  "v0.veventq",
  "v1.viommu",
  "vm.ioas",
  "d0.device",
);
const object = fc.oneof(made, id);
const fd = one("", "", "", "", " fd=f2");

/** A line put together from its parts. */
const line = (parts: TemplateStringsArray, ...values: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...values).map((v) => parts.reduce((text, part, i) => text + part + (v[i] ?? ""), ""));

const vm = fc.oneof(
  line`plug ${hw} ${one("v0", "v0", "v1")}${one("", " hot", " iommufd=f2")}`,
  line`plug ${hw} v0`,
  line`${one("unplug", "unset", "finalize", "set")} ${hw}`,
  line`realize ${hw} v0`,
  one("reset", "machine-start"),
  line`gbpa ${one("v0", "v1")} ${one("abort", "bypass")}`,
  line`cr0 v0 ${one("+smmuen", "-smmuen", "+eventqen", "-eventqen", "+cmdqen")}`,
  line`ste v0 ${one("0x100", "0x108")} ${one("abort", "bypass", "translate", "invalid", "q0=0xf")}`,
  line`cfgi v0 ${one("all", "0x100", "0x108")}`,
  line`cmd v0 ${one("tlbi-nh-all", "cfgi-cd sid=0x100", "atc-inv sid=0x108")}`,
  line`dma ${hw} iova=0x1000`,
  line`inject ${one(...Object.keys(HOST_CALLS))} nth=${one("1", "2", "3")} errno=${one("ENOMEM", "EINVAL", "ENOENT", "EBUSY")}`,
);
const RAW = [
  line`ioas-alloc${fd}`,
  line`bind ${hw}${fd}`,
  line`unbind ${dev}`,
  line`hwpt-alloc dev=${dev} pt=${object} flags=${one("0x0", "nest-parent", "dirty-tracking", "0x9")}${fd}`,
  line`hwpt-alloc dev=${dev} pt=${object} vste=${one("abort", "bypass", "translate", "invalid", "0x3,0x0")}`,
  line`viommu-alloc dev=${dev} hwpt=${object}`,
  line`vdevice-alloc viommu=${object} dev=${dev} virt-id=${one("0x100", "0x108", "0x500000000")}`,
  line`veventq-alloc viommu=${object} depth=${one("0", "1", "16")}`,
  line`read-events ${object} bytes=${one("0", "8", "39", "48", "500")}`,
  line`close ${object}`,
  line`attach dev=${dev} pt=${object}`,
  line`attach dev=${dev} pt=${object}`,
  line`detach dev=${dev}`,
  line`destroy ${object}`,
  line`invalidate viommu=${object} cmds=${one("tlbi-nh-all", "cfgi-cd:0x100", "cfgi-ste:0x1")}`,
  line`hw-info dev=${dev}`,
  line`event p0 ${one("f-translation", "c-bad-ste")} sid=${one("0x100", "0x108")}`,
  line`flr ${hw}`,
];
const closes = line`close-iommufd${fd}`;
const lines = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: vm },
    { weight: 18, arbitrary: fc.oneof(...RAW) },
    { weight: 1, arbitrary: closes },
  ),
  { minLength: LENGTH, maxLength: LENGTH + 9 },
);

const header = line`kernel ${one(...Object.keys(KERNEL_PROFILES))}
qemu ${one(...QEMU_PROFILES.map((q) => q.name))}
${one("", "", ...QEMU_REPAIRS.map((r) => `fix ${r.names[0]}`))}
psmmu p0 vmid-bits=${one("2", "8", "16")}
device d0 sid=0x100 ${one("", "group=g", "default=dma")}
device d1 sid=0x108 ${one("", "group=g", "ats=off canwbs=off")}
device d2 sid=0x200 ${one("", "group=g")}
iommufd as f2
ioas-alloc
${one("", "plug d0 v0\nmachine-start\ncr0 v0 +cmdqen +eventqen +smmuen\n")}`;

/** Raw verbs that are one host call; behind an `event` QEMU may read its queue. */
const isOneCall = (kind: string): boolean =>
  /^(.*-alloc|bind|attach|detach|destroy|invalidate|hw-info|read-events|close)$/.test(kind);

class Text {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return `\n${this.text}\n`;
  }
}

describe("random scripts", () => {
  it("keep the host's invariants whoever calls, change nothing when rejected, and can always be told", () => {
    let count = 0;
    const script = fc.tuple(header, lines).map(([h, l]) => new Text(`${h}\n${l.join("\n")}`));
    fc.assert(
      fc.property(script, ({ text }) => {
        const p = parse(text);
        if (!p.ok) throw new Error(p.problems.map((x) => `${x.line}:${x.column} ${x.message}`).join("\n"));
        let world = buildWorld(p.value.setup);
        for (const [i, item] of p.value.items.entries()) {
          if (item.kind !== "command") continue;
          const before = world;
          const r = step(before, item.action, { trace: i % 2 === 0 });
          world = r.world;
          count++;
          const at = item.words.join(" ");
          if (r.outcome.rejected) expect(world, at).toBe(before);
          const bad = checkInvariants(world);
          if (isOneCall(item.action.kind) && before.kernel.files.length === world.kernel.files.length)
            bad.push(...checkStep(before, world, r.outcome.errno));
          if (i % 10 === 0) bad.push(...checkProspects(world));
          expect(bad, at).toEqual([]);
          JSON.stringify([commandRecord(1, at, world, r.outcome), stateJson(world)]);
        }
      }),
      { numRuns: Math.ceil(LINES / LENGTH) },
    );
    expect(count).toBeGreaterThanOrEqual(LINES);
  }, 900_000);
});
