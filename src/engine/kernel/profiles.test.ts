/** Kernel rows and knobs (section 6.2), and rules as a table. */
import { describe, expect, it } from "vitest";
import { checkInvariants } from "./invariants.ts";
import {
  DEFAULT_KERNEL,
  KERNEL_KNOBS,
  KERNEL_PROFILES,
  KERNEL_SPELLINGS,
  kernelProfile,
} from "./profiles.ts";
import { RawHost, VSTE } from "./raw-host.ts";
import { KERNEL_RULES } from "./rules.ts";

describe("rows", () => {
  /** Columns of the table in 6.2: (a) (b) lifetime, order, bypass ATS, staging, streams, invalidate, check, limits, queue. */
  const table: [string, ...string[]][] = [
    ["6.13", "none", "s2", "device-ref", "old", "off", "no", "any", "loop", "false", "false", "false"],
    ["6.15", "all-nested", "s2", "device-ref", "old", "off", "no", "any", "loop", "false", "false", "true"],
    ["6.17", "all-nested", "s2", "tombstone", "new", "off", "no", "any", "loop", "false", "false", "true"],
    [
      "6.19",
      "translate-only",
      "s2",
      "tombstone",
      "new",
      "off",
      "no",
      "any",
      "loop",
      "false",
      "false",
      "true",
    ],
    [
      "7.0",
      "translate-only",
      "s2",
      "tombstone",
      "new",
      "as-s2",
      "group",
      "any",
      "loop",
      "false",
      "false",
      "true",
    ],
    [
      "7.1",
      "translate-only",
      "s2",
      "tombstone",
      "new",
      "as-s2",
      "group",
      "any",
      "loop",
      "false",
      "false",
      "true",
    ],
    [
      "7.3.0",
      "translate-only",
      "s2",
      "tombstone",
      "new",
      "as-s2",
      "device",
      "one",
      "loop",
      "false",
      "true",
      "true",
    ],
    [
      "7.3",
      "translate-only",
      "s2",
      "tombstone",
      "new",
      "as-s2",
      "device",
      "one",
      "loop",
      "true",
      "true",
      "true",
    ],
    [
      "next",
      "translate-only",
      "s2",
      "tombstone",
      "new",
      "as-s2",
      "device",
      "one",
      "batch",
      "true",
      "true",
      "true",
    ],
    [
      "plan-2026",
      "translate-only",
      "viommu+tag",
      "tombstone",
      "new",
      "as-s2",
      "device",
      "one",
      "batch",
      "true",
      "true",
      "true",
    ],
    [
      "review-claim",
      "translate-only",
      "viommu-only",
      "tombstone",
      "new",
      "as-s2",
      "device",
      "one",
      "batch",
      "true",
      "true",
      "true",
    ],
  ];

  it.each(table)("row %s", (name, ...columns) => {
    const k = kernelProfile(name);
    expect(
      [
        k?.vdevice,
        k?.vmid,
        k?.vdevLifetime,
        k?.viommuOrder,
        k?.bypassAts,
        k?.resetStaging,
        k?.vdevStreams,
        k?.invalidate,
        k?.fieldCheck,
        k?.limits,
        k?.veventq,
      ].map(String),
    ).toEqual(columns);
    expect([k?.name, k?.nesting]).toEqual([name, true]);
  });

  it("spellings: a v in front, releases that behave as another row, nothing else", () => {
    const row = (name: string): string | undefined => kernelProfile(name)?.name;
    expect(["6.14", "v6.16", "6.18", "7.3.1", "7.3.2", "v7.3.3", "7.3.4", "v7.3", "6.12"].map(row)).toEqual([
      "6.13",
      "6.15",
      "6.17",
      "7.3.0",
      "7.3.0",
      "7.3.0",
      "7.3",
      "7.3",
      "6.12",
    ]);
    for (const bad of ["", "v", "vnext", "8.0", "vv7.3", "toString", "__proto__", "constructor"])
      expect(kernelProfile(bad)).toBeNull();
    for (const name of KERNEL_SPELLINGS) expect(kernelProfile(name)).not.toBeNull();
    expect(KERNEL_PROFILES[DEFAULT_KERNEL]?.name).toBe("7.3");
  });

  it("every knob has a key, values that cover all rows, a line of text and a source", () => {
    const fields = KERNEL_KNOBS.map((k) => k.field);
    expect([...fields].sort()).toEqual(
      Object.keys(KERNEL_PROFILES["7.3"] ?? {})
        .filter((f) => f !== "name")
        .sort(),
    );
    expect(new Set(KERNEL_KNOBS.map((k) => k.key)).size).toBe(KERNEL_KNOBS.length);
    for (const knob of KERNEL_KNOBS) {
      expect(knob.what).toMatch(/^\S.*\.$/);
      expect(knob.source.length).toBeGreaterThan(0);
      const values = knob.values.map((v) => v.value);
      for (const row of Object.values(KERNEL_PROFILES)) expect(values).toContain(row[knob.field]);
    }
  });
});

describe("knobs on their own", () => {
  /** What a fixed sequence of calls gives, as far as a caller can tell. */
  function fingerprint(knobs: object): string {
    const h = new RawHost({
      knobs,
      psmmus: [{ ssidBits: 5, repeatTlbi: true }, {}],
      devices: [
        {},
        { psmmu: 1 },
        { sids: [0x300, 0x301] },
        { ats: false },
        { atsAlwaysOn: true },
        { canwbs: false },
      ],
    });
    const out: unknown[] = [h.steText(4)];
    const note = (r: { errno: string | null; id?: number; done?: number }): void => {
      out.push(r.errno, r.id, r.done, h.steText(0), h.world.hw.devices[0]?.ats, h.vmids(), h.commands.length);
    };
    const ids = [0, 1, 2, 3].map((d) => h.bind(d).id);
    h.ioas();
    note(h.paging(1, 5, 1));
    note(h.paging(1, 5, 5));
    note(h.viommu(ids[1] ?? 0, 6));
    note(h.viommu(ids[1] ?? 0, 99, 7));
    note(h.viommu(1, 6));
    note(h.attach(0, 6));
    for (const v of [VSTE.bypass, VSTE.abort, VSTE.translateAts]) h.nested(1, 7, v);
    note(h.attach(0, 8));
    note(h.attach(0, 10));
    note(h.vdevice(7, 1, 1n));
    note(h.vdevice(7, 1, 2n));
    note(h.vdevice(7, ids[2] ?? 0, 3n));
    note(h.attach(0, 10));
    note(h.veventq(7, 2 ** 20));
    note(h.veventq(7, 1));
    out.push(h.event(0x10).to);
    note(
      h.invalidate(7, [
        [0x11n, 0n],
        [0x03n, 0n],
      ]),
    );
    note(h.invalidate(7, [[0x11n, 0x1000n]]));
    out.push(
      h.hwInfo(1, { flags: 1 }).errno,
      h.hwInfo(1).info?.flags,
      h.hwInfo(ids[3] ?? 0).info?.capabilities,
    );
    note(h.attach(0, 9));
    h.reset();
    out.push(h.rules.join());
    note(h.detach());
    note(h.unbind());
    out.push(h.world.kernel.files[0]?.objects.map((o) => (o === null || o === "tombstone" ? o : o.type)));
    expect(checkInvariants(h.world)).toEqual([]);
    return JSON.stringify(out);
  }

  it.each(KERNEL_KNOBS.flatMap((k) => k.values.map((v) => [k.key, v.text, k.field, v.value] as const)))(
    "%s=%s over 7.3 keeps the invariants, and differs from 7.3 when the value does",
    (_key, _text, field, value) => {
      const same = KERNEL_PROFILES["7.3"]?.[field] === value;
      // The place of an allocation inside bind is not to be seen from outside.
      const invisible = field === "bindAlloc";
      expect(fingerprint({ [field]: value }) === fingerprint({})).toBe(
        same || invisible || (field === "resetStaging" && value === "group"),
      );
    },
  );
});

describe("rules", () => {
  it("have an id of the kernel, one sentence and a source", () => {
    for (const [id, rule] of Object.entries(KERNEL_RULES)) {
      expect(id).toMatch(/^K-[A-Z0-9]+-\d+$/);
      expect(rule.text, id).toMatch(/^\S.*\.$/);
      expect(rule.source.length, id).toBeGreaterThan(5);
    }
  });
});
