/** Guest verbs for structures in memory: stream table, STEs, CDs, stage-1 mappings. None of them is a command. */
import type { SteValue } from "../engine/actions.ts";
import { cdField } from "./arch-types.ts";
import { choice, int, list, onOff, u64, vsmmu, withAlias, words } from "./arg-types.ts";
import { sid, ssid } from "./guest-types.ts";
import {
  ArgProblem,
  type ArgSpec,
  type Args,
  type CommandSpec,
  defined,
  key,
  optionalWord,
  required,
  word,
} from "./verb.ts";

const v = word("vsmmu", vsmmu, "the virtual SMMU");
const stream = word("sid", sid, "StreamID as the guest sees it (bus << 8 | devfn)");
const address = u64("hex", "ADDR");

const q = (n: number, what: string): ArgSpec => key(`q${n}`, u64(), null, what);

/** The eight words named by `q0=` … `q7=`, up to the last one given. */
function steWords(a: Args): (bigint | undefined)[] {
  const out: (bigint | undefined)[] = [];
  for (let n = 0; n < 8; n++) if (a.has(`q${n}`)) out[n] = a.get<bigint>(`q${n}`);
  return Array.from(out);
}

const permission = withAlias(
  choice(
    { rw: [true, true], r: [true, false], w: [false, true], none: [false, false] } as Record<
      string,
      [boolean, boolean]
    >,
    "permission",
  ),
  { ro: "r", wo: "w" },
);

export const MEMORY_VERBS: readonly CommandSpec[] = [
  {
    name: "strtab",
    layer: "guest",
    summary: "Guest software sets up its stream table",
    details:
      "Takes memory for the table and writes STRTAB_BASE and STRTAB_BASE_CFG. A linear table starts with all STEs zero (V=0), a two-level one " +
      "with every span zero; `ste` fills in what it needs.",
    args: [
      v,
      key("fmt", words("linear", "2lvl"), "linear", "linear or two-level"),
      key("log2size", int(0, 32), "16", "log2 of the number of StreamIDs"),
      key("split", int(0, 31), "8", "bits of the second level: 6, 8 or 10; anything else acts as 6"),
      key("base", address, null, "where the table lies; without it the lab chooses"),
    ],
    example: "strtab v0 fmt=2lvl log2size=16 split=8",
    lower: (a) => ({
      kind: "strtab",
      vsmmu: a.get<number>("vsmmu"),
      fmt: a.or<"linear" | "2lvl">("fmt", "linear"),
      log2size: a.or("log2size", 16),
      split: a.or("split", 8),
      ...defined({ base: a.opt<bigint>("base") }),
    }),
  },
  {
    name: "l1std",
    layer: "guest",
    summary: "Guest stores a level-1 stream table descriptor",
    details:
      "Span and L2Ptr of the descriptor that covers a StreamID; span 0 takes the whole block away. No command follows.",
    args: [
      v,
      stream,
      required("span", int(0, 31), "0 = invalid, n = 2^(n-1) STEs"),
      key("ptr", address, null, "L2Ptr; without it the block's own memory"),
    ],
    example: "l1std v0 0x100 span=0",
    before: ["strtab v0 fmt=2lvl"],
    lower: (a) => ({
      kind: "l1std",
      vsmmu: a.get<number>("vsmmu"),
      sid: a.get<number>("sid"),
      span: a.get<number>("span"),
      ...defined({ ptr: a.opt<bigint>("ptr") }),
    }),
  },
  {
    name: "ste",
    layer: "guest",
    summary: "Guest stores an STE in memory, no command",
    details:
      "A kind (`translate` also makes the CD it points to when nobody described one) or single words `q0=` … `q7=`; words not named keep their value. " +
      "The SMMU need not look until `cfgi`.",
    args: [
      v,
      stream,
      optionalWord("ste", words("abort", "bypass", "translate", "invalid"), "what the entry says"),
      q(0, "V, Config, S1Fmt, S1ContextPtr, S1CDMax"),
      q(1, "S1DSS, cacheability, EATS, STRW, attributes"),
      q(2, "S2VMID and the stage-2 fields"),
      q(3, "S2TTB"),
      q(4, "PARTID"),
      q(5, "PMG, VMSPtr"),
      q(6, "RES0"),
      q(7, "RES0"),
    ],
    example: "ste v0 0x100 translate",
    before: ["strtab v0"],
    lower(a) {
      const words8 = steWords(a);
      if (a.has("ste") && words8.length > 0)
        throw new ArgProblem("ste", "a kind and single words do not go together", "one or the other");
      if (!a.has("ste") && words8.length === 0)
        throw new ArgProblem(
          null,
          "nothing to store",
          "abort, bypass, translate, invalid or words q0=… to q7=…",
        );
      const value: SteValue = a.has("ste")
        ? { as: a.get<"abort" | "bypass" | "translate" | "invalid">("ste") }
        : { as: "words", words: words8 };
      return { kind: "ste", vsmmu: a.get<number>("vsmmu"), sid: a.get<number>("sid"), value };
    },
  },
  {
    name: "cd",
    layer: "guest",
    summary: "Guest stores a context descriptor, no command",
    details:
      "Fields by name, or whole words `q0=` … `q7=`. Fields not named keep their value; a fresh CD starts as Linux would write it. `asid=` and `ttb0=` decide " +
      "which translations may alias in the TLB.",
    args: [
      v,
      stream,
      key("ssid", ssid, "0", "SubstreamID of the entry"),
      {
        form: "keys",
        name: "fields",
        shape: "FIELD=VALUE…",
        keys: () => cdField,
        help: "v, asid, ttb0, ttb1, t0sz, t1sz, tg0, tg1, epd0, epd1, ips, a, r, s, aa64, endi, aset, ha, hd, mair, q0 … q7",
      },
    ],
    example: "cd v0 0x100 asid=7",
    before: ["strtab v0", "ste v0 0x100 translate"],
    lower: (a) => ({
      kind: "cd",
      vsmmu: a.get<number>("vsmmu"),
      sid: a.get<number>("sid"),
      ssid: a.or("ssid", 0),
      fields: a.or<Record<string, bigint>>("fields", {}),
    }),
  },
  {
    name: "map",
    layer: "guest",
    summary: "Guest maps a range in a stream's stage-1 table",
    details:
      "Stage-1 tables are ranges, not descriptors. The first explicit `map` replaces the mapping a `translate` STE starts with.",
    args: [
      v,
      stream,
      required("iova", address, "input address"),
      required("gpa", address, "output address (IPA)"),
      key("size", u64("hex", "BYTES"), "0x1000", "length in bytes"),
      key("ssid", ssid, "0", "SubstreamID"),
      key("ttb", address, null, "the table by its base; the stream is then not looked at"),
      key("perm", permission, "rw", "permissions"),
      key("af", onOff, "on", "access flag; off gives F_ACCESS"),
      key("auto", onOff, "off", "on: the lab's own mapping, which the first explicit one removes"),
    ],
    example: "map v0 0x100 iova=0x1000 gpa=0x40000000",
    before: ["strtab v0", "ste v0 0x100 translate"],
    lower(a) {
      const [read, write] = a.or<[boolean, boolean]>("perm", [true, true]);
      const range = pageRange(a);
      if ((a.get<bigint>("gpa") & 0xfffn) !== 0n)
        throw new ArgProblem("gpa", "not 4 KiB aligned", "a multiple of 0x1000");
      return {
        kind: "map",
        vsmmu: a.get<number>("vsmmu"),
        sid: a.get<number>("sid"),
        ssid: a.or("ssid", 0),
        ...defined({ ttb: a.opt<bigint>("ttb") }),
        ...range,
        gpa: a.get<bigint>("gpa"),
        read,
        write,
        af: a.or("af", true),
        ...(a.or("auto", false) ? { auto: true } : {}),
      };
    },
  },
  {
    name: "unmap",
    layer: "guest",
    summary: "Guest removes a range from a stream's stage-1 table, no command",
    details: "What the TLB holds stays there until a TLBI (`cmd v0 tlbi-nh-asid asid=1`).",
    args: [
      v,
      stream,
      required("iova", address, "input address"),
      key("size", u64("hex", "BYTES"), "0x1000", "length in bytes"),
      key("ssid", ssid, "0", "SubstreamID"),
      key("ttb", address, null, "the table by its base; the stream is then not looked at"),
    ],
    example: "unmap v0 0x100 iova=0x1000",
    before: ["strtab v0", "ste v0 0x100 translate", "map v0 0x100 iova=0x1000 gpa=0x40000000"],
    lower: (a) => ({
      kind: "unmap",
      vsmmu: a.get<number>("vsmmu"),
      sid: a.get<number>("sid"),
      ssid: a.or("ssid", 0),
      ...defined({ ttb: a.opt<bigint>("ttb") }),
      ...pageRange(a),
    }),
  },
  {
    name: "store",
    layer: "guest",
    summary: "Guest stores 64-bit words at an address",
    details: "Plain memory writes, eight bytes a word; no command follows.",
    args: [
      word("addr", address, "guest physical address, 8-byte aligned"),
      word("words", list(u64()), "the words, lowest address first"),
      key("count", int(1, 1 << 20), "1", "how often"),
      key("stride", int(8, 1 << 20), null, "bytes from one repetition to the next; without it end to end"),
    ],
    example: "store 0x48000000 0x1,0x0",
    lower(a) {
      const addr = a.get<bigint>("addr");
      if ((addr & 7n) !== 0n) throw new ArgProblem("addr", "not 8-byte aligned", "a multiple of 8");
      const stride = a.opt<number>("stride");
      if (stride !== undefined && stride % 8 !== 0)
        throw new ArgProblem("stride", "not a number of 8-byte words", "a multiple of 8");
      return {
        kind: "store",
        addr,
        words: a.get<bigint[]>("words"),
        ...defined({ count: a.opt<number>("count"), stride }),
      };
    },
  },
];

/** `iova` and `size`, whole pages. */
function pageRange(a: Args): { iova: bigint; size: bigint } {
  const iova = a.get<bigint>("iova");
  const size = a.or<bigint>("size", 0x1000n);
  if ((iova & 0xfffn) !== 0n) throw new ArgProblem("iova", "not 4 KiB aligned", "a multiple of 0x1000");
  if (size === 0n || (size & 0xfffn) !== 0n)
    throw new ArgProblem("size", "not a number of 4 KiB pages", "a multiple of 0x1000, at least 0x1000");
  if (iova + size > 1n << 64n) throw new ArgProblem("size", "the range passes the end of the address space");
  return { iova, size };
}
