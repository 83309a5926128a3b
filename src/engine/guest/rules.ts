/** What guest software and the Linux driver do that a reader would ask about, and how the two columns are kept. */
import { defineRules } from "../rules.ts";

export const GUEST_RULES = defineRules({
  "G-MMIO-1": {
    text: "A register write happens in the architecture's column and in QEMU's; what the guest reads back, and acts on, is QEMU's.",
    source: "design of the lab; smmuv3.md section 1",
  },
  "G-MMIO-2": {
    text: "Where the columns differ a write counts for what it means: GERRORN acknowledges the errors seen, a drained EVENTQ is drained.",
    source: "design of the lab; qemu.md D15, D16",
  },
  "G-LATE-SETUP": {
    text: "A table or queue that a verb needs and nobody programmed is programmed as if before enabling: both columns accept it.",
    source: "design of the lab",
  },
  "G-RESET": {
    text: "A system reset ends the kernel in the guest: queues must be programmed again, memory keeps its contents.",
    source: "smmuv3.md section 7",
  },
  "G-STORE-1": {
    text: "A guest store is a 64-bit store that every vSMMU of the VM may later observe; where no RAM is, nothing is stored.",
    source: "IHI 0070 3.21.3",
  },
  "G-LAYOUT": {
    text: "Structures lie at addresses that follow from vSMMU, boot and StreamID, aligned to the largest they can grow to.",
    source: "design of the lab",
  },
  "G-STE-1": {
    text: "`ste` stores all eight words, word 0 last, and sends no command.",
    source: "IHI 0070 3.21.3; arm-smmu-v3.c:arm_smmu_write_entry",
  },
  "G-STE-2": {
    text: "A translate STE without a valid CD gets one first: own ASID (from 1 for each vSMMU), own table mapping 0…4 GiB elsewhere.",
    source: "design of the lab; observation X9",
  },
  "G-STE-3": {
    text: "`ste` without any stream table programs a linear one of 2^16 entries first.",
    source: "design of the lab",
  },
  "G-STE-4": {
    text: "In a two-level table an STE without level-2 table gets one first: all entries abort, then the L1STD.",
    source: "arm-smmu-v3.c:arm_smmu_init_l2_strtab",
  },
  "G-CD-1": {
    text: "`cd` changes the CD the STE in memory names, or the one the guest would give it; an empty one starts valid.",
    source: "design of the lab",
  },
  "G-MAP-1": {
    text: "The first explicit mapping of a table removes the automatic one.",
    source: "design of the lab",
  },
  "G-CMDQ-SETUP": {
    text: "A command before any command queue was programmed (or since the last reset) programs one first.",
    source: "design of the lab; smmuv3.md section 7",
  },
  "G-CMD-1": {
    text: "A command is an entry at CMDQ_PROD and one write of PROD; with SYNC both entries go with one write.",
    source: "recorded boot; arm-smmu-v3.c:arm_smmu_cmdq_issue_cmdlist",
  },
  "G-CMD-2": {
    text: "With CMDQEN=0 the guest enables the queue around the command and restores CR0; `cmdqen=asis` leaves the entry queued.",
    source: "design of the lab",
  },
  "G-CMD-3": {
    text: "While CMDQ_ERR is active a command is only queued; recovering is the guest's business.",
    source: "IHI 0070 7.1",
  },
  "G-CMD-4": {
    text: "A queue without room for the command and its SYNC takes neither.",
    source: "IHI 0070 7.1",
  },
  "G-CMD-5": {
    text: "A command that only the architecture refuses is stepped over in its column, since the guest sees no error to acknowledge.",
    source: "design of the lab; qemu.md 3.7",
  },
  "G-EVT-1": {
    text: "A physical event passes host driver, vEVENTQ and QEMU to the guest's EVENTQ, or is lost on the way with a reason.",
    source: "kernel.md section 4; qemu.md 3.9",
  },
  "G-EVT-2": {
    text: "The event the architecture asks for goes into the architecture's own event queue, not into guest memory.",
    source: "smmuv3.md section 5",
  },
  "G-DMA-1": {
    text: "A transaction is asked of the architecture before it happens, then happens through the physical STE.",
    source: "smmuv3.md section 3",
  },
  "G-DMA-2": {
    text: "A device behind no vSMMU has a hardware answer and no architectural one.",
    source: "design of the lab",
  },
  "G-DMA-3": {
    text: "Of several legal answers the event of the one that happened is due, and only if the event queue takes it.",
    source: "smmuv3.md sections 3.6, 5.1",
  },
  "G-LX-ENTRY-0": {
    text: "No used bit differs: what differs is stored with one SYNC, and nothing at all is sent if nothing does.",
    source: "arm-smmu-v3.c:arm_smmu_write_entry",
  },
  "G-LX-ENTRY-1": {
    text: "Used bits differ in one word: unused bits first, then that word, then the clean-up, a SYNC after each that changed something.",
    source: "arm-smmu-v3.c:arm_smmu_write_entry",
  },
  "G-LX-ENTRY-2": {
    text: "Used bits differ in several words: word 0 becomes 0, then the others, then word 0, a SYNC after each.",
    source: "arm-smmu-v3.c:arm_smmu_write_entry",
  },
  "G-LX-PROBE": {
    text: "The driver's start writes registers in the order and with the values of a recorded boot; GBPA is not among them.",
    source: "arm-smmu-v3.c:arm_smmu_device_reset; recorded boot of 7.3.4",
  },
  "G-LX-PROBE-LIVE": {
    text: "A probe that finds SMMUEN=1 sets GBPA.ABORT before it disables, and never clears it again.",
    source: "arm-smmu-v3.c:arm_smmu_device_reset",
  },
  "G-LX-RMR": {
    text: "With RMRs the probe stores bypass STEs for every StreamID of the buses they span, before enabling.",
    source: "arm-smmu-v3.c:arm_smmu_rmr_install_bypass_ste; observation X11",
  },
  "G-LX-ADD": {
    text: "Adding a device makes the level-2 table of its block if there is none, without any command.",
    source: "arm-smmu-v3.c:arm_smmu_insert_master",
  },
  "G-LX-ATTACH": {
    text: "Attaching a stage-1 domain writes CD, then STE, then ATS; the old domain's ASID is flushed last.",
    source: "arm-smmu-v3.c:arm_smmu_attach_dev",
  },
  "G-LX-ASID": {
    text: "Linux takes ASIDs from one space for all its SMMUs, so two vSMMUs of one Linux guest never share one.",
    source: "arm-smmu-v3.c:arm_smmu_asid_xa",
  },
  "G-LX-STE": {
    text: "Identity and blocked change the STE, flush ATC and ASID, and clear the CD when nothing reaches it any more.",
    source: "arm-smmu-v3.c:arm_smmu_attach_dev_ste",
  },
  "G-LX-STE-PASID": {
    text: "While PASIDs are attached identity and blocked only change S1DSS of the CD-table STE.",
    source: "arm-smmu-v3.c:arm_smmu_attach_dev_ste",
  },
  "G-LX-RELEASE": {
    text: "A released device is left blocked, or in identity if firmware names an RMR for it.",
    source: "iommu.c:iommu_deinit_device; observation X11",
  },
  "G-LX-PASID": {
    text: "A PASID is one CD; the STE becomes a CD-table one if it was not, with S1DSS as the RID's domain asks.",
    source: "arm-smmu-v3.c:arm_smmu_set_pasid",
  },
  "G-LX-PASID-OFF": {
    text: "Detaching a PASID invalidates its CD, flushes ATC and ASID; after the last one the STE goes back.",
    source: "arm-smmu-v3.c:arm_smmu_blocking_set_dev_pasid",
  },
  "G-LX-UNMAP": {
    text: "Unmapping stores first, then TLBI by range (or page, or ASID without RIL), SYNC, then the endpoint's ATC.",
    source: "arm-smmu-v3.c:arm_smmu_tlb_inv_range_domain",
  },
  "G-LX-TLBI": {
    text: "With RIL one command takes (NUM+1)·2^SCALE pages with TG=1 and leaf TTL; without, one page each, the ASID from 512 pages on.",
    source: "arm-smmu-v3.c:arm_smmu_tlb_inv_range_cmd",
  },
  "G-LX-RECOVER": {
    text: "On CERROR_ILL the driver overwrites the entry by a SYNC; acknowledging GERROR restarts the queue.",
    source: "arm-smmu-v3.c:arm_smmu_cmdq_skip_err",
  },
  "G-LX-FAIL": {
    text: "A register or SYNC that does not follow within a second ends the sequence; a failed probe leaves CR0=0.",
    source: "arm-smmu-v3.c:arm_smmu_device_reset",
  },
  "G-LX-SHUTDOWN": {
    text: "Shutdown writes CR0=0 and nothing else: no GBPA, no invalidation, STEs stay.",
    source: "arm-smmu-v3.c:arm_smmu_device_shutdown",
  },
  "G-LX-KEXEC": {
    text: "The next kernel builds its tables in other memory; the old ones stay where they were.",
    source: "smmuv3.md 6.7",
  },
  "G-LX-SUSPEND": {
    text: "Suspend and resume write no register; if the VMM loses them, only a driver variant that resets again repairs it.",
    source: "smmuv3.md 6.8",
  },
  "G-LX-FLR": {
    text: "A reset of a function with usable ATS runs under the blocked STE; without ATS the SMMU is not touched.",
    source: "iommu.c:pci_dev_reset_iommu_prepare",
  },
  "G-LX-EVENTS": {
    text: "The event handler writes CONS after each record, and copies OVFLG into OVACKFLG after an overflow.",
    source: "arm-smmu-v3.c:arm_smmu_evtq_thread",
  },
});

export type GuestRule = keyof typeof GUEST_RULES;
