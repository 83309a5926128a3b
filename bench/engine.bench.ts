// The engine in Node: full steps with the trace on, raw host calls without it, and what a step costs on a large machine.
import type { Action } from "../src/engine/actions.ts";
import { buildWorld } from "../src/engine/build-world.ts";
import { step } from "../src/engine/step.ts";
import type { World } from "../src/engine/world.ts";
import { parse } from "../src/script/parse.ts";
import { type Bench, type Sample, summarise } from "./harness.ts";

/** A machine of `vsmmus` × `each` devices: header lines, and the plug lines of all devices. */
function machine(
  vsmmus: number,
  each: number,
): { readonly header: string; readonly plugs: readonly string[] } {
  const header = ["psmmu p0"];
  const plugs: string[] = [];
  for (let v = 0; v < vsmmus; v++) header.push(`vsmmu v${v} bus=pcie.${v + 1}`);
  for (let i = 0; i < vsmmus * each; i++) {
    header.push(`device d${i} psmmu=p0 sid=0x${(0x100 + i).toString(16)}`);
    plugs.push(`plug d${i} v${i % vsmmus}`);
  }
  return { header: header.join("\n"), plugs };
}

function load(text: string): { readonly world: World; readonly actions: readonly Action[] } {
  const read = parse(text);
  if (!read.ok) throw new Error(read.problems.map((p) => p.message).join("; "));
  const { items, setup } = read.value;
  return {
    world: buildWorld(setup),
    actions: items.flatMap((item) => (item.kind === "command" ? [item.action] : [])),
  };
}

const play = (world: World, actions: readonly Action[], trace: boolean): World =>
  actions.reduce((w, a) => step(w, a, { trace }).world, world);

/** Steps a second over repeated plays of one script from its start. */
function rate(world: World, actions: readonly Action[], trace: boolean): Sample {
  const samples: number[] = [];
  for (let round = 0; round < 9; round++) {
    const from = performance.now();
    let steps = 0;
    while (performance.now() - from < 500) {
      play(world, actions, trace);
      steps += actions.length;
    }
    if (round >= 3) samples.push((steps * 1000) / (performance.now() - from));
  }
  return summarise(samples);
}

/** Median time of `actions` on `world`, in microseconds, each from that very world. */
function cost(world: World, actions: readonly Action[]): number {
  const samples: number[] = [];
  for (let round = 0; round < 400; round++) {
    const action = actions[round % actions.length] as Action;
    const from = performance.now();
    for (let i = 0; i < 20; i++) step(world, action, { trace: false });
    if (round >= 100) samples.push(((performance.now() - from) * 1000) / 20);
  }
  return summarise(samples).median;
}

/** What a user does with 2 vSMMUs × 4 devices: plug, reset, GBPA, enable, STEs, CFGI, DMA, unplug. */
const SESSION = `
machine-start
gbpa v0 abort
gbpa v0 bypass
strtab v0
cr0 v0 +cmdqen
cfgi v0 all
cr0 v0 +smmuen
ste v0 0x100 translate
cfgi v0 0x100
dma d0
ste v0 0x102 abort
cfgi v0 0x102
dma d2
gbpa v1 abort
reset
unplug d0
unplug d1`;

/** Raw calls in the mixture a VMM makes: allocation, attaches, replaces, refusals, frees. */
const RAW = `
ioas-alloc as ioas1
bind d0 as dev1
hwpt-alloc dev=dev1 pt=ioas1 flags=nest-parent as s2
attach dev=dev1 pt=s2
viommu-alloc dev=dev1 hwpt=s2 as vi1
hwpt-alloc dev=dev1 pt=vi1 vste=bypass as nb
hwpt-alloc dev=dev1 pt=vi1 vste=abort as na
hwpt-alloc dev=dev1 pt=vi1 vste=translate as nt
attach dev=dev1 pt=nt
attach dev=dev1 pt=nb
vdevice-alloc viommu=vi1 dev=dev1 virt-id=0x20 as vd1
attach dev=dev1 pt=nt
invalidate viommu=vi1 cmds=tlbi-nh-all
attach dev=dev1 pt=na
destroy s2
attach dev=dev1 pt=nt
attach dev=dev1 pt=s2
destroy nt
destroy nb
destroy na
destroy vd1
destroy vi1
detach dev=dev1
destroy s2
unbind dev1
destroy ioas1`;

export const bench: Bench = {
  title: "Engine",
  async run() {
    const small = machine(2, 4);
    const session = load(`${small.header}\n${small.plugs.join("\n")}${SESSION}`);
    const traced = rate(session.world, session.actions, true);
    const plain = rate(session.world, session.actions, false);
    const raw = load(RAW);
    const calls = rate(raw.world, raw.actions, false);
    const costs = [machine(2, 4), machine(16, 64)].map((m) => {
      const all = load(`${m.header}\n${m.plugs.join("\n")}`);
      const before = play(all.world, all.actions.slice(0, -1), false);
      return cost(before, all.actions.slice(-1));
    });
    const [few = Number.NaN, many = Number.NaN] = costs;
    return [
      { name: "steps, trace on, 2 × 4", value: traced.median, unit: "/s", goal: { atLeast: 20_000 } },
      { name: "steps, trace off, 2 × 4", value: plain.median, unit: "/s" },
      {
        name: "raw host calls, trace off",
        value: calls.median,
        unit: "/s",
        goal: { atLeast: 300_000 },
        note: `${raw.actions.length} calls from an empty file to an empty file`,
      },
      { name: "last plug of 2 × 4", value: few, unit: "µs" },
      { name: "last plug of 16 × 64", value: many, unit: "µs" },
      { name: "plug, 16 × 64 against 2 × 4", value: many / few, unit: "×", goal: { atMost: 3 } },
    ];
  },
};
