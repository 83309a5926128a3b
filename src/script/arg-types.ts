/**
 * The kinds of values in scripts: how each is read, how it is written back (one canonical spelling a value) and what
 * could stand in its place. Verbs are put together from these in verbs-*.ts.
 */
import type { ObjRef } from "../engine/actions.ts";
import type { Setup } from "../engine/setup.ts";
import { quote } from "./lexer.ts";
import type { Scope } from "./scope.ts";
import { nearest } from "./suggest.ts";

/** What a line may refer to. */
export interface Env {
  readonly setup: Setup;
  readonly scope: Scope;
}

export type Read<T> =
  | { readonly ok: true; readonly value: T; readonly text: string }
  | {
      readonly ok: false;
      readonly message: string;
      readonly expected: string | null;
      readonly suggestion: string | null;
    };

export interface ArgType<T> {
  /** Placeholder of the reference page: `DEVICE`, `N`, `on|off`. */
  readonly shape: string;
  /** "a device name". */
  readonly expected: string;
  /** True if the value must stand in quotes. */
  readonly quoted?: boolean;
  read(word: string, env: Env): Read<T>;
  complete(env: Env): readonly string[];
}

export const good = <T>(value: T, text: string): Read<T> => ({ ok: true, value, text });

export const bad = (message: string, expected: string | null = null, suggestion: string | null = null) =>
  ({ ok: false, message, expected, suggestion }) as const;

const NAME = /^[a-z][a-z0-9_-]{0,31}$/;
export const isName = (word: string): boolean => NAME.test(word);

const NUMBER = /^(?:0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB][01]+(?:_[01]+)*|[0-9]+(?:_[0-9]+)*)$/;
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** A number literal as bigint, or null when it is none or needs more than 64 bits. */
export function readNumber(word: string): bigint | null {
  if (!NUMBER.test(word)) return null;
  const value = BigInt(word.replaceAll("_", ""));
  return value > U64_MAX ? null : value;
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

const quoted = (words: readonly string[]): string => words.join(", ");

/** One of a few names or a refusal with the nearest of them. */
export function pick<T>(
  word: string,
  table: ReadonlyMap<string, T>,
  what: string,
  expected: string,
): Read<T> {
  const value = table.get(word);
  if (value !== undefined) return good(value, word);
  return bad(`unknown ${what} "${word}"`, expected, nearest(word, table.keys()));
}

function indexed(what: string, list: (s: Setup) => readonly { readonly name: string }[]): ArgType<number> {
  return {
    shape: what.toUpperCase(),
    expected: `a ${what} of this script`,
    read(word, env) {
      const all = list(env.setup);
      const i = all.findIndex((x) => x.name === word);
      if (i >= 0) return good(i, word);
      const names = all.map((x) => x.name);
      return bad(
        `unknown ${what} "${word}"`,
        names.length > 8 ? `a ${what} of this script` : quoted(names),
        nearest(word, names),
      );
    },
    complete: (env) => list(env.setup).map((x) => x.name),
  };
}

export const device = indexed("device", (s) => s.devices);
export const vsmmu = indexed("vsmmu", (s) => s.vsmmus);
export const psmmu = indexed("psmmu", (s) => s.psmmus);

/** A 64-bit number. */
export function u64(radix: "hex" | "dec" = "hex", shape = "N"): ArgType<bigint> {
  return {
    shape,
    expected: "a number (decimal, 0x…, 0b…) of at most 64 bits",
    read(word) {
      const value = readNumber(word);
      if (value === null) return badNumber(word, "a number (decimal, 0x…, 0b…) of at most 64 bits");
      return good(value, radix === "hex" ? hex(value) : String(value));
    },
    complete: () => [],
  };
}

function badNumber(word: string, expected: string) {
  return bad(NUMBER.test(word) ? `"${word}" needs more than 64 bits` : `bad number "${word}"`, expected);
}

/** A number within bounds, small enough for a JavaScript number. */
export function int(min: number, max: number, radix: "hex" | "dec" = "dec", shape = "N"): ArgType<number> {
  const show = (n: number): string => (radix === "hex" ? hex(n) : String(n));
  const expected = `a number from ${show(min)} to ${show(max)}`;
  return {
    shape,
    expected,
    read(word) {
      const value = readNumber(word);
      if (value === null) return badNumber(word, expected);
      if (value < BigInt(min) || value > BigInt(max)) return bad(`${word} is out of range`, expected);
      return good(Number(value), show(Number(value)));
    },
    complete: () => [],
  };
}

/** Any 32-bit number: what the uAPI's __u32 fields take. */
export const u32 = (radix: "hex" | "dec" = "dec"): ArgType<number> => int(0, 0xffff_ffff, radix);

/** One of a fixed list of words. */
export function choice<T>(table: Readonly<Record<string, T>>, what = "value"): ArgType<T> {
  const map = new Map(Object.entries(table));
  const expected = [...map.keys()].join(" or ").replace(/ or (?=.* or )/g, ", ");
  return {
    shape: [...map.keys()].join("|"),
    expected,
    read: (word) => pick(word, map, what, expected),
    complete: () => [...map.keys()],
  };
}

export const words = <T extends string>(...all: readonly T[]): ArgType<T> =>
  choice(Object.fromEntries(all.map((w) => [w, w])) as Record<T, T>);

/** The same words, and others that mean one of them; the printer writes the first. */
export function withAlias<T>(type: ArgType<T>, alias: Readonly<Record<string, string>>): ArgType<T> {
  return {
    ...type,
    read: (word, env) => type.read(Object.hasOwn(alias, word) ? (alias[word] as string) : word, env),
  };
}

/** Also as a bit (`leaf=1`, as the fields of `cmd` are written), or as a truth value. */
export const onOff: ArgType<boolean> = withAlias(choice({ on: true, off: false }), {
  "1": "on",
  yes: "on",
  true: "on",
  "0": "off",
  no: "off",
  false: "off",
});

/** A new name. */
export function newName(what: string): ArgType<string> {
  return {
    shape: "NAME",
    expected: `a name for the ${what}: a small letter, then small letters, digits, "_" or "-", at most 32`,
    read(word) {
      if (isName(word)) return good(word, word);
      const close = word
        .toLowerCase()
        .replace(/[^a-z0-9_-]/g, "-")
        .slice(0, 32);
      return bad(`"${word}" is not a name`, this.expected, isName(close) ? close : null);
    },
    complete: () => [],
  };
}

export const text: ArgType<string> = {
  shape: '"TEXT"',
  expected: "text in quotation marks",
  quoted: true,
  read: (word) => good(word, quote(word)),
  complete: () => [],
};

/** Names of the objects QEMU makes or may make, for every device and vSMMU of the setup. */
export function qemuObjectNames(setup: Setup): string[] {
  return [
    ...setup.devices.flatMap((d) => ["device", "s2", "vdevice", "s1"].map((k) => `${d.name}.${k}`)),
    ...setup.vsmmus.flatMap((v) => ["viommu", "abort", "bypass", "veventq"].map((k) => `${v.name}.${k}`)),
    "vm.ioas",
  ];
}

/** An iommufd object: a name given by `as`, one of QEMU's names, or `id:N`. */
export const object: ArgType<ObjRef> = {
  shape: "OBJECT",
  expected: 'an object: a name given by "as", one of QEMU\'s like d0.s2, or id:N',
  read(word, env) {
    if (word.startsWith("id:")) {
      const id = readNumber(word.slice(3));
      if (id === null || id > 0xffff_ffffn)
        return bad(`bad object id "${word}"`, "id:N with N of at most 32 bits");
      return good({ id: Number(id) }, `id:${id}`);
    }
    if (env.scope.has(word)) return good({ name: word }, word);
    const known = qemuObjectNames(env.setup);
    if (known.includes(word)) return good({ name: word }, word);
    if (readNumber(word) !== null) return bad(`a bare number is no object`, this.expected, `id:${word}`);
    // A device's own name stands for the DEVICE it is bound as.
    if (env.setup.devices.some((d) => d.name === word)) return good({ name: word }, word);
    return bad(
      `no object is named "${word}" so far`,
      this.expected,
      nearest(word, [...env.scope.names(), ...known]),
    );
  },
  complete: (env) => [...env.scope.names(), ...qemuObjectNames(env.setup)],
};

/** A guest BDF: `01:00.0`. */
export const bdf: ArgType<number> = {
  shape: "BB:DD.F",
  expected: "a BDF like 01:00.0 (bus and device in hex, function 0 to 7)",
  read(word) {
    const m = /^(?:0000:)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\.([0-7])$/.exec(word);
    const devNo = m === null ? Number.NaN : Number.parseInt(m[2] as string, 16);
    if (m === null || devNo > 31) return bad(`bad BDF "${word}"`, this.expected);
    const rid = (Number.parseInt(m[1] as string, 16) << 8) | (devNo << 3) | Number(m[3]);
    return good(rid, bdfText(rid));
  },
  complete: () => [],
};

export function bdfText(rid: number): string {
  const two = (n: number): string => n.toString(16).padStart(2, "0");
  return `${two(rid >> 8)}:${two((rid >> 3) & 31)}.${rid & 7}`;
}

/** The uAPI's spelling of a name (`NEST_PARENT`) in the script's (`nest-parent`). */
export const slug = (name: string): string => name.toLowerCase().replaceAll("_", "-");

/** Bits by name or by number, mixed: `nest-parent,0x8000`. */
export function flagBits(names: Readonly<Record<string, number>>): ArgType<number> {
  const table = Object.entries(names);
  return {
    shape: table.length === 0 ? "BITS" : "NAME,…|BITS",
    expected:
      table.length === 0
        ? "bits as a number"
        : `names (${quoted(table.map(([n]) => n))}) or bits as a number`,
    read(word) {
      let bits = 0;
      for (const part of word.split(",")) {
        const named = names[slug(part)];
        const value = named === undefined ? readNumber(part) : BigInt(named);
        if (value === null || value > 0xffff_ffffn)
          return bad(`unknown flag "${part}"`, this.expected, nearest(part, Object.keys(names)));
        bits = (bits | Number(value)) >>> 0;
      }
      return good(bits, flagText(bits, table));
    },
    complete: () => table.map(([n]) => n),
  };
}

function flagText(bits: number, table: readonly (readonly [string, number])[]): string {
  const known = table.filter(([, bit]) => (bits & bit) !== 0);
  const all = known.reduce((sum, [, bit]) => (sum | bit) >>> 0, 0);
  return bits !== 0 && all === bits ? known.map(([n]) => n).join(",") : hex(bits);
}

/** A comma list. */
export function list<T>(type: ArgType<T>, max = 4096): ArgType<T[]> {
  return {
    shape: `${type.shape},…`,
    expected: `a comma list of ${type.expected}`,
    read(word, env) {
      const values: T[] = [];
      const texts: string[] = [];
      const parts = word.split(",");
      if (parts.length > max) return bad(`${parts.length} elements are too many`, `at most ${max}`);
      for (const part of parts) {
        if (part === "") return bad("an empty element in a comma list", type.expected);
        const r = type.read(part, env);
        if (!r.ok) return r;
        values.push(r.value);
        texts.push(r.text);
      }
      return good(values, texts.join(","));
    },
    complete: (env) => type.complete(env),
  };
}
