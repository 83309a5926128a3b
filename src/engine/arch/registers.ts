/** Every register of section 1: where it is, its fields, who may write it when, and what a reset leaves. */
import type { FieldSpec } from "./bits.ts";

/**
 * Who may write: `ro`; `rw`; `guarded` = only while the named enables are 0 in both CR0 and CR0ACK (`guards`);
 * `gbpa` = only while GBPA.Update is 0; `impl` = reads as zero, writes ignored.
 */
export type RegAccess = "ro" | "rw" | "guarded" | "gbpa" | "impl";

export type Enable = "SMMUEN" | "CMDQEN" | "EVENTQEN" | "PRIQEN";

export interface RegisterSpec {
  readonly name: string;
  /** Other names that scripts may use. */
  readonly aliases: readonly string[];
  /** Byte offset; page 1 begins at 0x10000. */
  readonly offset: number;
  readonly size: 4 | 8;
  readonly fields: readonly FieldSpec[];
  readonly access: RegAccess;
  /** Enables that lock it (all fields; CR1 by field, see `fieldGuards`). */
  readonly guards: readonly Enable[];
  /** Feature without which it is RES0. */
  readonly needs: "msi" | "pri" | null;
  /** What a system reset leaves: the architecture's word, for the page. */
  readonly reset: string;
  readonly text: string;
}

export const PAGE1 = 0x10000;

const f = (name: string, lo: number, hi: number, text: string): FieldSpec => ({ name, lo, hi, text });

interface Extra {
  readonly aliases?: readonly string[];
  readonly size?: 8;
  readonly guards?: readonly Enable[];
  readonly needs?: "msi" | "pri";
}

function reg(
  offset: number,
  name: string,
  access: RegAccess,
  reset: string,
  text: string,
  fields: readonly FieldSpec[],
  x: Extra = {},
): RegisterSpec {
  return {
    name,
    aliases: x.aliases ?? [],
    offset,
    size: x.size ?? 4,
    fields,
    access,
    guards: x.guards ?? [],
    needs: x.needs ?? null,
    reset,
    text,
  };
}

const SMMUEN = f("SMMUEN", 0, 0, "0: GBPA decides; 1: the stream table decides");
const PRIQEN = f("PRIQEN", 1, 1, "PRI queue on (RES0 if PRI=0)");
const EVENTQEN = f("EVENTQEN", 2, 2, "event queue on");
const CMDQEN = f("CMDQEN", 3, 3, "command queue on");
const ATSCHK = f("ATSCHK", 4, 4, "check ATS Translated traffic (RES0 if ATS=0)");
const VMW = f("VMW", 6, 8, "VMID wildcard (RES0 if VMW=0)");
const CR0_FIELDS = [SMMUEN, PRIQEN, EVENTQEN, CMDQEN, ATSCHK, VMW];

const IRQ_FIELDS = [
  f("GERROR_IRQEN", 0, 0, "interrupt on GERROR"),
  f("PRIQ_IRQEN", 1, 1, "interrupt on the PRI queue"),
  f("EVENTQ_IRQEN", 2, 2, "interrupt on the event queue"),
];

const GERROR_FIELDS = [
  f("CMDQ_ERR", 0, 0, "command queue stopped"),
  f("EVENTQ_ABT_ERR", 2, 2, "event queue write aborted"),
  f("PRIQ_ABT_ERR", 3, 3, "PRI queue write aborted"),
  f("MSI_CMDQ_ABT_ERR", 4, 4, "MSI write of CMD_SYNC aborted"),
  f("MSI_EVENTQ_ABT_ERR", 5, 5, "MSI write of the event queue aborted"),
  f("MSI_PRIQ_ABT_ERR", 6, 6, "MSI write of the PRI queue aborted"),
  f("MSI_GERROR_ABT_ERR", 7, 7, "MSI write of GERROR aborted"),
  f("SFM_ERR", 8, 8, "service failure mode"),
];

const MSI0 = [f("ADDR", 2, 51, "MSI address")];
const MSI1 = [f("DATA", 0, 31, "MSI data")];
const MSI2 = [f("MEMATTR", 0, 3, "memory type"), f("SH", 4, 5, "shareability")];
const QBASE = (allocate: string): FieldSpec[] => [
  f("LOG2SIZE", 0, 4, "log2 of the number of entries, capped by IDR1"),
  f("ADDR", 5, 55, "queue base"),
  f(allocate, 62, 62, "allocation hint"),
];
const UNKNOWN = "UNKNOWN (kept)";
const msi = { needs: "msi" } as const;

/** Sorted by offset within each page. */
export const REGISTERS: readonly RegisterSpec[] = [
  reg(0x00, "IDR0", "ro", "constant", "features", [
    f("S2P", 0, 0, "stage 2"),
    f("S1P", 1, 1, "stage 1"),
    f("TTF", 2, 3, "table formats: 1 AArch32, 2 AArch64, 3 both"),
    f("COHACC", 4, 4, "coherent access"),
    f("BTM", 5, 5, "broadcast TLB maintenance"),
    f("HTTU", 6, 7, "hardware table update"),
    f("DORMHINT", 8, 8, "dormant hint"),
    f("HYP", 9, 9, "EL2 regime"),
    f("ATS", 10, 10, "ATS"),
    f("NS1ATS", 11, 11, "split-stage ATS not supported"),
    f("ASID16", 12, 12, "16-bit ASIDs"),
    f("MSI", 13, 13, "message signalled interrupts"),
    f("SEV", 14, 14, "events wake processors"),
    f("ATOS", 15, 15, "address translation operations"),
    f("PRI", 16, 16, "page requests"),
    f("VMW", 17, 17, "VMID wildcard"),
    f("VMID16", 18, 18, "16-bit VMIDs"),
    f("CD2L", 19, 19, "two-level CD tables"),
    f("VATOS", 20, 20, "virtual ATOS"),
    f("TTENDIAN", 21, 22, "0 mixed, 2 little, 3 big"),
    f("ATSRECERR", 23, 23, "ATS configuration errors can be recorded"),
    f("STALL_MODEL", 24, 25, "0 both, 1 terminate only, 2 stall forced"),
    f("TERM_MODEL", 26, 26, "1: a terminated transaction can only abort"),
    f("ST_LEVEL", 27, 28, "0 linear, 1 linear and two-level"),
    f("RME_IMPL", 30, 30, "realm management"),
  ]),
  reg(0x04, "IDR1", "ro", "constant", "sizes", [
    f("SIDSIZE", 0, 5, "StreamID bits"),
    f("SSIDSIZE", 6, 10, "SubstreamID bits"),
    f("PRIQS", 11, 15, "log2 of the largest PRI queue"),
    f("EVENTQS", 16, 20, "log2 of the largest event queue"),
    f("CMDQS", 21, 25, "log2 of the largest command queue"),
    f("ATTR_PERMS_OVR", 26, 26, "PRIVCFG and INSTCFG are honoured"),
    f("ATTR_TYPES_OVR", 27, 27, "MTCFG, SHCFG and ALLOCCFG are honoured"),
    f("REL", 28, 28, "preset bases are relative"),
    f("QUEUES_PRESET", 29, 29, "queue bases are fixed"),
    f("TABLES_PRESET", 30, 30, "table base is fixed"),
    f("ECMDQ", 31, 31, "enhanced command queues"),
  ]),
  reg(0x08, "IDR2", "ro", "constant", "features", [f("BA_VATOS", 0, 9, "VATOS page")]),
  reg(0x0c, "IDR3", "ro", "constant", "features", [
    f("HAD", 2, 2, "hierarchical attribute disable"),
    f("PBHA", 3, 3, "page-based hardware attributes"),
    f("XNX", 4, 4, "stage-2 execute-never by privilege"),
    f("PPS", 5, 5, "PASID on page responses"),
    f("MPAM", 7, 7, "memory partitioning"),
    f("FWB", 8, 8, "stage-2 forced write-back"),
    f("STT", 9, 9, "small translation tables"),
    f("RIL", 10, 10, "range invalidation and level hints"),
    f("BBML", 11, 12, "break-before-make level"),
    f("E0PD", 13, 13, "unprivileged access disable"),
    f("PTWNNC", 14, 14, "walks never non-cacheable"),
    f("DPT", 15, 15, "device permission table"),
  ]),
  reg(0x10, "IDR4", "ro", "constant", "implementation defined", []),
  reg(0x14, "IDR5", "ro", "constant", "address sizes", [
    f("OAS", 0, 2, "0…7: 32, 36, 40, 42, 44, 48, 52, 56 bits"),
    f("GRAN4K", 4, 4, "4K granule"),
    f("GRAN16K", 5, 5, "16K granule"),
    f("GRAN64K", 6, 6, "64K granule"),
    f("VAX", 10, 11, "1: 52-bit input addresses"),
    f("STALL_MAX", 16, 31, "most stalled transactions"),
  ]),
  reg(0x18, "IIDR", "ro", "constant", "implementation", [
    f("Implementer", 0, 11, "JEP106 code"),
    f("Revision", 12, 15, "minor revision"),
    f("Variant", 16, 19, "major revision"),
    f("ProductID", 20, 31, "product"),
  ]),
  reg(0x1c, "AIDR", "ro", "constant", "architecture version", [
    f("ArchMinorRev", 0, 3, "SMMUv3.x"),
    f("ArchMajorRev", 4, 7, "0: SMMUv3"),
  ]),
  reg(0x20, "CR0", "rw", "0", "enables; each field takes effect when CR0ACK shows it", CR0_FIELDS),
  reg(0x24, "CR0ACK", "ro", "0", "enables in effect", CR0_FIELDS),
  reg(0x28, "CR1", "guarded", UNKNOWN, "attributes of table and queue accesses", [
    f("QUEUE_IC", 0, 1, "queues: 0 NC, 1 WB, 2 WT"),
    f("QUEUE_OC", 2, 3, "queues: 0 NC, 1 WB, 2 WT"),
    f("QUEUE_SH", 4, 5, "queues: 0 none, 2 outer, 3 inner"),
    f("TABLE_IC", 6, 7, "tables: 0 NC, 1 WB, 2 WT"),
    f("TABLE_OC", 8, 9, "tables: 0 NC, 1 WB, 2 WT"),
    f("TABLE_SH", 10, 11, "tables: 0 none, 2 outer, 3 inner"),
  ]),
  reg(
    0x2c,
    "CR2",
    "guarded",
    UNKNOWN,
    "takes effect when SMMUEN goes to 1",
    [
      f("E2H", 0, 0, "EL2 host regime (RES0 if HYP=0)"),
      f("RECINVSID", 1, 1, "record C_BAD_STREAMID"),
      f("PTM", 2, 2, "no broadcast TLB maintenance (RES0 if BTM=0)"),
      f("REC_CFG_ATS", 3, 3, "record ATS configuration errors (RES0 if ATSRECERR=0)"),
    ],
    { guards: ["SMMUEN"] },
  ),
  reg(0x40, "STATUSR", "ro", "0", "status", [f("DORMANT", 0, 0, "no cached state (RES0 if DORMHINT=0)")]),
  reg(0x44, "GBPA", "gbpa", "implementation defined: 0x1000", "all transactions while SMMUEN=0", [
    f("MemAttr", 0, 3, "memory type if MTCFG=1"),
    f("MTCFG", 4, 4, "1: replace the memory type"),
    f("ALLOCCFG", 8, 11, "0xxx incoming, else override"),
    f("SHCFG", 12, 13, "0 non-shareable, 1 incoming, 2 outer, 3 inner"),
    f("PRIVCFG", 16, 17, "0/1 incoming, 2 unprivileged, 3 privileged"),
    f("INSTCFG", 18, 19, "0/1 incoming, 2 data, 3 instruction"),
    f("ABORT", 20, 20, "1: abort everything; 0: bypass"),
    f("Update", 31, 31, "write 1 to request; 0 again when applied"),
  ]),
  reg(0x48, "AGBPA", "impl", "implementation defined", "alternate global bypass attributes", []),
  reg(0x50, "IRQ_CTRL", "rw", "0", "interrupt enables", IRQ_FIELDS),
  reg(0x54, "IRQ_CTRLACK", "ro", "0", "interrupt enables in effect", IRQ_FIELDS),
  reg(0x60, "GERROR", "ro", "0", "an error is active while its bit differs from GERRORN", GERROR_FIELDS),
  reg(0x64, "GERRORN", "rw", "0", "acknowledges GERROR", GERROR_FIELDS),
  reg(0x68, "GERROR_IRQ_CFG0", "rw", UNKNOWN, "MSI of GERROR", MSI0, { ...msi, size: 8 }),
  reg(0x70, "GERROR_IRQ_CFG1", "rw", UNKNOWN, "MSI of GERROR", MSI1, msi),
  reg(0x74, "GERROR_IRQ_CFG2", "rw", UNKNOWN, "MSI of GERROR", MSI2, msi),
  reg(
    0x80,
    "STRTAB_BASE",
    "guarded",
    UNKNOWN,
    "stream table",
    [f("ADDR", 6, 55, "base, aligned to its size"), f("RA", 62, 62, "read-allocate hint")],
    { size: 8, guards: ["SMMUEN"] },
  ),
  reg(
    0x88,
    "STRTAB_BASE_CFG",
    "guarded",
    UNKNOWN,
    "stream table geometry",
    [
      f("LOG2SIZE", 0, 5, "StreamID bits, capped by SIDSIZE"),
      f("SPLIT", 6, 10, "6, 8 or 10 bits of level 2; any other acts as 6"),
      f("FMT", 16, 17, "0 linear, 1 two-level"),
    ],
    { guards: ["SMMUEN"], aliases: ["STRTAB_CFG"] },
  ),
  reg(0x90, "CMDQ_BASE", "guarded", UNKNOWN, "command queue", QBASE("RA"), { size: 8, guards: ["CMDQEN"] }),
  reg(0x98, "CMDQ_PROD", "rw", UNKNOWN, "doorbell", [f("WR", 0, 19, "write index with wrap bit")]),
  reg(
    0x9c,
    "CMDQ_CONS",
    "guarded",
    UNKNOWN,
    "consumer",
    [
      f("RD", 0, 19, "read index with wrap bit"),
      f("ERR", 24, 30, "0 none, 1 CERROR_ILL, 2 CERROR_ABT, 3 CERROR_ATC_INV_SYNC"),
    ],
    { guards: ["CMDQEN"] },
  ),
  reg(0xa0, "EVENTQ_BASE", "guarded", UNKNOWN, "event queue", QBASE("WA"), {
    size: 8,
    guards: ["EVENTQEN"],
    aliases: ["EVTQ_BASE"],
  }),
  reg(0xb0, "EVENTQ_IRQ_CFG0", "rw", UNKNOWN, "MSI of the event queue", MSI0, {
    ...msi,
    size: 8,
    aliases: ["EVTQ_IRQ_CFG0"],
  }),
  reg(0xb8, "EVENTQ_IRQ_CFG1", "rw", UNKNOWN, "MSI of the event queue", MSI1, {
    ...msi,
    aliases: ["EVTQ_IRQ_CFG1"],
  }),
  reg(0xbc, "EVENTQ_IRQ_CFG2", "rw", UNKNOWN, "MSI of the event queue", MSI2, {
    ...msi,
    aliases: ["EVTQ_IRQ_CFG2"],
  }),
  reg(0xc0, "PRIQ_BASE", "guarded", UNKNOWN, "PRI queue", QBASE("WA"), {
    size: 8,
    guards: ["PRIQEN"],
    needs: "pri",
  }),
  reg(0xd0, "PRIQ_IRQ_CFG0", "rw", UNKNOWN, "MSI of the PRI queue", MSI0, { needs: "pri", size: 8 }),
  reg(0xd8, "PRIQ_IRQ_CFG1", "rw", UNKNOWN, "MSI of the PRI queue", MSI1, { needs: "pri" }),
  reg(0xdc, "PRIQ_IRQ_CFG2", "rw", UNKNOWN, "MSI of the PRI queue", MSI2, { needs: "pri" }),
  reg(
    PAGE1 + 0xa8,
    "EVENTQ_PROD",
    "guarded",
    UNKNOWN,
    "producer",
    [
      f("WR", 0, 19, "write index with wrap bit"),
      f("OVFLG", 31, 31, "toggles when a record is lost to a full queue"),
    ],
    { guards: ["EVENTQEN"], aliases: ["EVTQ_PROD"] },
  ),
  reg(
    PAGE1 + 0xac,
    "EVENTQ_CONS",
    "rw",
    UNKNOWN,
    "consumer",
    [f("RD", 0, 19, "read index with wrap bit"), f("OVACKFLG", 31, 31, "acknowledges OVFLG")],
    { aliases: ["EVTQ_CONS"] },
  ),
  reg(
    PAGE1 + 0xc8,
    "PRIQ_PROD",
    "guarded",
    UNKNOWN,
    "producer",
    [f("WR", 0, 19, "write index with wrap bit"), f("OVFLG", 31, 31, "overflow")],
    { guards: ["PRIQEN"], needs: "pri" },
  ),
  reg(
    PAGE1 + 0xcc,
    "PRIQ_CONS",
    "rw",
    UNKNOWN,
    "consumer",
    [f("RD", 0, 19, "read index with wrap bit"), f("OVACKFLG", 31, 31, "acknowledges OVFLG")],
    { needs: "pri" },
  ),
];

/** Enables that lock each field group of CR1 (section 1.2). */
export function fieldGuards(register: string, field: string): readonly Enable[] {
  if (register !== "CR1") return [];
  return field.startsWith("QUEUE_") ? ["CMDQEN", "EVENTQEN", "PRIQEN"] : ["SMMUEN"];
}

/** Bytes of the identification block at 0xFD0…0xFFC, as QEMU presents them (those of an MMU-600). */
export const ID_BLOCK: readonly number[] = [0x04, 0, 0, 0, 0x84, 0xb4, 0xf0, 0x10, 0x0d, 0xf0, 0x05, 0xb1];

const BY_NAME: Readonly<Record<string, RegisterSpec>> = (() => {
  const out: Record<string, RegisterSpec> = {};
  for (const r of REGISTERS) for (const name of [r.name, ...r.aliases]) out[name] = r;
  return out;
})();

/**
 * By name (any case, with or without the `SMMU_` prefix, aliases too) or by the offset of its first byte. The page-1 queue
 * registers are found at their page-0 offsets too.
 */
export function findRegister(which: string | number): RegisterSpec | null {
  if (typeof which === "string") {
    const key = which.toUpperCase().replaceAll("-", "_");
    return BY_NAME[key] ?? BY_NAME[key.replace(/^SMMU_/, "")] ?? null;
  }
  return (
    REGISTERS.find((r) => r.offset === which) ??
    REGISTERS.find((r) => r.offset === which + PAGE1 && r.offset >= PAGE1) ??
    null
  );
}

/** A register's fields with their values, highest bits last. */
export function decodeFields(
  r: RegisterSpec,
  value: bigint,
): readonly { readonly field: FieldSpec; readonly value: bigint }[] {
  return r.fields.map((field) => ({
    field,
    value: (value >> BigInt(field.lo)) & ((1n << BigInt(field.hi - field.lo + 1)) - 1n),
  }));
}
