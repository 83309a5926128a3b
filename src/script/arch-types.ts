/** Value kinds that come from the architecture's tables: registers, commands with their fields, events, CD fields. */
import type { GuestCommand } from "../engine/actions.ts";
import { readField, type StructField, writeField } from "../engine/arch/bits.ts";
import { CD_FIELDS } from "../engine/arch/cd.ts";
import {
  type CommandSpec as ArchCommand,
  COMMANDS,
  commandName,
  commandSlug,
  encodeCommand,
  findCommand,
} from "../engine/arch/commands.ts";
import { EVENTS, eventSlug, findEvent } from "../engine/arch/events.ts";
import { findRegister, REGISTERS } from "../engine/arch/registers.ts";
import { type ArgType, bad, good, hex, list, onOff, readNumber, slug, u64, words } from "./arg-types.ts";
import { nearest } from "./suggest.ts";
import { type ArgSpec, type Args, key } from "./verb.ts";

export interface RegisterRef {
  readonly offset: number;
  readonly size: 4 | 8;
}

/** Offsets within the two 64 KiB pages. */
const FRAME = 0x2_0000n;

export const registerType: ArgType<RegisterRef> = {
  shape: "REG|OFFSET",
  expected: "a register name like GBPA, or an offset below 0x20000",
  read(word) {
    const offset = readNumber(word);
    if (offset !== null) {
      if (offset >= FRAME) return bad(`${word} is beyond the register frame`, this.expected);
      return good({ offset: Number(offset), size: 4 }, hex(offset));
    }
    const reg = findRegister(word.toUpperCase());
    if (reg !== null) return good({ offset: reg.offset, size: reg.size }, reg.name);
    return bad(`unknown register "${word}"`, this.expected, nearest(word, registerNames));
  },
  complete: () => registerNames,
};

export const registerNames: readonly string[] = REGISTERS.map((r) => r.name);

/** Fields that are read and written as addresses or StreamIDs. */
const HEX_FIELDS = new Set([
  "sid",
  "va",
  "addr",
  "ipa",
  "msiaddr",
  "msidata",
  "ttb0",
  "ttb1",
  "mair",
  "amair",
]);

/** A number that fits a field's bits. */
function fieldType(f: StructField): ArgType<bigint> {
  const slug = f.name.toLowerCase();
  const plain = u64(HEX_FIELDS.has(slug) ? "hex" : "dec");
  const bits = f.hi - f.lo + 1;
  const expected = f.address
    ? `an address in bits ${f.hi & 63}:${f.lo & 63}`
    : `at most ${bits} bit${bits === 1 ? "" : "s"}`;
  return {
    ...plain,
    expected,
    read(word, env) {
      const r = plain.read(word, env);
      if (!r.ok) return r;
      const words = writeField(new Array<bigint>(8).fill(0n), f, r.value);
      return readField(words, f) === r.value ? r : bad(`${word} does not fit ${f.name}`, expected);
    },
  };
}

const fieldTypes = (fields: readonly StructField[]): Record<string, ArgType<bigint>> =>
  Object.fromEntries(fields.map((f) => [f.name.toLowerCase(), fieldType(f)]));

const WORDS_0_7 = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`q${n}`, u64()]));

export const cdField: Readonly<Record<string, ArgType<bigint>>> = { ...fieldTypes(CD_FIELDS), ...WORDS_0_7 };

const COMMAND_KEYS = new Map(COMMANDS.map((c) => [commandSlug(c.name), fieldTypes(c.fields)]));
const RAW_KEYS = { q0: u64(), q1: u64() };
const COMMAND_NAMES = [...COMMAND_KEYS.keys(), "raw"];

/** `CMD_TLBI_NH_ALL` is `tlbi-nh-all`. */
const commandWord = (word: string): string => slug(word).replace(/^cmd-/, "");

const rawCommand = (q0: bigint, q1: bigint): GuestCommand => ({ name: commandName(q0, q1), q0, q1 });

/** The command of `cmd`: its name, the keys it takes, its 128 bits. */
export const guestCommand = {
  name: {
    shape: "COMMAND",
    expected: "an SMMU command like tlbi-nh-all, or raw",
    read(word) {
      const name = commandWord(word);
      if (COMMAND_NAMES.includes(name)) return good(name, name);
      return bad(`unknown command "${word}"`, this.expected, nearest(word, COMMAND_NAMES));
    },
    complete: () => COMMAND_NAMES,
  } satisfies ArgType<string> as ArgType<string>,
  keys: (args: Args): Readonly<Record<string, ArgType<unknown>>> => {
    const name = args.get<string>("cmd");
    return name === "raw" ? RAW_KEYS : (COMMAND_KEYS.get(name) ?? {});
  },
  encode(name: string, fields: Readonly<Record<string, bigint>>): GuestCommand {
    return name === "raw" ? rawCommand(fields.q0 ?? 0n, fields.q1 ?? 0n) : encodeCommand(name, fields);
  },
};

export const syncKey: ArgSpec = key("sync", onOff, "on", "a SYNC behind it");
export const cmdqenKey: ArgSpec = key(
  "cmdqen",
  words("auto", "asis"),
  "auto",
  "auto: set up and enable the command queue if the guest has not; asis: leave it",
);

/** Fields that may stand without their name behind a mnemonic's colon, in order. */
const MAIN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "prefetch-config": ["sid"],
  "prefetch-addr": ["sid"],
  "cfgi-ste": ["sid"],
  "cfgi-ste-range": ["sid", "range"],
  "cfgi-cd": ["sid", "ssid"],
  "cfgi-cd-all": ["sid"],
  "cfgi-vms-pidm": ["vmid"],
  "tlbi-nh-all": ["vmid"],
  "tlbi-nh-asid": ["asid"],
  "tlbi-nh-va": ["asid", "va"],
  "tlbi-nh-vaa": ["va"],
  "tlbi-el2-asid": ["asid"],
  "tlbi-el2-va": ["asid", "va"],
  "tlbi-el2-vaa": ["va"],
  "tlbi-s12-vmall": ["vmid"],
  "tlbi-s2-ipa": ["vmid", "ipa"],
  "atc-inv": ["sid"],
  "pri-resp": ["sid", "prgindex", "resp"],
  resume: ["sid", "stag"],
  "stall-term": ["sid"],
  sync: ["cs"],
};

const commandElement: ArgType<GuestCommand> = {
  shape: "COMMAND[:FIELD…]",
  expected: "an SMMU command like tlbi-nh-asid:1, or two words 0x…:0x…",
  read(word, env) {
    const [head = "", ...rest] = word.split(":");
    const q0 = readNumber(head);
    if (q0 !== null) {
      const q1 = rest.length === 1 ? readNumber(rest[0] as string) : null;
      if (q1 === null) return bad(`"${word}" is not two words`, "0x…:0x…");
      return good(rawCommand(q0, q1), `${hex(q0)}:${hex(q1)}`);
    }
    const name = commandWord(head);
    const spec = findCommand(name);
    if (spec === null || commandSlug(spec.name) !== name)
      return bad(`unknown command "${head}"`, this.expected, nearest(name, COMMAND_KEYS.keys()));
    return readFields(spec, name, rest, env);
  },
  complete: () => [...COMMAND_KEYS.keys()],
};

function readFields(
  spec: ArchCommand,
  name: string,
  parts: readonly string[],
  env: Parameters<ArgType<bigint>["read"]>[1],
) {
  const types = COMMAND_KEYS.get(name) ?? {};
  const main = MAIN_FIELDS[name] ?? [];
  const values: Record<string, bigint> = {};
  const texts: Record<string, string> = {};
  let next = 0;
  for (const part of parts) {
    const eq = part.indexOf("=");
    const field = eq < 0 ? main[next++] : part.slice(0, eq);
    const type = field === undefined ? undefined : types[field];
    if (field === undefined || type === undefined)
      return eq < 0
        ? bad(`${name} has no further field for "${part}"`, Object.keys(types).join(", ") || "no fields")
        : bad(
            `${name} has no field "${field}"`,
            Object.keys(types).join(", ") || "no fields",
            nearest(field ?? "", Object.keys(types)),
          );
    if (field in values) return bad(`${field} of ${name} twice`, "each field once");
    const r = type.read(eq < 0 ? part : part.slice(eq + 1), env);
    if (!r.ok) return r;
    values[field] = r.value;
    texts[field] = r.text;
  }
  // Main fields without their names as far as they are there in a row, the others by name.
  const out = [name];
  let row = 0;
  while (main[row] !== undefined && (main[row] as string) in texts)
    out.push(texts[main[row++] as string] as string);
  const bare = new Set(main.slice(0, row));
  for (const f of spec.fields) {
    const slug = f.name.toLowerCase();
    if (slug in texts && !bare.has(slug)) out.push(`${slug}=${texts[slug]}`);
  }
  return good<GuestCommand>(encodeCommand(name, values), out.join(":"));
}

export const commandList: ArgType<GuestCommand[]> = list(commandElement, 1 << 16);

const EVENT_SLUGS = EVENTS.map((e) => eventSlug(e.code));

/** An event by its name in small letters, or its number. */
export const eventCode: ArgType<number> = {
  shape: "EVENT",
  expected: "an event like f-translation, or its number",
  read(word) {
    const number = readNumber(word);
    if (number !== null) {
      if (number > 0xffn) return bad(`event number ${word} is out of range`, "0x0 to 0xff");
      const known = findEvent(Number(number));
      return good(Number(number), known === null ? hex(number) : eventSlug(known.code));
    }
    const spec = findEvent(word);
    if (spec !== null) return good(spec.code, eventSlug(spec.code));
    return bad(`unknown event "${word}"`, this.expected, nearest(word, EVENT_SLUGS));
  },
  complete: () => EVENT_SLUGS,
};
