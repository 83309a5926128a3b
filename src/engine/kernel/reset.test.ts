/** Function resets: off the SMMU and back (section 2.12). */
import { describe, expect, it } from "vitest";
import { makeCx } from "../cx.ts";
import { NO_TRACE } from "../tracer.ts";
import type { World } from "../world.ts";
import { checkInvariants } from "./invariants.ts";
import { pciDevResetIommuDone, pciDevResetIommuPrepare } from "./iommu.ts";
import { RawHost, type RawSetup, VSTE } from "./raw-host.ts";
import { attach, detach, unbind } from "./syscalls.ts";

/** IOAS 1, DEVICE 2 of d0, nest parent 3, VIOMMU 4. */
function base(setup: RawSetup = {}): RawHost {
  const h = new RawHost(setup);
  h.ioas();
  h.bind();
  h.paging(2, 1);
  h.viommu(2, 3);
  return h;
}

/** base, and nested HWPTs: bypass 5, abort 6, translate 7; vDEVICE 8 (vSID 0x20). */
function full(setup: RawSetup = {}): RawHost {
  const h = base(setup);
  for (const v of [VSTE.bypass, VSTE.abort, VSTE.translateAts]) h.nested(2, 4, v);
  h.vdevice(4, 2, 0x20n);
  return h;
}

const PAIR: RawSetup = { devices: [{ group: 0 }, { group: 0 }, { group: 1 }] };

describe("function reset", () => {
  it("K-RESET-1: a function without a usable ATS capability is not taken off; SMMU ATS does not matter", () => {
    const h = full({ devices: [{ ats: false }] });
    h.attach(0, 7);
    const before = h.world;
    h.reset();
    expect([h.rules.includes("K-RESET-1"), h.world.kernel, h.world.hw]).toEqual([
      true,
      before.kernel,
      before.hw,
    ]);
    expect([h.rules.includes("K-RESET-2"), h.commands]).toEqual([false, []]);
    const staged = full({ psmmus: [{ ats: false }] });
    staged.attach(0, 7);
    staged.reset();
    expect(staged.rules).toContain("K-RESET-2");
  });

  it("K-RESET-2: also by FLR without VFIO; a blocked or bound group is left as it is", () => {
    const h = full();
    h.flr();
    expect([h.rules.includes("K-RESET-2"), h.ste()[0]]).toEqual([true, 1n]);
    h.attach(0, 5);
    h.flr();
    expect(h.rules.filter((r) => r.startsWith("K-STE-") && r !== "K-STE-9")).toEqual(["K-STE-1", "K-STE-5"]);
    expect(h.steText()).toBe("6/1/1");
    const free = new RawHost({ groups: [{ defaultDomain: "dma" }] });
    free.flr();
    expect(free.rules.filter((r) => r.startsWith("K-STE-") && r !== "K-STE-9")).toEqual([
      "K-STE-1",
      "K-STE-3",
    ]);
  });

  it.each(["group", "device"] as const)(
    "K-RESET-3: the failed attach afterwards (staging %s)",
    (resetStaging) => {
      const h = full({ knobs: { resetStaging } });
      h.attach(0, 7);
      h.destroy(8);
      expect(h.reset().errno).toBeNull();
      expect(h.rules).toContain("K-RESET-3");
      expect([h.steText(), h.users(7), h.world.kernel.groups[0]?.domain]).toEqual([
        "0/0/0",
        2,
        { kind: "hwpt", file: 0, hwpt: 7 },
      ]);
      expect(h.world.kernel.masters[0]).toMatchObject({
        domain: { kind: "blocked" },
        blocked: false,
        resetDepth: 0,
      });
      expect(checkInvariants(h.world)).toEqual([]);
      // Detaching is the other way out.
      h.detach();
      expect(h.world.kernel.groups[0]?.domain).toEqual({ kind: "blocked" });
    },
  );

  it("K-RESET-4: nothing before 7.0, on close neither", () => {
    const h = full({ kernel: "6.19" });
    h.attach(0, 7);
    h.reset();
    expect(h.rules).toContain("K-RESET-4");
    expect(h.steText()).toBe("7/1/1");
    h.unbind();
    expect(h.rules).not.toContain("K-RESET-2");
  });

  /** Runs `during` inside a reset of d0. */
  function inReset(h: RawHost, during: (cx: ReturnType<typeof makeCx>) => void): World {
    const cx = makeCx(h.world, NO_TRACE);
    expect(pciDevResetIommuPrepare(cx, 0)).toBe(true);
    during(cx);
    pciDevResetIommuDone(cx, 0);
    return cx.w;
  }

  it("K-ATTACH-7: during a reset attach and replace are EBUSY for every device of the group", () => {
    const h = full(PAIR);
    h.bind(1);
    h.attach(0, 5);
    const after = inReset(h, (cx) => {
      expect(attach(cx, "raw", 0, 6).errno).toBe("EBUSY");
      expect(attach(cx, "raw", 0, 3).errno).toBe("EBUSY");
      // Joining the HWPT in use asks no driver.
      expect(attach(cx, "raw", 1, 5).errno).toBeNull();
    });
    expect(checkInvariants(after)).toEqual([]);
    const alone = base();
    inReset(alone, (cx) => expect(attach(cx, "raw", 0, 3).errno).toBe("EBUSY"));
  });

  it("K-RESET-5: detach and unbind succeed during a reset, and skip the blocked device", () => {
    const h = full();
    h.attach(0, 7);
    const detached = inReset(h, (cx) => {
      expect(detach(cx, "raw", 0).errno).toBeNull();
      expect(cx.w.kernel.groups[0]?.domain).toEqual({ kind: "blocked" });
    });
    expect(checkInvariants(detached)).toEqual([]);
    const abort = (cx: { w: World }): void => {
      expect(cx.w.hw.devices[0]?.stes[0]?.[0]).toBe(1n);
      expect(cx.w.kernel.masters[0]).toMatchObject({ blocked: true, domain: { kind: "blocked" } });
    };
    const gone = inReset(h, (cx) => {
      abort(cx);
      expect(unbind(cx, "raw", 0).errno).toBeNull();
      // The group is on its default domain; the device is not before its reset is over.
      expect(cx.w.kernel.groups[0]?.domain).toEqual({ kind: "default" });
      abort(cx);
    });
    expect(gone.kernel.groups[0]).toMatchObject({ owner: null, domain: { kind: "default" } });
    expect(gone.hw.devices[0]?.stes[0]?.[0]).toBe(9n);
    expect(checkInvariants(gone)).toEqual([]);
  });

  it("K-RESET-6: nested resets of a device move it once; with one state a group the second is not staged", () => {
    const h = full(PAIR);
    h.attach(0, 5);
    const after = inReset(h, (cx) => {
      const once = cx.w.hw.devices[0];
      expect(pciDevResetIommuPrepare(cx, 0)).toBe(true);
      expect(cx.w.kernel.masters[0]?.resetDepth).toBe(2);
      pciDevResetIommuDone(cx, 0);
      expect(cx.w.hw.devices[0]).toBe(once);
      // Another device of the group counts for itself.
      expect(pciDevResetIommuPrepare(cx, 1)).toBe(true);
      expect(cx.w.kernel.groups[0]?.recoveryCnt).toBe(2);
      pciDevResetIommuDone(cx, 1);
    });
    expect(checkInvariants(after)).toEqual([]);
    const g = full({ ...PAIR, knobs: { resetStaging: "group" } });
    g.attach(0, 5);
    inReset(g, (cx) => {
      expect(pciDevResetIommuPrepare(cx, 0)).toBe(false);
      expect(pciDevResetIommuPrepare(cx, 1)).toBe(false);
    });
  });
});
