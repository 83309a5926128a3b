/** Commands as the log shows them, back into the 128 bits a guest may have written, and into script lines. */
import { commandSlug, encodeCommand, findCommand } from "../../engine/arch/commands.ts";
import { type LogEvent, num, str } from "./log-event.ts";

/** One entry QEMU took from a command queue. */
export interface Consumed {
  /** Index in the queue, without the wrap bit. */
  readonly cons: number;
  /** PROD at that time, without the wrap bit. */
  readonly prod: number;
  /** QEMU's name of the opcode without `SMMU_CMD_`; null if it was not even fetched. */
  readonly opcode: string | null;
  readonly line: number;
  /** What followed up to the next command. */
  readonly details: readonly LogEvent[];
  /** Error code the queue stopped with here, 0 if it went on. */
  readonly error: number;
}

export function consumedCommands(events: readonly LogEvent[]): Consumed[] {
  const out: { -readonly [K in keyof Consumed]: Consumed[K] }[] = [];
  let details: LogEvent[] = [];
  for (const e of events) {
    const now = out[out.length - 1];
    if (e.name === "smmuv3_cmdq_consume") {
      details = [];
      out.push({
        cons: num(e.f, "cons"),
        prod: num(e.f, "prod"),
        opcode: null,
        line: e.line,
        details,
        error: 0,
      });
    } else if (e.name === "smmuv3_cmdq_opcode") {
      const opcode = str(e.f, "name").replace(/^SMMU_CMD_/, "");
      if (now === undefined || now.opcode !== null) {
        details = [];
        out.push({ cons: -1, prod: -1, opcode, line: e.line, details, error: 0 });
      } else now.opcode = opcode;
    } else if (e.name === "smmuv3_cmdq_consume_error") {
      if (now !== undefined) now.error = num(e.f, "code");
    } else if (e.name === "smmuv3_cmdq_consume_out") break;
    else details.push(e);
  }
  return out;
}

/** A command with what the log does not say filled in. */
export interface GuessedCommand {
  /** `CFGI_STE`; `raw` for what has no name. */
  readonly name: string;
  /** As script keys write them. */
  readonly fields: Readonly<Record<string, bigint>>;
  /** StreamID it names, or null. */
  readonly sid: number | null;
  /** Which field is a guess, and why; null if none that matters. */
  readonly guess: string | null;
}

/** Stands for a StreamID nobody has: the log has no line for such a command. */
export const NOBODY = 0xfff8;

function build(
  name: string,
  fields: Record<string, bigint>,
  sid: number | null = null,
  guess: string | null = null,
): GuessedCommand {
  return { name, fields, sid, guess };
}

const raw = (q0: bigint, guess: string): GuessedCommand => ({
  name: "raw",
  fields: { q0, q1: 0n },
  sid: null,
  guess,
});

const event = (c: Consumed, name: string): LogEvent | undefined => c.details.find((e) => e.name === name);

/** Pages that the range lines of one TLBI cover, and where they start. */
function rangeFields(c: Consumed): Record<string, bigint> | null {
  const lines = c.details.filter((e) => e.name === "smmuv3_range_inval");
  const first = lines[0];
  if (first === undefined) return null;
  const out: Record<string, bigint> = { va: BigInt(first.f.addr as number) };
  const leaf = num(first.f, "leaf");
  if (leaf !== 0) out.leaf = 1n;
  const tg = num(first.f, "tg");
  if (tg === 0) return out;
  out.tg = BigInt(tg);
  if (num(first.f, "ttl") !== 0) out.ttl = BigInt(num(first.f, "ttl"));
  let pages = lines.reduce((sum, e) => sum + BigInt(e.f.n as number), 0n);
  let scale = 0n;
  for (; pages > 32n; pages >>= 1n) scale++;
  if (pages > 1n) out.num = pages - 1n;
  if (scale > 0n) out.scale = scale;
  return out;
}

/** `lastSid`: the StreamID of the CFGI before, which a PREFETCH_CONFIG repeats. */
export function guessCommand(c: Consumed, lastSid: number): GuessedCommand {
  const opcode = c.opcode ?? "INVALID";
  switch (opcode) {
    case "CFGI_STE": {
      const e = event(c, "smmuv3_cmdq_cfgi_ste");
      if (e === undefined)
        return build(
          opcode,
          { sid: BigInt(NOBODY), leaf: 1n },
          null,
          "a StreamID without a device: the log does not name it",
        );
      return build(opcode, { sid: BigInt(num(e.f, "sid")), leaf: 1n }, num(e.f, "sid"));
    }
    case "CFGI_STE_RANGE":
    case "CFGI_ALL": {
      const e = event(c, "smmuv3_cmdq_cfgi_ste_range");
      const start = e === undefined ? 0 : num(e.f, "start");
      const end = e === undefined ? 0xffff_ffff : num(e.f, "end") >>> 0;
      if (start === 0 && end === 0xffff_ffff) return build("CFGI_ALL", {});
      const range = Math.round(Math.log2(end - start + 1)) - 1;
      return build("CFGI_STE_RANGE", { sid: BigInt(start), range: BigInt(range) });
    }
    case "CFGI_CD":
    case "CFGI_CD_ALL": {
      const e = event(c, "smmuv3_cmdq_cfgi_cd");
      const leaf: Record<string, bigint> = opcode === "CFGI_CD" ? { leaf: 1n } : {};
      if (e === undefined)
        return build(
          opcode,
          { sid: BigInt(NOBODY), ...leaf },
          null,
          "a StreamID without a device: the log does not name it",
        );
      return build(opcode, { sid: BigInt(num(e.f, "sid")), ...leaf }, num(e.f, "sid"));
    }
    case "TLBI_NH_ASID": {
      const e = event(c, "smmuv3_cmdq_tlbi_nh_asid");
      return build(opcode, { asid: BigInt(e === undefined ? 0 : num(e.f, "asid")) });
    }
    case "TLBI_NH_VA":
    case "TLBI_NH_VAA":
    case "TLBI_S2_IPA": {
      const e = event(c, "smmuv3_range_inval");
      const range = rangeFields(c) ?? {};
      if (opcode === "TLBI_S2_IPA") {
        const { va, ...rest } = range;
        return build(opcode, va === undefined ? rest : { ...rest, ipa: va });
      }
      if (opcode === "TLBI_NH_VAA") return build(opcode, range);
      return build(opcode, { asid: BigInt(Math.max(0, e === undefined ? 0 : num(e.f, "asid"))), ...range });
    }
    case "TLBI_S12_VMALL": {
      const e = event(c, "smmuv3_cmdq_tlbi_s12_vmid");
      return build(opcode, e === undefined ? {} : { vmid: BigInt(num(e.f, "vmid")) });
    }
    case "TLBI_NH_ALL": {
      const e = event(c, "smmuv3_cmdq_tlbi_nh");
      return build(
        opcode,
        e === undefined || e.f.vmid === undefined ? {} : { vmid: BigInt(num(e.f, "vmid")) },
      );
    }
    case "PREFETCH_CONFIG":
    case "PREFETCH_ADDR":
      return build(opcode, { sid: BigInt(lastSid) }, null, "the StreamID of the CFGI before it");
    case "ATC_INV":
      return build(opcode, { sid: BigInt(lastSid) }, null, "the StreamID of the CFGI before it, everything");
    case "SYNC": {
      const irq = event(c, "smmuv3_trigger_irq");
      return build(opcode, { cs: irq !== undefined && num(irq.f, "irq") === 2 ? 1n : 2n });
    }
    case "INVALID":
      return raw(0xffn, "an opcode that QEMU has no name for");
    case "UNKNOWN":
      return raw(0x0fn, "an opcode that QEMU has no name for");
    default: {
      const spec = findCommand(opcode);
      if (spec === null) return raw(OTHER_OPCODES[opcode] ?? 0xffn, "its fields are taken for 0");
      return build(opcode, {}, null, spec.fields.length === 0 ? null : "its fields are taken for 0");
    }
  }
}

/** Opcodes QEMU names and the architecture's table does not hold. */
const OTHER_OPCODES: Readonly<Record<string, bigint>> = { TLBI_EL3_ALL: 0x18n, TLBI_EL3_VA: 0x1an };

const DECIMAL = new Set(["asid", "vmid", "leaf", "tg", "ttl", "num", "scale", "range", "cs", "size"]);

const fieldText = (key: string, value: bigint): string =>
  `${key}=${DECIMAL.has(key) ? value : `0x${value.toString(16)}`}`;

/** A command as the script says it, but for the vSMMU: `cmd`, `tlbi-nh-asid asid=5`. */
export interface CommandText {
  readonly verb: "cfgi" | "cmd";
  readonly rest: string;
}

export function commandText(c: GuessedCommand): CommandText {
  if (c.name === "CFGI_ALL") return { verb: "cfgi", rest: "all" };
  const sid = `0x${(c.fields.sid ?? 0n).toString(16)}`;
  if (c.name === "CFGI_STE") return { verb: "cfgi", rest: `${sid} leaf=on` };
  if (c.name === "CFGI_STE_RANGE") return { verb: "cfgi", rest: `${sid} range=${c.fields.range ?? 0n}` };
  let rest = c.name === "raw" ? "raw" : commandSlug(c.name);
  for (const key in c.fields) rest += ` ${fieldText(key, c.fields[key] as bigint)}`;
  return { verb: "cmd", rest };
}

/** The script line that queues this command, with a SYNC behind it or not. */
export const commandLine = (vsmmu: string, { verb, rest }: CommandText, sync: boolean): string =>
  `${verb} ${vsmmu} ${rest}${sync ? "" : " sync=off"}`;

/** Both words, as `store` takes them. */
export function commandWords(c: GuessedCommand): string {
  const { q0, q1 } =
    c.name === "raw" ? { q0: c.fields.q0 ?? 0n, q1: c.fields.q1 ?? 0n } : encodeCommand(c.name, c.fields);
  return `0x${q0.toString(16)},0x${q1.toString(16)}`;
}

/** For titles: `CFGI_STE 0x100`. */
export function commandTitle(c: GuessedCommand): string {
  if (c.name === "raw") return `opcode 0x${((c.fields.q0 ?? 0n) & 0xffn).toString(16)}`;
  const { sid, asid, va } = c.fields;
  const what = sid ?? va;
  return [
    c.name,
    asid === undefined ? null : `ASID ${asid}`,
    what === undefined ? null : `0x${what.toString(16)}`,
  ]
    .filter((x) => x !== null)
    .join(" ");
}
