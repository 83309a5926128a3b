/** Rules of registers, queues, events and STEs, and the what-if repairs. */
import { defineRules } from "../rules.ts";

export const SMMU_RULES = defineRules({
  "Q-REG-UNIMP": {
    text: "A write to an offset without a register is ignored.",
    source: "smmuv3.c:smmu_writel, smmu_writell",
  },
  "Q-REG-2LVL": {
    text: "FMT=1 in STRTAB_BASE_CFG selects the two-level table for good: FMT=0 does not clear it, only reset does (D19).",
    source: "smmuv3.c:smmu_writel",
  },
  "Q-CR0-NO-ATTACH": {
    text: "A CR0 write stores, acknowledges and runs the command queue; SMMUEN moves no device (D3, D4).",
    source: "smmuv3.c:smmu_writel; model/qemu.md 3.6",
  },
  "Q-GERR-TOGGLE": {
    text: "An error toggles its GERROR bit.",
    source: "smmuv3.c:smmuv3_trigger_irq",
  },
  "Q-GERR-PENDING": {
    text: "An error that is still pending is not toggled again.",
    source: "smmuv3.c:smmuv3_trigger_irq",
  },
  "Q-CMDQ-OFF": {
    text: "With CMDQEN clear the command queue is not looked at.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMDQ-PENDING": {
    text: "While GERROR.CMDQ_ERR is pending no command runs.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMDQ-FETCH": {
    text: "A command that cannot be read stops the queue with code 2, named after the previous opcode of the run.",
    source: "smmuv3.c:smmuv3_cmdq_consume; model/observed.md X14",
  },
  "Q-CMDQ-STOP": {
    text: "On an error CONS stays at the command, CONS.ERR takes the code and CMDQ_ERR is raised.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-SYNC-IRQ": {
    text: "CMD_SYNC waits for nothing; CS=IRQ pulses the line.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-PREFETCH": {
    text: "Prefetches do nothing.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-SSEC": {
    text: "A configuration command with SSEC set is illegal.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-NO-SID": {
    text: "A configuration command for a StreamID without a function succeeds without a trace.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-STE-FAIL": {
    text: "A failed install makes CFGI_STE illegal; the configuration cache is not flushed.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-STE-ASSERT": {
    text: "v4: a failed install inside CFGI_STE ends QEMU.",
    source: "model/qemu.md 5",
  },
  "Q-CMD-RANGE": {
    text: "CFGI_STE_RANGE covers 2^(range+1) StreamIDs from an aligned start; CFGI_ALL is range 31.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-S2P": {
    text: "TLBI_S12_VMALL and TLBI_S2_IPA are illegal without stage 2.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-UNHANDLED": {
    text: "EL2 and EL3 invalidations, PRI_RESP, RESUME, STALL_TERM, and ATC_INV without ATS or device succeed without effect.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-CMD-ILL": {
    text: "Any other opcode is illegal.",
    source: "smmuv3.c:smmuv3_cmdq_consume",
  },
  "Q-RANGE-CONTINUE": {
    text: "A device that fails in a range is printed and the others go on; the command is then illegal.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste_range",
  },
  "Q-RANGE-STOP": {
    text: "v4 and v5 stop a range at the first failure.",
    source: "model/qemu.md 5",
  },
  "Q-RANGE-ASSERT": {
    text: "v4 and v5: a second error in one range meets a set error object; QEMU ends.",
    source: "model/qemu.md 5",
  },
  "Q-INV-NO-VIOMMU": {
    text: "Without a vIOMMU an invalidation is not forwarded.",
    source: "smmuv3-accel.c:smmuv3_accel_issue_inv_cmd",
  },
  "Q-INV-NO-VDEV": {
    text: "An invalidation that names a device without a vDEVICE is not forwarded.",
    source: "smmuv3-accel.c:smmuv3_accel_issue_inv_cmd",
  },
  "Q-INV-FORWARD": {
    text: "TLBI by ASID, VA or for all, CFGI_CD and ATC_INV go to the host unchanged, one ioctl a command.",
    source: "smmuv3-accel.c:smmuv3_accel_issue_inv_cmd",
  },
  "Q-INV-FAIL": {
    text: "An errno or an unprocessed entry makes the guest's command illegal.",
    source: "smmuv3-accel.c:smmuv3_accel_issue_inv_cmd",
  },
  "Q-STE-NONE": {
    text: "Without a vIOMMU or a VFIO device in the slot there is nothing to install.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-STALE": {
    text: "v4 and v5: a CFGI_STE for a slot whose vIOMMU was freed uses freed memory; QEMU ends.",
    source: "model/qemu.md 5 (inference)",
  },
  "Q-STE-VDEV": {
    text: "The first CFGI that reaches a device allocates its vDEVICE with the StreamID of that time.",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_vdev",
  },
  "Q-STE-VDEV-FAIL": {
    text: "If the vDEVICE cannot be allocated the STE is not looked at.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-VDEV-BYPASS": {
    text: "v4 and v5 attach bypass at once after the vDEVICE, whatever the STE says.",
    source: "model/qemu.md 5",
  },
  "Q-STE-RANGE": {
    text: "A StreamID at or beyond 2^LOG2SIZE, or beyond 16 bits, has no STE.",
    source: "smmuv3.c:smmu_find_ste",
  },
  "Q-STE-L1-READ": {
    text: "An unreadable level-1 descriptor is a miss.",
    source: "smmuv3.c:smmu_find_ste",
  },
  "Q-STE-SPAN0": {
    text: "A level-1 descriptor with span 0 is a miss.",
    source: "smmuv3.c:smmu_find_ste",
  },
  "Q-STE-L2-RANGE": {
    text: "An index above 2^span - 1 is a miss: twice the entries the architecture allows are accepted.",
    source: "smmuv3.c:smmu_find_ste",
  },
  "Q-STE-READ": {
    text: "An unreadable STE is a miss.",
    source: "smmuv3.c:smmu_get_ste",
  },
  "Q-STE-MISS": {
    text: "A miss installs nothing, records no event and counts as success (D6).",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-DISABLED": {
    text: "With SMMUEN clear the STE is found but GBPA decides.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-ABORT": {
    text: "V=0 or Config 0 to 3 is abort, without an event (D7).",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-BYPASS": {
    text: "Config 4 is bypass.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-TRANSLATE": {
    text: "Config 5 gets a new nested HWPT from the masked words 0 and 1; all else in the STE is dropped.",
    source: "smmuv3-accel.c:smmuv3_accel_dev_alloc_translate",
  },
  "Q-STE-CONFIG": {
    text: "Config 6 and 7 are an error; the device keeps its HWPT (D8).",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-ONLY-TRANSLATE": {
    text: "v4 and v5 apply abort and bypass only to a device with a translate HWPT; otherwise nothing happens.",
    source: "model/qemu.md 5",
  },
  "Q-STE-BREAK": {
    text: "v4 and v5 go through abort and free the old HWPT before they allocate the new one.",
    source: "model/qemu.md 5",
  },
  "Q-STE-MAKE": {
    text: "From v6 the new HWPT is attached before the old one is destroyed.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-ALLOC-FAIL": {
    text: "A vSTE the host refuses leaves the device on its HWPT (D9).",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-STE-ATTACH-FAIL": {
    text: "If the attach fails a new translate HWPT is destroyed and the device keeps its previous HWPT.",
    source: "smmuv3-accel.c:smmuv3_accel_install_ste",
  },
  "Q-EVQ-ALLOC": {
    text: "The vEVENTQ is made once a vIOMMU exists and EVENTQEN is set, as deep as the EVENTQ is then (X13).",
    source: "smmuv3-accel.c:smmuv3_accel_alloc_veventq",
  },
  "Q-EVQ-ALLOC-FAIL": {
    text: "A failed allocation at a CR0 write is printed and tried again at the next CR0 write.",
    source: "smmuv3.c:smmu_writel",
  },
  "Q-EVQ-FREE": {
    text: "Releasing the vEVENTQ closes its fd and destroys the object.",
    source: "smmuv3-accel.c:smmuv3_accel_free_veventq",
  },
  "Q-EVQ-PINNED": {
    text: "With io_uring a pending poll keeps the file open past close(): the object and all it refers to stay (D24).",
    source: "model/observed.md X1",
  },
  "Q-EVQ-AGAIN": {
    text: "EAGAIN and EINTR of a read are silent.",
    source: "smmuv3-accel.c:smmuv3_accel_event_read",
  },
  "Q-EVQ-READ-FAIL": {
    text: "Any other failed read is reported once.",
    source: "smmuv3-accel.c:smmuv3_accel_event_read",
  },
  "Q-EVQ-OVERFLOW": {
    text: "The LOST marker is reported once and restarts the sequence check.",
    source: "smmuv3-accel.c:smmuv3_accel_event_read",
  },
  "Q-EVQ-GAP": {
    text: "A gap in the sequence is reported once; the event is still delivered.",
    source: "smmuv3-accel.c:smmuv3_accel_event_read",
  },
  "Q-EVT-WRITTEN": {
    text: "A host event goes into the guest's EVENTQ unchanged.",
    source: "smmuv3.c:smmuv3_propagate_event",
  },
  "Q-EVT-DISABLED": {
    text: "With EVENTQEN clear the event is lost and EVENTQ_ABT_ERR raised (D15).",
    source: "smmuv3.c:smmuv3_write_eventq",
  },
  "Q-EVT-FULL": {
    text: "With the EVENTQ full the event is lost and EVENTQ_ABT_ERR raised; the overflow flag never toggles (D16).",
    source: "smmuv3.c:smmuv3_write_eventq",
  },
  "Q-EVT-MEMORY": {
    text: "An EVENTQ outside memory loses the event and raises EVENTQ_ABT_ERR.",
    source: "smmuv3.c:smmuv3_write_eventq",
  },
  "Q-SID-RENUMBER": {
    text: "A StreamID follows the present bus number; a vDEVICE keeps the one it was made with (D14).",
    source: "smmu-common.c:smmu_get_sid",
  },
  "Q-FIX-SET-NEXT": {
    text: "What if: a device set on an existing vIOMMU goes to GBPA or to its STE.",
    source: "model/qemu.md 6.2 (1)",
  },
  "Q-FIX-SET-FIRST": {
    text: "What if: the first device goes to its STE when SMMUEN is set.",
    source: "model/qemu.md 6.2 (2)",
  },
  "Q-FIX-SMMUEN": {
    text: "What if: an edge of SMMUEN moves every device, a missing STE meaning abort.",
    source: "model/qemu.md 6.2 (3)",
  },
  "Q-FIX-GBPA": {
    text: "What if: a GBPA write moves nothing while SMMUEN is set.",
    source: "model/qemu.md 6.2 (4)",
  },
  "Q-FIX-STE-MISS": {
    text: "What if: a missing STE means abort while SMMUEN is set.",
    source: "model/qemu.md 6.2 (5)",
  },
  "Q-FIX-VEVENTQ": {
    text: "What if: reset and clearing EVENTQEN free the vEVENTQ and its poll.",
    source: "model/qemu.md 6.2 (6)",
  },
  "Q-FIX-VDEV-RESET": {
    text: "What if: reset frees the vDEVICEs before it moves the devices.",
    source: "model/qemu.md 6.2 (7)",
  },
});
