/** The guest's side at power-on, and what a system reset leaves of it. */
import { ADDRESS_BITS, accelIdr, type Idr } from "../arch/idr.ts";
import { archInit, archReset, archSetIdr, archWatch } from "../arch/smmu.ts";
import type { Cx } from "../cx.ts";
import { patched } from "../patched.ts";
import type { Setup, VsmmuSpec } from "../setup.ts";
import { ownGuestSmmu, setArch } from "./store.ts";
import type { GuestSmmu, GuestSoftware, GuestState } from "./types.ts";

export const NEW_SOFTWARE: GuestSoftware = Object.freeze({
  gen: 0,
  cmdqReady: false,
  evtqReady: false,
  nextAsid: 1,
  tables: 0,
  freeTables: [],
  cdTables: [],
});

/** What a vSMMU identifies itself as before any device is there: `auto` properties stand at their defaults. */
function initialIdr(v: VsmmuSpec): Idr {
  return accelIdr({
    oas: (ADDRESS_BITS as readonly number[]).includes(v.oas) ? v.oas : 44,
    ats: v.ats === "on",
    ril: v.ril !== "off",
    ssidsize: v.ssidsize === "auto" ? 0 : v.ssidsize,
    nested: !v.accel && v.stage === "nested",
  });
}

/** Every StreamID a device of the setup may get; `plug … bdf=` adds others through `watchStream`. */
export function initialGuest(setup: Setup): GuestState {
  const watch = setup.devices.map((d) => d.bdf);
  return {
    smmus: setup.vsmmus.map(
      (v): GuestSmmu => ({
        arch: archInit(initialIdr(v), watch),
        expected: [],
        sw: NEW_SOFTWARE,
        linux: null,
      }),
    ),
  };
}

/** A device was plugged at this StreamID: the oracle has to follow it. */
export function watchStream(cx: Cx, v: number, sid: number): void {
  const smmu = cx.w.guest.smmus[v];
  if (smmu !== undefined) setArch(cx, v, archWatch(smmu.arch, sid));
}

/** The vSMMU's identification changed (`auto` properties resolved by its first device): IDR0, IDR1, IDR3, IDR5. */
export function setGuestIdr(cx: Cx, v: number, idr: Idr): void {
  const smmu = cx.w.guest.smmus[v];
  if (smmu !== undefined) setArch(cx, v, archSetIdr(smmu.arch, idr));
}

/**
 * System reset (rule G-RESET): registers as the architecture has them, the old kernel and its knowledge gone, memory
 * as it is.
 */
export function guestReset(cx: Cx): void {
  for (let v = 0; v < cx.w.guest.smmus.length; v++) guestSmmuReset(cx, v);
}

/** The same for one vSMMU. */
export function guestSmmuReset(cx: Cx, v: number): void {
  const { arch, sw, linux, expected } = cx.w.guest.smmus[v] as GuestSmmu;
  setArch(cx, v, archReset(arch));
  if (linux === null && expected.length === 0 && !sw.cmdqReady && !sw.evtqReady) return;
  const draft = ownGuestSmmu(cx, v);
  draft.linux = null;
  draft.expected = [];
  draft.sw = patched(sw, { cmdqReady: false, evtqReady: false });
}
