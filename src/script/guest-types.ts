/** Value kinds of the guest verbs. */
import { type ArgType, bad, bdf, good, hex, int, readNumber } from "./arg-types.ts";
import { nearest } from "./suggest.ts";

const anySid = int(0, 0xffff_ffff, "hex");

/**
 * As wide as an SMMU's StreamID can be; what the vSMMU makes of too large ones is its own answer. The function's bus
 * address is the same number.
 */
export const sid: ArgType<number> = {
  ...anySid,
  shape: "SID",
  expected: "a StreamID like 0x100",
  read(word, env) {
    const address = word.includes(":") ? bdf.read(word, env) : null;
    return address?.ok ? good(address.value, hex(address.value)) : anySid.read(word, env);
  },
};

export const ssid: ArgType<number> = int(0, 0xf_ffff, "dec", "SSID");

export const sidOrAll: ArgType<number | "all"> = {
  shape: "SID|all",
  expected: "a StreamID like 0x100, or all",
  read: (word, env) => (word === "all" ? good("all" as const, "all") : sid.read(word, env)),
  complete: () => ["all"],
};

/** One word of `cr0`: a bit to set or clear, or the whole value. */
export interface Cr0Change {
  readonly value: number | null;
  readonly bit: number;
  readonly set: boolean;
}

export const CR0_BITS: Readonly<Record<string, number>> = {
  smmuen: 1,
  priqen: 2,
  eventqen: 4,
  cmdqen: 8,
  atschk: 16,
};

export const cr0Change: ArgType<Cr0Change> = {
  shape: "+BIT|-BIT|VALUE",
  expected: "+BIT or -BIT with smmuen, priqen, eventqen, cmdqen or atschk, or the whole value",
  read(word) {
    const sign = word[0];
    if (sign === "+" || sign === "-") {
      const name = word.slice(1);
      const bit = CR0_BITS[name.toLowerCase()];
      if (bit === undefined) {
        const close = nearest(name, Object.keys(CR0_BITS));
        return bad(`unknown CR0 bit "${name}"`, this.expected, close === null ? null : `${sign}${close}`);
      }
      return good({ value: null, bit, set: sign === "+" }, `${sign}${name.toLowerCase()}`);
    }
    const value = readNumber(word);
    if (value !== null && value <= 0xffff_ffffn)
      return good({ value: Number(value), bit: 0, set: false }, hex(value));
    return bad(
      `"${word}" is neither a bit change nor a 32-bit value`,
      this.expected,
      CR0_BITS[word] === undefined ? null : `+${word}`,
    );
  },
  complete: () => Object.keys(CR0_BITS).flatMap((b) => [`+${b}`, `-${b}`]),
};
