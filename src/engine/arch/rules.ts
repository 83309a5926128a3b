/**
 * Rules of the architecture, by id. `§n` = Arm IHI 0070; "section n" = the project's SMMUv3 model, where a rule rests on
 * secondary reading. "unverified" = inferred.
 */
import { defineRules, type Rule } from "../rules.ts";

const r = (text: string, source: string): Rule => ({ text: `${text}.`, source });

export const ARCH_RULES = defineRules({
  // Registers (section 1)
  "A-REG-RO": r("A write to a read-only register is ignored", "§6.3; section 1"),
  "A-REG-RES": r("Reserved and unimplemented offsets read as zero and ignore writes", "§6.1"),
  "A-REG-SIZE": r(
    "A 32-bit register is accessed by 32 bits: a 64-bit access is ignored and reads zero",
    "§6.1",
  ),
  "A-REG-ALIGN": r("A misaligned access is ignored and reads zero", "§6.1"),
  "A-REG-FEATURE": r("MSI and PRI registers are RES0 without IDR0.MSI or IDR0.PRI", "§6.3"),
  "A-REG-PRESET": r("With TABLES_PRESET or QUEUES_PRESET the base registers are read-only", "§6.3"),
  "A-REG-GUARD": r(
    "A register guarded by an enable is read-only unless that enable is 0 in CR0 and in CR0ACK",
    "§6.3, access text",
  ),
  "A-CR0-ACK": r(
    "A CR0 field has both its old and its new value until CR0ACK shows the new one; CR0 reads back at once",
    "§6.3.9",
  ),
  "A-CR0-MID": r(
    "A write to a CR0 field that is mid-Update is ignored for that field",
    "§6.3.9 (constrained unpredictable)",
  ),
  "A-CR0-RES0": r("CR0 bits of features that are absent are RES0 and never reflected by CR0ACK", "§6.3.9"),
  "A-GBPA-UPDATE": r(
    "GBPA changes by one write with Update=1; old or new apply until Update reads 0 again",
    "§6.3.14.1",
  ),
  "A-GBPA-NOUPDATE": r("A GBPA write without Update=1 is ignored", "§6.3.14"),
  "A-GBPA-NOUPDATE-V31": r(
    "Before SMMUv3.2 a GBPA write without Update=1 may be stored, or take effect at some time",
    "§6.3.14",
  ),
  "A-GBPA-BUSY": r("A GBPA write while Update=1 is ignored; the first value is finished", "§6.3.14"),
  "A-GERRORN-INACTIVE": r(
    "A GERRORN write that toggles an inactive error changes nothing for it",
    "§6.3 (constrained unpredictable)",
  ),
  "A-RESET": r(
    "A system reset clears enables, errors and interrupt controls and sets GBPA to the implementation's value; STRTAB_* and CR1/CR2 are UNKNOWN and kept",
    "section 7",
  ),
  // Transactions with SMMUEN=0
  "A-GBPA-ABORT": r(
    "SMMUEN=0 and GBPA.ABORT=1: every transaction aborts, nothing is recorded",
    "§6.3.9.6, §6.3.14",
  ),
  "A-GBPA-BYPASS": r(
    "SMMUEN=0 and GBPA.ABORT=0: every transaction bypasses with GBPA's attributes",
    "§6.3.9.6, §6.3.14",
  ),
  "A-GBPA-OAS": r("Under GBPA bypass an address beyond the output size aborts silently", "§3.4 (unverified)"),
  "A-ATTR-TYPES": r(
    "Without ATTR_TYPES_OVR the memory type, shareability and allocation fields of GBPA and STE act as incoming",
    "§6.3.14; §5.2",
  ),
  "A-ATTR-PERMS": r(
    "Without ATTR_PERMS_OVR the privilege and instruction fields of GBPA and STE act as incoming",
    "§6.3.14; §5.2",
  ),
  // Stream table
  "A-SID-RANGE": r(
    "A StreamID of more than LOG2SIZE (at most SIDSIZE) bits is C_BAD_STREAMID",
    "section 3.1; §5.2",
  ),
  "A-L1STD-SPAN0": r("An L1STD with Span 0 leads nowhere: C_BAD_STREAMID", "§5.1"),
  "A-L1STD-SPAN": r("A Span above SPLIT+1 is reserved: C_BAD_STREAMID", "§5.1"),
  "A-L1STD-INDEX": r("A level-2 index beyond 2^(Span-1) is C_BAD_STREAMID", "§5.1"),
  "A-RECINVSID": r("C_BAD_STREAMID is recorded only if CR2.RECINVSID=1", "§6.3.12"),
  "A-STE-FETCH": r("An abort or an address out of range on the way to the STE is F_STE_FETCH", "§7.3"),
  "A-STE-V": r("An STE with V=0 is C_BAD_STE", "§5.2"),
  "A-STE-ABORT": r("Config 0xx aborts silently, with or without SSID", "§5.2"),
  "A-STE-BYPASS": r("Config 100 bypasses with the STE's attributes", "§5.2"),
  "A-STE-IAS": r(
    "With stage 1 bypassed an address beyond the input size is F_ADDR_SIZE, always recorded",
    "section 3.1",
  ),
  "A-STE-S1P": r("Config 1x1 is ILLEGAL without stage 1", "§5.2.2"),
  "A-STE-S2P": r("Config 11x is ILLEGAL without stage 2", "§5.2.2"),
  "A-STE-EATS-SPLIT": r(
    "EATS=2 is ILLEGAL unless both stages translate, stage 2 does not stall and NS1ATS=0",
    "§5.2.2",
  ),
  "A-STE-EATS-STALL": r("EATS=1 is ILLEGAL if stage 2 stalls", "§5.2.2"),
  "A-STE-STRW": r("STRW x1 is ILLEGAL where STRW is used (HYP=1, stage 1 only)", "§5.2.2"),
  "A-STE-STALLD": r("S1STALLD=1 is ILLEGAL unless STALL_MODEL=0", "§5.2.2"),
  "A-STE-CDMAX": r("S1CDMax above SSIDSIZE is ILLEGAL if substreams exist", "§5.2.2"),
  "A-STE-CD2L": r("A two-level CD table is ILLEGAL with CD2L=0 and S1CDMax not 0", "§5.2.2"),
  "A-STE-PTR": r("S1ContextPtr beyond the output size is ILLEGAL", "§5.2.2"),
  "A-STE-S2S": r("S2S against STALL_MODEL is ILLEGAL", "§5.2.2"),
  "A-STE-S2AA64": r("S2AA64 against TTF is ILLEGAL", "§5.2.2"),
  "A-STE-S2HTTU": r("S2HA or S2HD beyond HTTU is ILLEGAL", "§5.2.2"),
  "A-STE-S2TG": r("An unsupported stage-2 granule is ILLEGAL", "§5.2.2"),
  "A-STE-S2TTB": r("S2TTB beyond the output size is ILLEGAL", "§5.2.2"),
  "A-STE-S2T0SZ": r("S2T0SZ out of range is ILLEGAL", "§5.2.2"),
  "A-STE-S2SL0": r("A start level that does not fit S2T0SZ and S2TG is ILLEGAL", "§5.2.2"),
  "A-STE-S2ENDI": r("S2ENDI against TTENDIAN is ILLEGAL", "§5.2.2"),
  "A-STE-VMID": r("S2VMID beyond 8 bits is ILLEGAL with VMID16=0 where stage 2 exists", "§5.2.2"),
  // Substreams and CDs
  "A-SSID-BAD": r(
    "An SSID with stage 1 off, without substreams or beyond S1CDMax is C_BAD_SUBSTREAMID",
    "section 3.1",
  ),
  "A-DSS-TERMINATE": r("No SSID with substreams on and S1DSS=0 (or 3) is F_STREAM_DISABLED", "§5.2"),
  "A-DSS-BYPASS": r("No SSID with substreams on and S1DSS=1 bypasses stage 1 without fetching a CD", "§5.2"),
  "A-DSS-SSID0": r("SSID 0 with S1DSS=2 is F_STREAM_DISABLED", "§5.2"),
  "A-L1CD": r("An L1CD with V=0 or a pointer out of range is C_BAD_SUBSTREAMID", "section 3.1"),
  "A-CD-FETCH": r("An abort fetching an L1CD or CD is F_CD_FETCH", "§7.3"),
  "A-CD-V": r("A CD with V=0 is C_BAD_CD", "§5.4"),
  "A-CD-STALLD": r("CD.S=1 under S1STALLD=1 is C_BAD_CD", "§5.4.2"),
  "A-CD-A": r("CD.A=0 with TERM_MODEL=1 is C_BAD_CD", "§5.4.2"),
  "A-CD-S-TERMINATE": r("CD.S=1 with STALL_MODEL=1 is C_BAD_CD", "§5.4.2"),
  "A-CD-S-FORCED": r("CD.S=0 with STALL_MODEL=2 is C_BAD_CD", "§5.4.2"),
  "A-CD-ENDI": r("CD.ENDI against TTENDIAN is C_BAD_CD", "§5.4.2"),
  "A-CD-AA64": r("CD.AA64 against TTF is C_BAD_CD", "§5.4.2"),
  "A-CD-HTTU": r("CD.HA or CD.HD beyond HTTU is C_BAD_CD", "§5.4.2"),
  "A-CD-ASID": r("An ASID beyond 8 bits with ASID16=0 is C_BAD_CD", "§5.4.2"),
  "A-CD-TG": r("An unsupported granule of an enabled half is C_BAD_CD", "§5.4.2"),
  "A-CD-TTB": r("A table base of an enabled half beyond the effective IPS is C_BAD_CD", "§5.4.2"),
  "A-CD-TSZ": r("TxSZ of an enabled half out of range is C_BAD_CD", "§5.4.2"),
  // Stage 1
  "A-S1": r("Stage 1 translates: the output is an IPA", "section 3.1"),
  "A-S1-TLB": r("A translation kept in a TLB is used without a walk", "§3.21; section 3.6"),
  "A-FLT-VA": r("An address outside TxSZ is F_TRANSLATION", "§7.3.22; section 3.2"),
  "A-FLT-EPD": r("An address that selects a half with EPDx=1 is F_TRANSLATION", "section 2.3"),
  "A-FLT-WALK": r(
    "An abort on a descriptor fetch is F_WALK_EABT, CLASS=TT: it always aborts and is always recorded",
    "§3.12, §7.3.21",
  ),
  "A-FLT-MAP": r("No mapping is F_TRANSLATION", "section 3.2"),
  "A-FLT-SIZE": r("A stage-1 output beyond the effective IPS is F_ADDR_SIZE", "section 3.2"),
  "A-FLT-AF": r("A clear access flag is F_ACCESS", "section 3.2"),
  "A-FLT-PERM": r("A missing permission is F_PERMISSION", "section 3.2"),
  "A-FLT-R": r("With CD.R=0 and CD.S=0 a stage-1 fault is not recorded", "section 3.2"),
  "A-FLT-STALL": r("CD.S=1 stalls the transaction and always records", "section 3.2; §3.12"),
  "A-FLT-RAZWI": r("CD.A=0 (TERM_MODEL=0 only) terminates as read-zero, write-ignored", "section 3.2; §3.12"),
  "A-OUT-UNBACKED": r(
    "An access that fails after translation is the interconnect's abort, not an SMMU event",
    "section 3.1",
  ),
  // Stage 2 of the vSMMU itself
  "A-S2": r("The vSMMU's own stage 2 translates", "section 3.1"),
  "A-S2-MAP": r("No stage-2 mapping is F_TRANSLATION with S2=1", "section 3.2"),
  "A-S2-SIZE": r("A stage-2 output beyond S2PS is F_ADDR_SIZE with S2=1", "section 3.2"),
  "A-S2-AF": r("A clear stage-2 access flag is F_ACCESS with S2=1", "section 3.2"),
  "A-S2-PERM": r(
    "A missing stage-2 permission is F_PERMISSION with S2=1; configuration and table fetches are reads",
    "section 3.2",
  ),
  "A-S2-R": r("With S2R=0 and S2S=0 a stage-2 fault is not recorded", "section 3.2"),
  "A-S2-STALL": r("S2S=1 stalls and always records", "section 3.2"),
  // What a host's stage 2 must look like from inside
  "A-IN-S1": r(
    "A physical stage-1 fault reaches the guest as it is, with the virtual StreamID",
    "section 3.3; §7.3",
  ),
  "A-IN-CD": r("A physical stage-2 fault fetching a CD must look like F_CD_FETCH", "section 3.3; §7.3.10"),
  "A-IN-TT": r(
    "A physical stage-2 fault on a table walk must look like F_WALK_EABT with S2=0",
    "section 3.3; §7.3.12",
  ),
  "A-IN-OUT": r(
    "A physical stage-2 fault of the output address shows no event, only an abort",
    "section 3.3; §7.3.12",
  ),
  // ATS
  "A-ATS-NONE": r(
    "Without IDR0.ATS a request is refused with F_BAD_ATS_TREQ, Translated traffic with F_TRANSL_FORBIDDEN",
    "§3.9 (unverified)",
  ),
  "A-ATS-REQ-OFF": r(
    "SMMUEN=0: a Translation Request gets Unsupported Request and F_BAD_ATS_TREQ",
    "§6.3.9.6, §7.3.6",
  ),
  "A-ATS-REQ-SID": r("A request whose STE cannot be reached fails without event", "section 3.4"),
  "A-ATS-REQ-STE": r("A request under an invalid STE gets Completer Abort, no event", "section 3.4"),
  "A-ATS-REQ-ABORT": r("A request under Config 0xx gets Unsupported Request, no event", "section 3.4"),
  "A-ATS-REQ-BYPASS": r(
    "A request under Config 100 gets Unsupported Request and F_BAD_ATS_TREQ",
    "section 3.4",
  ),
  "A-ATS-REQ-EATS": r(
    "A request with EATS acting as 0 gets Unsupported Request and F_BAD_ATS_TREQ",
    "section 3.4",
  ),
  "A-ATS-REQ-DSS": r(
    "A request that F_STREAM_DISABLED would stop gets Completer Abort, no event",
    "section 3.4",
  ),
  "A-ATS-REQ-CONFIG": r(
    "A request with a bad SSID, CD or fetch gets Completer Abort: requests never cause configuration events",
    "section 3.4; §3.9",
  ),
  "A-ATS-REQ-FAULT": r(
    "A request that faults in translation is answered without permission, no event",
    "section 3.4",
  ),
  "A-ATS-REQ-SERVED": r("A request is served with the translation", "section 3.4"),
  "A-ATS-TT-OFF": r("SMMUEN=0: Translated traffic aborts with F_TRANSL_FORBIDDEN", "§6.3.9.6, §7.3.8"),
  "A-ATS-TT-MAY": r("Recording F_TRANSL_FORBIDDEN at SMMUEN=0 is permitted, not required", "§7.3.8"),
  "A-ATS-TT-UNCHECKED": r("ATSCHK=0: Translated traffic passes unchecked", "§6.3.9.2"),
  "A-ATS-TT-CONFIG": r(
    "ATSCHK=1: Translated traffic without a usable STE aborts without event",
    "section 3.4",
  ),
  "A-ATS-TT-RECERR": r(
    "With ATSRECERR=1 and REC_CFG_ATS=1 configuration errors of Translated traffic are recorded",
    "section 3.4, note 1",
  ),
  "A-ATS-TT-ABORT": r("ATSCHK=1: Translated traffic under Config 0xx aborts without event", "section 3.4"),
  "A-ATS-TT-BYPASS": r(
    "ATSCHK=1: Translated traffic under Config 100 aborts with F_TRANSL_FORBIDDEN",
    "section 3.4",
  ),
  "A-ATS-TT-EATS": r(
    "ATSCHK=1: Translated traffic with EATS acting as 0 aborts with F_TRANSL_FORBIDDEN",
    "section 3.4",
  ),
  "A-ATS-TT-PASS": r("ATSCHK=1: Translated traffic with EATS=1 passes untranslated", "section 3.4"),
  // Commands and the command queue
  "A-CMD-OPCODE": r("An unknown opcode is CERROR_ILL", "section 4"),
  "A-CMD-SSEC": r("SSec=1 on the Non-secure queue is CERROR_ILL", "section 4"),
  "A-CMD-S1P": r("CFGI_CD* and TLBI_NH_* are CERROR_ILL without stage 1", "section 4"),
  "A-CMD-S2P": r("TLBI_S12_VMALL and TLBI_S2_IPA are CERROR_ILL without stage 2", "section 4"),
  "A-CMD-HYP": r("TLBI_EL2_* are CERROR_ILL with HYP=0", "section 4 (unverified)"),
  "A-CMD-MPAM": r("CFGI_VMS_PIDM is CERROR_ILL without MPAM", "section 4"),
  "A-CMD-ATS": r("ATC_INV is CERROR_ILL without ATS", "section 4 (unverified)"),
  "A-CMD-PRI": r("PRI_RESP is CERROR_ILL without PRI", "section 4 (unverified)"),
  "A-CMD-STALL": r("RESUME and STALL_TERM are CERROR_ILL with STALL_MODEL=1", "section 4"),
  "A-CMD-CS": r("SYNC with CS=3 is CERROR_ILL", "section 4"),
  "A-CMD-OFF": r("ATC_INV and PRI_RESP are ignored while SMMUEN=0", "§6.3.9.6"),
  "A-CMDQ-EN": r("Nothing is consumed while CMDQEN is 0 or mid-Update", "§6.3.9"),
  "A-CMDQ-STOP": r("Nothing is consumed while CMDQ_ERR is active; acknowledging resumes at CONS", "§7.1"),
  "A-CMDQ-INDEX": r(
    "Indices further apart than the queue is long are constrained unpredictable: nothing is consumed",
    "section 1.4",
  ),
  "A-CMDQ-ABT": r("A command fetch that aborts is CERROR_ABT, CONS stays", "§7.1"),
  "A-CMDQ-ILL": r(
    "A refused command is CERROR_ILL: CONS stays on it, GERROR.CMDQ_ERR toggles, earlier ones are consumed",
    "§7.1",
  ),
  "A-CMDQ-ATC": r(
    "An ATS invalidation timeout is CERROR_ATC_INV_SYNC: the SYNC is not consumed",
    "section 4; §4.7.3",
  ),
  // Event queue
  "A-EVQ-WRITTEN": r(
    "A record is written if EVENTQEN=1, the queue is not full and no EVENTQ_ABT_ERR is active",
    "§7.2.1",
  ),
  "A-EVQ-EN": r("With EVENTQEN=0 a record is dropped silently", "§7.2.1"),
  "A-EVQ-FULL": r("A full queue drops the record and toggles OVFLG once until acknowledged", "§7.4"),
  "A-EVQ-ABT": r("A record whose write aborts is lost and raises EVENTQ_ABT_ERR", "§7.2"),
  "A-EVQ-ABT-ACTIVE": r("While EVENTQ_ABT_ERR is active records are dropped", "§7.2.1"),
  "A-EVQ-STALL": r("A stall record that cannot be written is kept and retried, never dropped", "§7.2.1"),
  "A-EVQ-MERGE": r("Equal records may be merged with MEV=1, and types 0x01 to 0x04 always", "section 5.1"),
  // Legal sets
  "A-SET-WORD": r(
    "Until invalidated every 64-bit word of a cached structure may have any value it held since, one by one",
    "§3.21.3, §3.21.3.1",
  ),
  "A-SET-REACH": r(
    "Only a structure reachable with SMMUEN=1 since the last invalidation can be cached",
    "section 3.6",
  ),
  "A-SET-FAIL": r(
    "A structure whose fetch failed is never cached: the next transaction fetches again",
    "section 3.6",
  ),
  "A-SET-SPAN0": r("An L1STD with Span 0 is never cached", "section 4.1"),
  "A-SET-SYNC": r(
    "A covering CFGI consumed and a following SYNC completed end the old values",
    "§4.7.3; section 3.6",
  ),
  "A-SET-LEAF": r("CFGI with Leaf=1 leaves cached level-1 descriptors alone", "section 4"),
  "A-SET-STREAM": r(
    "CFGI_CD acts for one StreamID: every stream that reaches the CD needs its own",
    "section 4.1",
  ),
  "A-SET-TABLE": r(
    "After STRTAB_* is rewritten a cached STE of the old table stays legal until CFGI",
    "section 4.1",
  ),
  "A-SET-SMMUEN": r(
    "A change of SMMUEN invalidates nothing; while it is 0 nothing is cached anew",
    "§6.3.9.6",
  ),
  "A-SET-ATSCHK": r("A change of ATSCHK holds for a stream from its next CFGI", "§6.3.9.2"),
  "A-SET-TLB": r("A removed or replaced translation stays legal until TLBI and SYNC", "section 3.6; §4.7.3"),
  "A-SET-TLBI": r("TLBI covers by ASID, address or all; CFGI never empties a TLB", "section 4.1"),
  "A-SET-REFILL": r("A TLBI before the CFGI's SYNC may be refilled from old configuration", "§4.3.6"),
  "A-SET-ALIAS": r("Two tables under one ASID may answer for each other", "section 3.6"),
  "A-SET-RESET": r(
    "A reset empties no cache for certain: software invalidates before enabling",
    "§3.11; section 7",
  ),
});

export type ArchRule = keyof typeof ARCH_RULES;
