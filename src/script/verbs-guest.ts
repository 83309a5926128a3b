/** Guest verbs: registers, structures in memory, commands. The guest's sequences and DMA are in verbs-linux.ts. */
import type { SteValue } from "../engine/actions.ts";
import { cdField, cmdqenKey, guestCommand, type RegisterRef, registerType, syncKey } from "./arch-types.ts";
import { choice, hex, int, list, onOff, u64, vsmmu, words } from "./arg-types.ts";
import { type Cr0Change, cr0Change, sid, sidOrAll, ssid } from "./guest-types.ts";
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

const permission = choice(
  { rw: [true, true], r: [true, false], w: [false, true], none: [false, false] } as Record<
    string,
    [boolean, boolean]
  >,
  "permission",
);

/** A value that fits the access. */
function checkFits(value: bigint, size: 4 | 8): void {
  if (size === 4 && value > 0xffff_ffffn)
    throw new ArgProblem(
      "value",
      `${hex(value)} does not fit a 4-byte access`,
      "at most 0xffffffff, or size=8",
    );
}

export const GUEST_VERBS: readonly CommandSpec[] = [
  {
    name: "gbpa",
    layer: "guest",
    summary: "Write GBPA: abort or bypass while SMMUEN=0",
    details:
      "Writes GBPA with the ABORT bit set or clear and UPDATE=1, as the architecture's update procedure asks. `update=off` leaves UPDATE out: " +
      "the architecture and QEMU then ignore the write.",
    args: [
      v,
      word(
        "mode",
        choice({ abort: true, bypass: false }, "GBPA mode"),
        "what transactions get while SMMUEN=0",
      ),
      key("update", onOff, "on", "the UPDATE bit"),
    ],
    example: "gbpa v0 abort",
    before: ["plug d0 v0"],
    lower: (a) => ({
      kind: "gbpa",
      vsmmu: a.get<number>("vsmmu"),
      abort: a.get<boolean>("mode"),
      update: a.or("update", true),
    }),
  },
  {
    name: "cr0",
    layer: "guest",
    summary: "Set or clear bits of CR0, or write it whole",
    details:
      "`+bit` sets and `-bit` clears one of smmuen, priqen, eventqen, cmdqen, atschk and leaves the others; a number writes the register as it is.",
    args: [v, { form: "words", name: "changes", type: cr0Change, help: "+BIT, -BIT or the whole value" }],
    example: "cr0 v0 +smmuen +cmdqen",
    lower(a) {
      const changes = a.get<Cr0Change[]>("changes");
      const whole = changes.find((c) => c.value !== null);
      if (whole !== undefined) {
        if (changes.length > 1)
          throw new ArgProblem(
            "changes",
            "a whole value and single bits do not go together",
            "one or the other",
          );
        return { kind: "cr0-value", vsmmu: a.get<number>("vsmmu"), value: whole.value as number };
      }
      let set = 0;
      let clear = 0;
      for (const c of changes) {
        if (((c.set ? clear : set) & c.bit) !== 0)
          throw new ArgProblem("changes", "a bit is both set and cleared", "each bit once");
        if (c.set) set |= c.bit;
        else clear |= c.bit;
      }
      return { kind: "cr0", vsmmu: a.get<number>("vsmmu"), set, clear };
    },
  },
  {
    name: "write",
    layer: "guest",
    summary: "Write any register of a vSMMU",
    details:
      "A register by name or by offset. `wait=off` leaves the architecture's handshake (CR0ACK, GBPA.Update, IRQ_CTRLACK) open until `ack`: " +
      "until then old and new value are both legal. QEMU's column updates at once.",
    args: [
      v,
      word("reg", registerType, "register name, or offset in the 128 KiB frame"),
      word("value", u64("hex", "VALUE"), "what is written"),
      key(
        "size",
        choice({ "4": 4, "8": 8 }, "access size"),
        null,
        "access size in bytes; without it the register's own, 4 for an offset",
      ),
      key("wait", onOff, "on", "off: the handshake stays open until `ack`"),
    ],
    example: "write v0 GBPA 0x80100000",
    lower(a) {
      const reg = a.get<RegisterRef>("reg");
      const size = a.or<4 | 8>("size", reg.size);
      const value = a.get<bigint>("value");
      checkFits(value, size);
      return {
        kind: "write",
        vsmmu: a.get<number>("vsmmu"),
        offset: reg.offset,
        size,
        value,
        wait: a.or("wait", true),
      };
    },
  },
  {
    name: "read",
    layer: "guest",
    summary: "Read any register of a vSMMU",
    details: "The value QEMU returns; `--json` gives it as `result.value`.",
    args: [
      v,
      word("reg", registerType, "register name, or offset in the 128 KiB frame"),
      key(
        "size",
        choice({ "4": 4, "8": 8 }, "access size"),
        null,
        "access size in bytes; without it the register's own, 4 for an offset",
      ),
    ],
    example: "read v0 GBPA",
    lower(a) {
      const reg = a.get<RegisterRef>("reg");
      return {
        kind: "read",
        vsmmu: a.get<number>("vsmmu"),
        offset: reg.offset,
        size: a.or<4 | 8>("size", reg.size),
      };
    },
  },
  {
    name: "ack",
    layer: "guest",
    summary: "Complete the handshakes that `write … wait=off` left open",
    details:
      "CR0ACK and IRQ_CTRLACK take the written value and GBPA.Update reads 0: from here only the new value is legal.",
    args: [v],
    example: "ack v0",
    before: ["write v0 CR0 0x1 wait=off"],
    lower: (a) => ({ kind: "ack", vsmmu: a.get<number>("vsmmu") }),
  },
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
  {
    name: "cfgi",
    layer: "guest",
    summary: "CFGI_STE, CFGI_STE_RANGE or CFGI_ALL, and a SYNC",
    details:
      "Queues the command, writes CMDQ_PROD, and waits with a SYNC unless `sync=off`. With a vSMMU in accel mode this is where QEMU reads the STE " +
      "and moves the device. `cmdqen=auto` sets up and enables the command queue first when the guest has not.",
    args: [
      v,
      word("sid", sidOrAll, "StreamID, or all"),
      key("range", int(0, 31), null, "Range field: a block of 2^(range+1) StreamIDs"),
      key("leaf", onOff, "off", "Leaf bit: level-1 descriptors are not invalidated"),
      syncKey,
      cmdqenKey,
    ],
    example: "cfgi v0 0x100",
    before: ["plug d0 v0", "strtab v0", "ste v0 0x100 bypass", "cr0 v0 +smmuen"],
    lower(a) {
      const target = a.get<number | "all">("sid");
      if (target === "all" && (a.has("range") || a.has("leaf")))
        throw new ArgProblem(a.has("range") ? "range" : "leaf", "CFGI_ALL has no such field");
      return {
        kind: "cfgi",
        vsmmu: a.get<number>("vsmmu"),
        sid: target,
        ...defined({ range: a.opt<number>("range") }),
        leaf: a.or("leaf", false),
        sync: a.or("sync", true),
        cmdqen: a.or<"auto" | "asis">("cmdqen", "auto"),
      };
    },
  },
  {
    name: "cmd",
    layer: "guest",
    summary: "Any other SMMU command, each with its fields",
    details:
      "The mnemonic in small letters without CMD_; its fields are keys. `cmd v0 raw q0=… q1=…` queues any 128 bits. A SYNC follows unless `sync=off`.",
    args: [
      v,
      word("cmd", guestCommand.name, "the command"),
      {
        form: "keys",
        name: "fields",
        shape: "FIELD=VALUE…",
        keys: guestCommand.keys,
        help: "the command's fields",
      },
      syncKey,
      cmdqenKey,
    ],
    example: "cmd v0 tlbi-nh-asid asid=1",
    before: ["plug d0 v0"],
    lower: (a) => ({
      kind: "cmd",
      vsmmu: a.get<number>("vsmmu"),
      cmd: guestCommand.encode(a.get<string>("cmd"), a.or<Record<string, bigint>>("fields", {})),
      sync: a.or("sync", true),
      cmdqen: a.or<"auto" | "asis">("cmdqen", "auto"),
    }),
  },
];

/** `iova` and `size`, whole pages. */
export function pageRange(a: Args): { iova: bigint; size: bigint } {
  const iova = a.get<bigint>("iova");
  const size = a.or<bigint>("size", 0x1000n);
  if ((iova & 0xfffn) !== 0n) throw new ArgProblem("iova", "not 4 KiB aligned", "a multiple of 0x1000");
  if (size === 0n || (size & 0xfffn) !== 0n)
    throw new ArgProblem("size", "not a number of 4 KiB pages", "a multiple of 0x1000, at least 0x1000");
  if (iova + size > 1n << 64n) throw new ArgProblem("size", "the range passes the end of the address space");
  return { iova, size };
}
