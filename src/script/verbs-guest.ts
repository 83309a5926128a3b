import type { GbpaNoUpdate } from "../engine/actions.ts";
import { cmdqenKey, guestCommand, type RegisterRef, registerType, syncKey } from "./arch-types.ts";
import { choice, hex, int, onOff, u64, vsmmu } from "./arg-types.ts";
import { type Cr0Change, cr0Change, sidOrAll } from "./guest-types.ts";
import { ArgProblem, type CommandSpec, defined, key, word } from "./verb.ts";

const v = word("vsmmu", vsmmu, "the virtual SMMU");

const NO_UPDATE = key(
  "noupdate",
  choice<GbpaNoUpdate>({ ignore: "ignore", store: "store", effect: "effect" }, "way"),
  "ignore",
  "what the architecture's column does with GBPA written without UPDATE: store = readable, effect = old or new from here",
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
      "the architecture and QEMU then ignore the write. SMMUv3.0 and 3.1 may do otherwise: `noupdate=`.",
    args: [
      v,
      word(
        "mode",
        choice({ abort: true, bypass: false }, "GBPA mode"),
        "what transactions get while SMMUEN=0",
      ),
      key("update", onOff, "on", "the UPDATE bit"),
      NO_UPDATE,
    ],
    example: "gbpa v0 abort",
    before: ["plug d0 v0"],
    lower: (a) => ({
      kind: "gbpa",
      vsmmu: a.get<number>("vsmmu"),
      abort: a.get<boolean>("mode"),
      update: a.or("update", true),
      ...defined({ noUpdate: a.opt<GbpaNoUpdate>("noupdate") }),
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
      NO_UPDATE,
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
        ...defined({ noUpdate: a.opt<GbpaNoUpdate>("noupdate") }),
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
