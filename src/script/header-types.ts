/** Value kinds of the header: profiles, knobs, repairs, sizes. */
import { KERNEL_KNOBS } from "../engine/kernel/profiles.ts";
import type { Repair } from "../engine/profile.ts";
import { QEMU_KNOBS, QEMU_REPAIRS } from "../engine/qemu/profiles.ts";
import { type ArgType, bad, choice, type Env, good, int } from "./arg-types.ts";
import { nearest } from "./suggest.ts";
import type { Args } from "./verb.ts";

/** A profile by any of its spellings; written back under its own name. */
export function profile(
  what: string,
  names: readonly string[],
  find: (name: string) => { name: string } | null,
): ArgType<string> {
  return {
    shape: "RELEASE",
    expected: `a ${what} profile: ${names.join(", ")}`,
    read(word) {
      const row = find(word.toLowerCase());
      return row === null
        ? bad(`unknown ${what} profile "${word}"`, this.expected, nearest(word, names))
        : good(row.name, row.name);
    },
    complete: () => names,
  };
}

interface KnobInfo {
  readonly key: string;
  readonly field: string;
  readonly values: readonly { readonly text: string; readonly value: string | boolean }[];
}

/** Booleans are written as each table spells them; yes, no, on and off are all understood. A count may be spelt out. */
const SAME_WORD: Readonly<Record<string, string>> = {
  on: "yes",
  off: "no",
  yes: "on",
  no: "off",
  "exactly-one": "one",
};

function knobTypes(
  knobs: readonly KnobInfo[],
): Record<string, ArgType<{ field: string; value: string | boolean }>> {
  return Object.fromEntries(
    knobs.map((k) => {
      const spellings = k.values.map((v) => v.text);
      const expected = spellings.join(" or ").replace(/ or (?=.* or )/g, ", ");
      const type: ArgType<{ field: string; value: string | boolean }> = {
        shape: spellings.join("|"),
        expected,
        read(word) {
          const v = k.values.find((x) => x.text === word) ?? k.values.find((x) => x.text === SAME_WORD[word]);
          if (v === undefined)
            return bad(`unknown value "${word}" of ${k.key}`, expected, nearest(word, spellings));
          return good({ field: k.field, value: v.value }, v.text);
        },
        complete: () => spellings,
      };
      return [k.key, type];
    }),
  );
}

export const kernelKnobs = knobTypes(KERNEL_KNOBS);
export const qemuKnobs = knobTypes(
  QEMU_KNOBS.map((k) => ({
    key: k.key,
    field: k.knob,
    values: k.values.map((v) => ({
      text: v,
      value: k.values.includes("on") ? v === "on" : v,
    })),
  })),
);

/** `{ field: value }` of the knobs on a line. */
export function knobValues(a: Args): Record<string, string | boolean> {
  const given = a.or<Record<string, { field: string; value: string | boolean }>>("knobs", {});
  return Object.fromEntries(Object.values(given).map((k) => [k.field, k.value]));
}

/** A divergence that a repair removes, or the repair's own name. */
export const repair: ArgType<Repair> = {
  shape: "D1",
  expected: `a divergence that has a repair: ${QEMU_REPAIRS.flatMap((r) => r.names).join(", ")}`,
  read(word) {
    const low = word.toLowerCase();
    const row = QEMU_REPAIRS.find((r) => r.id === low || r.names.some((n) => n.toLowerCase() === low));
    if (row !== undefined) {
      const name = row.names.find((n) => n.toLowerCase() === low) ?? (row.names[0] as string);
      return good(row.id, name);
    }
    return bad(
      /^d\d+b?$/i.test(word) ? `no repair is offered for ${word}` : `unknown repair "${word}"`,
      this.expected,
      /^d\d+b?$/i.test(word)
        ? null
        : nearest(
            word,
            QEMU_REPAIRS.flatMap((r) => [...r.names, r.id]),
          ),
    );
  },
  complete: () => QEMU_REPAIRS.flatMap((r) => r.names),
};

export const bits = (min: number, max: number) => int(min, max, "dec", "BITS");
export const OAS = choice(
  { "32": 32, "36": 36, "40": 40, "42": 42, "44": 44, "48": 48, "52": 52 },
  "address size",
);
export const busName: ArgType<string> = {
  shape: "BUS",
  expected: "a root bus like pcie.1",
  read: (w) =>
    /^[a-z][a-z0-9_.-]{0,31}$/.test(w)
      ? good(w, w)
      : bad(`"${w}" is not a bus name`, "a root bus like pcie.1"),
  complete: () => ["pcie.0", "pcie.1", "pcie.2"],
};
export const ssidsize: ArgType<number | "auto"> = {
  shape: "N|auto",
  expected: "a number from 0 to 20, or auto",
  read: (w, env: Env) => (w === "auto" ? good("auto" as const, "auto") : int(0, 20).read(w, env)),
  complete: () => ["0", "20", "auto"],
};
