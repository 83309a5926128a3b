/**
 * Trace events that the replayer reads or the lab prints, with every form their text has had (model/qemu.md 4.3,
 * model/observed.md X4, X5). Field names are those of the trace's arguments; `ret` is the number in brackets.
 */
import type { TraceArgs } from "../../engine/tracer.ts";
import { type Fields, readTemplate, type Template, template, writeTemplate } from "./template.ts";

/** What an event is about, for filters and for the table of agreements. */
export type Topic =
  | "register"
  | "command"
  | "table"
  | "install"
  | "object"
  | "attach"
  | "plug"
  | "reset"
  | "event"
  | "dma"
  | "cache"
  | "map";

export interface EventSpec {
  readonly name: string;
  /** Dense number, for tables. */
  readonly index: number;
  readonly topic: Topic;
  /** Newest first. */
  readonly forms: readonly Template[];
  /** The event that says the same today; its own name where none took its place. */
  readonly means: EventName;
}

interface Row {
  readonly topic: Topic;
  readonly forms: readonly Template[];
  readonly means: string | null;
}

const F = (topic: Topic, ...forms: readonly string[]): Row => ({
  topic,
  forms: forms.map(template),
  means: null,
});

/** An event that a later release calls `means`. */
const was = (means: string, topic: Topic, ...forms: readonly string[]): Row => ({
  ...F(topic, ...forms),
  means,
});

const ATTACH = " [iommufd={iommufd:d}] Successfully attached device {name:s} ({fd:d}) to id={id:d}";
const SLOT = "devfn={devfn:x} (idev devid={devid:x})";
const SLOT_RENAMED = "devfn={devfn:x} (hiodi devid={devid:x})";
const SLOT_V4 = "devfn={devfn:x} (sid={sid:x})";
const RECORD = "{type:s} sid={sid:x}";
// Before QEMU 5.0 StreamIDs were decimal.
const RECORD_DECIMAL = "{type:s} sid={sid:d}";
const SLOT_BOTH_DECIMAL = "devfn={devfn:d} (sid={sid:d})";
const IOTLB_LOOKUP = "asid={asid:d} vmid={vmid:d} addr={addr:x} hit={hit:d} miss={miss:d} hit rate={rate:d}";
const IOTLB_LOOKUP_OLD = "asid={asid:d} addr={addr:x} hit={hit:d} miss={miss:d} hit rate={rate:d}";
const CACHE_COUNTS = "(hits={hits:d}, misses={misses:d}, hit rate={rate:d})";

const TABLE = {
  smmuv3_read_mmio: F("register", "addr: {addr:x} val:{val:x} size: {size:x}({r:d})"),
  smmuv3_write_mmio: F("register", "addr: {addr:x} val:{val:x} size: {size:x}({r:d})"),
  smmuv3_trigger_irq: F("register", "irq={irq:d}"),
  smmuv3_write_gerror: F("register", "toggled={toggled:x}, new GERROR={gerror:x}"),
  smmuv3_write_gerrorn: F("register", "acked={acked:x}, new GERRORN={gerrorn:x}"),

  smmuv3_cmdq_consume: F("command", "prod={prod:d} cons={cons:d} prod.wrap={pw:d} cons.wrap={cw:d}"),
  smmuv3_cmdq_opcode: F("command", "<--- {name:s}"),
  smmuv3_cmdq_consume_out: F("command", "prod:{prod:d}, cons:{cons:d}, prod_wrap:{pw:d}, cons_wrap:{cw:d} "),
  smmuv3_cmdq_consume_error: F("command", "Error on {name:s} command execution: {code:d}"),
  smmuv3_unhandled_cmd: F("command", "Unhandled command type={type:d}"),
  smmuv3_cmdq_cfgi_ste: F("command", "streamid= {sid:x}", "streamid ={sid:d}"),
  // The oldest form puts 0x before decimal numbers; its CFGI_ALL ends at -1.
  smmuv3_cmdq_cfgi_ste_range: F(
    "command",
    "start={start:x} - end={end:x}",
    "start=0x{start:d} - end=0x{end:d}",
  ),
  smmuv3_cmdq_cfgi_cd: F("command", "sid={sid:x}", "streamid = {sid:d}"),
  smmuv3_cmdq_tlbi_nh: F("command", "vmid={vmid:d}", ""),
  smmuv3_cmdq_tlbi_nsnh: F("command", ""),
  smmuv3_cmdq_tlbi_nh_asid: F("command", "asid={asid:d}"),
  smmuv3_cmdq_tlbi_s12_vmid: F("command", "vmid={vmid:d}"),
  smmuv3_range_inval: F(
    "command",
    "vmid={vmid:d} asid={asid:d} addr={addr:x} tg={tg:d} num_pages={n:x} ttl={ttl:d} leaf={leaf:d} stage={stage:d}",
  ),
  smmuv3_s1_range_inval: was(
    "smmuv3_range_inval",
    "command",
    // The VMID is the command's, not the one that applies.
    "vmid={vmid_given:d} asid={asid:d} addr={addr:x} tg={tg:d} num_pages={n:x} ttl={ttl:d} leaf={leaf:d}",
  ),
  smmuv3_cmdq_tlbi_nh_va: was(
    "smmuv3_range_inval",
    "command",
    "vmid ={vmid_given:d} asid ={asid:d} addr={addr:x} leaf={leaf:d}",
  ),
  smmuv3_cmdq_tlbi_nh_vaa: was("smmuv3_range_inval", "command", "vmid ={vmid_given:d} addr={addr:x}"),

  smmuv3_find_ste: F(
    "table",
    "sid={sid:x} features:{features:x}, sid_split:{split:x}",
    "SID:{sid:x} features:{features:x}, sid_split:{split:x}",
  ),
  smmuv3_find_ste_2lvl: F(
    "table",
    "strtab_base:{base:x} l1ptr:{l1ptr:x} l1_off:{l1off:x}, l2ptr:{l2ptr:x} l2_off:{l2off:x} max_l2_ste:{max:d}",
  ),
  smmuv3_get_ste: F("table", "STE addr: {addr:x}"),
  smmuv3_get_cd: F("table", "CD addr: {addr:x}"),
  smmuv3_decode_cd: F("table", "oas={oas:d}"),
  smmuv3_decode_cd_tt: F(
    "table",
    "TT[{n:d}]:tsz:{tsz:d} ttb:{ttb:x} granule_sz:{granule_sz:d} had:{had:d}",
    "TT[{n:d}]:tsz:{tsz:d} ttb:{ttb:x} granule_sz:{granule_sz:d}",
  ),

  smmuv3_accel_set_iommu_device: F("plug", SLOT, SLOT_RENAMED, SLOT_V4),
  smmuv3_accel_unset_iommu_device: F("plug", SLOT, SLOT_RENAMED, SLOT_V4),
  smmu_set_iommu_device: was("smmuv3_accel_set_iommu_device", "plug", SLOT_BOTH_DECIMAL),
  smmu_unset_iommu_device: was("smmuv3_accel_unset_iommu_device", "plug", SLOT_BOTH_DECIMAL),
  smmuv3_accel_translate_ste: F("install", "vSID={vsid:x} hwpt_id={hwpt_id:x} ste={ste_1:X}:{ste_0:X}"),
  smmuv3_accel_install_ste: F("install", "vSID={vsid:x} ste type={type:s} hwpt_id={hwpt_id:x}"),
  smmuv3_accel_install_nested_ste: F("install", "sid={sid:d} ste={ste_1:X}:{ste_0:X}"),
  smmuv3_accel_uninstall_nested_ste: F("install", "sid={sid:d} attached {cfg:s} hwpt_id={hwpt:u}"),

  iommufd_backend_connect: F("plug", "fd={fd:d} owned={owned:d} users={users:d}"),
  iommufd_backend_disconnect: F("plug", "fd={fd:d} users={users:d}"),
  iommufd_backend_alloc_ioas: F("object", " iommufd={iommufd:d} ioas={ioas:d}"),
  iommufd_backend_alloc_hwpt: F(
    "object",
    " iommufd={iommufd:d} dev_id={dev_id:u} pt_id={pt_id:u} flags={flags:x} hwpt_type={hwpt_type:u} len={len:u} data_ptr={data_ptr:x} out_hwpt={out_hwpt:u} ({ret:d})",
  ),
  iommufd_backend_free_id: F("object", " iommufd={iommufd:d} id={id:d} ({ret:d})"),
  // Two older forms print the type where they say dev_id and the device where they say type; the last one swaps
  // length and pointer as well.
  iommufd_backend_alloc_viommu: F(
    "object",
    " iommufd={iommufd:d} dev_id={dev_id:u} type={type:u} hwpt_id={hwpt_id:u} data_ptr={data_ptr:x} data_len={data_len:x} viommu_id={viommu_id:u} ({ret:d})",
    " iommufd={iommufd:d} type={dev_id:u} dev_id={type:u} hwpt_id={hwpt_id:u} viommu_id={viommu_id:u} ({ret:d})",
    " iommufd={iommufd:d} type={dev_id:u} dev_id={type:u} hwpt_id={hwpt_id:u} data_len={data_ptr:u} data_ptr={data_len:x} viommu_id={viommu_id:u} ({ret:d})",
  ),
  iommufd_backend_alloc_vdev: F(
    "object",
    " iommufd={iommufd:d} dev_id={dev_id:u} viommu_id={viommu_id:u} virt_id={virt_id:x} vdev_id={vdev_id:u} ({ret:d})",
  ),
  iommufd_viommu_alloc_eventq: F(
    "object",
    " iommufd={iommufd:d} viommu_id={viommu_id:u} type={type:u} veventq_id={veventq_id:u} veventq_fd={veventq_fd:u} ({ret:d})",
  ),
  iommufd_backend_invalidate_cache: F(
    "object",
    " iommufd={iommufd:d} id={id:u} data_type={data_type:u} entry_len={entry_len:u} entry_num={entry_num:u} done_num={done_num:u} data_ptr={data_ptr:x} ({ret:d})",
  ),
  iommufd_backend_map_dma: F(
    "map",
    " iommufd={iommufd:d} ioas={ioas:d} iova={iova:x} size={size:x} addr={addr:p} readonly={readonly:d} ({ret:d})",
  ),
  iommufd_backend_map_file_dma: F(
    "map",
    " iommufd={iommufd:d} ioas={ioas:d} iova={iova:x} size={size:x} fd={fd:d} start={start:d} readonly={readonly:d} ({ret:d})",
  ),
  iommufd_backend_unmap_dma: F(
    "map",
    " iommufd={iommufd:d} ioas={ioas:d} iova={iova:x} size={size:x} ({ret:d})",
  ),
  iommufd_backend_unmap_dma_non_exist: F(
    "map",
    " Unmap nonexistent mapping: iommufd={iommufd:d} ioas={ioas:d} iova={iova:x} size={size:x} ({ret:d})",
  ),

  vfio_mdev: F("plug", " ({name:s}) is_mdev {is_mdev:d}"),
  iommufd_cdev_getfd: F("plug", " {dev:s} (fd={fd:d})"),
  iommufd_cdev_connect_and_bind: F(
    "plug",
    " [iommufd={iommufd:d}] Successfully bound device {name:s} (fd={fd:d}): output devid={devid:d}",
  ),
  iommufd_cdev_alloc_ioas: F("plug", " [iommufd={iommufd:d}] new IOMMUFD container with ioasid={ioas:d}"),
  iommufd_cdev_attach_ioas_hwpt: F("attach", ATTACH),
  iommufd_cdev_detach_ioas_hwpt: F("attach", " [iommufd={iommufd:d}] Successfully detached {name:s}"),
  iommufd_cdev_pasid_attach_ioas_hwpt: F(
    "attach",
    " [iommufd={iommufd:d}] Successfully attached device {name:s} ({fd:d}) pasid {pasid:u} to id={id:d}",
  ),
  iommufd_cdev_pasid_detach_ioas_hwpt: F(
    "attach",
    " [iommufd={iommufd:d}] Successfully detached {name:s} pasid {pasid:u}",
  ),
  iommufd_cdev_fail_attach_existing_container: F("plug", " {msg:s}"),
  iommufd_cdev_device_info: F(
    "plug",
    " {name:s} ({fd:d}) num_irqs={irqs:d} num_regions={regions:d} flags={flags:d}",
  ),
  vfio_device_reset_handler: F("reset", ""),
  vfio_pci_reset: F("reset", " ({name:s})"),
  vfio_pci_reset_flr: F("reset", "{name:s} FLR/VFIO_DEVICE_RESET"),
  vfio_pci_hot_reset: F("reset", " ({name:s}) {type:s}"),
  smmu_reset_exit: F("reset", ""),

  smmuv3_propagate_event: F("event", RECORD),
  /** Emulated faults, before 11.1. */
  smmuv3_record_event: F("event", RECORD, RECORD_DECIMAL),

  smmuv3_translate_disable: F(
    "dma",
    "{n:s} sid={sid:x} bypass (smmu disabled) iova:{iova:x} is_write={w:d}",
    "{n:s} sid={sid:d} bypass (smmu disabled) iova:{iova:x} is_write={w:d}",
  ),
  smmuv3_translate_bypass: F(
    "dma",
    "{n:s} sid={sid:x} STE bypass iova:{iova:x} is_write={w:d}",
    "{n:s} sid={sid:d} STE bypass iova:{iova:x} is_write={w:d}",
  ),
  smmuv3_translate_abort: F(
    "dma",
    "{n:s} sid={sid:x} abort on iova:{iova:x} is_write={w:d}",
    "{n:s} sid={sid:d} abort on iova:{iova:x} is_write={w:d}",
  ),
  smmuv3_translate_success: F(
    "dma",
    "{n:s} sid={sid:x} iova={iova:x} translated={translated:x} perm={perm:x} stage={stage:d}",
    "{n:s} sid={sid:x} iova={iova:x} translated={translated:x} perm={perm:x}",
    "{n:s} sid={sid:d} iova={iova:x} translated={translated:x} perm={perm:x}",
  ),
  smmu_iotlb_insert: F(
    "dma",
    "IOTLB ++ asid={asid:d} vmid={vmid:d} addr={addr:x} tg={tg:d} level={level:d}",
    "IOTLB ++ asid={asid:d} addr={addr:x} tg={tg:d} level={level:d}",
  ),
  smmu_iotlb_lookup_hit: F("dma", `IOTLB cache HIT ${IOTLB_LOOKUP}`, `IOTLB cache HIT ${IOTLB_LOOKUP_OLD}`),
  smmu_iotlb_lookup_miss: F(
    "dma",
    `IOTLB cache MISS ${IOTLB_LOOKUP}`,
    `IOTLB cache MISS ${IOTLB_LOOKUP_OLD}`,
  ),
  smmu_iotlb_cache_hit: was("smmu_iotlb_lookup_hit", "dma", `IOTLB cache HIT ${IOTLB_LOOKUP_OLD}`),
  smmu_iotlb_cache_miss: was("smmu_iotlb_lookup_miss", "dma", `IOTLB cache MISS ${IOTLB_LOOKUP_OLD}`),
  smmuv3_config_cache_hit: F(
    "dma",
    `Config cache HIT for sid={sid:x} ${CACHE_COUNTS}`,
    `Config cache HIT for sid {sid:d} ${CACHE_COUNTS}`,
  ),
  smmuv3_config_cache_miss: F(
    "dma",
    `Config cache MISS for sid={sid:x} ${CACHE_COUNTS}`,
    `Config cache MISS for sid {sid:d} ${CACHE_COUNTS}`,
  ),
  smmu_get_pte: F("dma", "baseaddr={baseaddr:x} index={index:x}, pteaddr={pteaddr:x}, pte={pte:x}"),
  smmu_ptw_level: F(
    "dma",
    "stage={stage:d} level={level:d} iova={iova:x} subpage_sz={subpage_sz:x} baseaddr={baseaddr:x} offset={offset:d} => pte={pte:x}",
  ),
  smmu_ptw_invalid_pte: F(
    "dma",
    "stage={stage:d} level={level:d} base@={base:x} pte@={pteaddr:x} offset={offset:d} pte={pte:x}",
  ),
  smmu_ptw_page_pte: F(
    "dma",
    "stage={stage:d} level={level:d} iova={iova:x} base@={base:x} pte@={pteaddr:x} pte={pte:x} page address = {page:x}",
  ),
  smmu_add_mr: F("dma", "{n:s}"),

  smmu_config_cache_inv: F("cache", "Config cache INV for sid={sid:x}"),
  smmuv3_config_cache_inv: was(
    "smmu_config_cache_inv",
    "cache",
    "Config cache INV for sid={sid:x}",
    "Config cache INV for sid {sid:d}",
  ),
  smmu_configs_inv_sid_range: F("cache", "Config cache INV SID range from {start:x} to {end:x}"),
  smmu_iotlb_inv_all: F("cache", "IOTLB invalidate all"),
  smmu_iotlb_inv_asid_vmid: F("cache", "IOTLB invalidate asid={asid:d} vmid={vmid:d}"),
  smmu_iotlb_inv_asid: was("smmu_iotlb_inv_asid_vmid", "cache", "IOTLB invalidate asid={asid:d}"),
  smmu_iotlb_inv_vmid: F("cache", "IOTLB invalidate vmid={vmid:d}"),
  smmu_iotlb_inv_vmid_s1: F("cache", "IOTLB invalidate vmid={vmid:d}", "IOTLB S1 invalidate vmid={vmid:d}"),
  smmu_iotlb_inv_iova: F("cache", "IOTLB invalidate asid={asid:d} addr={addr:x}"),
} as const satisfies Readonly<Record<string, Row>>;

export type EventName = keyof typeof TABLE;

const SPECS = new Map<string, EventSpec>(
  Object.entries(TABLE).map(([name, t], index) => [
    name,
    { name, index, topic: t.topic, forms: t.forms, means: (t.means ?? name) as EventName },
  ]),
);

export const EVENT_COUNT = SPECS.size;

export function eventSpec(name: string): EventSpec | null {
  return SPECS.get(name) ?? null;
}

/** Names by length and two letters: finds a name's event without taking the name out of its line. */
const BUCKETS = 4096;
const bucketOf = (length: number, last: number, middle: number): number =>
  (length * 131 + last * 31 + middle) & (BUCKETS - 1);
const quick: (EventSpec | null)[] = new Array<EventSpec | null>(BUCKETS).fill(null);
for (const spec of SPECS.values()) {
  const { name } = spec;
  quick[bucketOf(name.length, name.charCodeAt(name.length - 1), name.charCodeAt(name.length >> 1))] ??= spec;
}

/** The event whose name is `s[at…end)`; null when it is none, or one that shares its bucket (ask `eventSpec`). */
export function quickSpec(s: string, at: number, end: number): EventSpec | null {
  const length = end - at;
  const spec = quick[bucketOf(length, s.charCodeAt(end - 1), s.charCodeAt(at + (length >> 1)))] ?? null;
  if (spec === null || spec.name.length !== length) return null;
  const { name } = spec;
  for (let i = 0; i < length; i++) if (s.charCodeAt(at + i) !== name.charCodeAt(i)) return null;
  return spec;
}

export const eventNames = (): readonly string[] => [...SPECS.keys()];

/** Fields of an event's text (behind the name and its blank), or null when no form fits. */
export function readEvent(spec: EventSpec, s: string, at: number, end: number): Fields | null {
  for (const form of spec.forms) {
    const fields = readTemplate(form, s, at, end);
    if (fields !== null) return fields;
  }
  return null;
}

/** Spellings that changed: which form of an event a QEMU release prints (index into `forms`). */
const OLD_FORMS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  iommufd_backend_alloc_viommu: { v4: 1, v5: 1, v6: 1, m1: 1 },
  smmuv3_accel_set_iommu_device: { v4: 2 },
  smmuv3_accel_unset_iommu_device: { v4: 2 },
};

/** Those that first saw the light under another name are emitted under it by the model; here it is only the text. */
export type TraceNames = "v4" | "v5" | "v6" | "m1" | "11.1";

/** `NAME ARGS` as the release prints it; null for an event the lab does not know. */
export function writeEvent(name: string, args: TraceArgs, release: TraceNames): string | null {
  const spec = eventSpec(name);
  if (spec === null) return null;
  const form = spec.forms[OLD_FORMS[name]?.[release] ?? 0];
  if (form === undefined) return null;
  // v4 prints the StreamID where later releases print the device id.
  const all = args.sid === undefined && args.devid !== undefined ? { ...args, sid: args.devid } : args;
  return `${name} ${writeTemplate(form, all)}`;
}
