/**
 * Lines into groups: one register write with everything it caused, one plug, one reset, one DMA. QEMU prints a write
 * after its effects, and an unset after the first half of them, so effects wait until their owner comes.
 *
 * One pass, bounded memory, and the same groups for the same text: the replayer goes over a log twice.
 */
import type { EventName, EventSpec } from "../events/table.ts";
import { readEvent } from "../events/table.ts";
import type { EventSink } from "../reader/lines.ts";
import type { LogEvent } from "./log-event.ts";

export type GroupKind =
  /** A QEMU process begins: its first memory region is number 0 again. */
  | "start"
  /** Last event: the write. Before it: its effects. */
  | "write"
  | "read"
  /** Effects whose write is not in the log. */
  | "orphan"
  /** Effects at the end of the log (or of a process) that ran no further. */
  | "cut"
  | "plug"
  | "reset"
  | "device-reset"
  | "unset"
  | "finalize"
  /** A host event reached the guest (or could not). */
  | "event"
  /** A transaction of an emulated function. */
  | "dma";

export interface Group {
  readonly kind: GroupKind;
  readonly events: readonly LogEvent[];
  /** Line numbers, both included. */
  readonly first: number;
  readonly last: number;
}

export type GroupSink = (group: Group) => void;

/** What a line does to the groups under construction. */
type Role =
  | "effect"
  | "write"
  | "read"
  | "plug-start"
  | "plug"
  | "set"
  | "unset"
  | "attach"
  | "detach"
  | "free"
  | "disconnect"
  | "map"
  | "reset-start"
  | "reset"
  | "reset-exit"
  | "event"
  | "irq"
  | "dma-skip"
  | "dma"
  | "dma-end"
  | "region";

const ROLES: Partial<Record<EventName, Role>> = {
  smmuv3_write_mmio: "write",
  smmuv3_read_mmio: "read",
  smmuv3_trigger_irq: "irq",
  smmuv3_write_gerror: "irq",
  vfio_mdev: "plug-start",
  iommufd_cdev_getfd: "plug-start",
  iommufd_backend_connect: "plug-start",
  iommufd_cdev_connect_and_bind: "plug-start",
  iommufd_cdev_alloc_ioas: "plug",
  iommufd_backend_alloc_ioas: "plug",
  iommufd_cdev_device_info: "plug",
  iommufd_cdev_fail_attach_existing_container: "plug",
  iommufd_backend_alloc_viommu: "plug",
  smmuv3_accel_set_iommu_device: "set",
  smmuv3_accel_unset_iommu_device: "unset",
  iommufd_cdev_attach_ioas_hwpt: "attach",
  iommufd_cdev_pasid_attach_ioas_hwpt: "attach",
  iommufd_cdev_detach_ioas_hwpt: "detach",
  iommufd_cdev_pasid_detach_ioas_hwpt: "detach",
  iommufd_backend_free_id: "free",
  iommufd_backend_disconnect: "disconnect",
  iommufd_backend_map_dma: "map",
  iommufd_backend_map_file_dma: "map",
  iommufd_backend_unmap_dma: "map",
  iommufd_backend_unmap_dma_non_exist: "map",
  vfio_device_reset_handler: "reset-start",
  vfio_pci_reset: "reset",
  vfio_pci_reset_flr: "reset",
  vfio_pci_hot_reset: "reset",
  smmu_reset_exit: "reset-exit",
  smmuv3_propagate_event: "event",
  smmuv3_record_event: "dma-end",
  smmuv3_translate_disable: "dma-end",
  smmuv3_translate_bypass: "dma-end",
  smmuv3_translate_abort: "dma-end",
  smmuv3_translate_success: "dma-end",
  smmuv3_config_cache_hit: "dma-skip",
  smmuv3_config_cache_miss: "dma",
  smmu_iotlb_insert: "dma",
  smmu_iotlb_lookup_hit: "dma",
  smmu_iotlb_lookup_miss: "dma",
  smmu_ptw_invalid_pte: "dma-skip",
  smmu_ptw_page_pte: "dma-skip",
  smmu_ptw_level: "dma-skip",
  smmu_get_pte: "dma-skip",
  smmu_add_mr: "region",
};

/** Roles that may stand inside a plug; any other line ends it. */
const IN_PLUG: ReadonlySet<Role> = new Set(["plug", "attach", "detach", "free", "map", "disconnect"]);

type Open = "plug" | "reset" | "device-reset" | "unset" | "finalize" | "event" | "dma";

export class Grouper {
  private readonly out: GroupSink;
  /** Effects that wait for their write or unset. */
  private pending: LogEvent[] = [];
  private pendingDone = false;
  private kind: Open | null = null;
  private open: LogEvent[] = [];
  /** Events of a configuration miss, which tell where the STE and the CD are. */
  private miss: LogEvent[] = [];
  private plugName = "";
  private readonly attachedInReset = new Set<string>();
  /** `smmu_reset_exit` lines of this process's first reset. */
  private exitsOfReset = 0;
  /** The log names register writes: effects wait for one. */
  private writesSeen = false;

  constructor(out: GroupSink) {
    this.out = out;
  }

  /** For LineScanner: parses what matters and forms groups. */
  readonly sink: EventSink = (spec, s, at, end, line) => {
    const name = spec.name as EventName;
    const role = ROLES[name] ?? "effect";
    if (role === "dma-skip") return true;
    if (role === "dma" && this.miss.length === 0 && name !== "smmuv3_config_cache_miss") return true;
    const f = readEvent(spec as EventSpec, s, at, end);
    if (f === null) return false;
    if (role === "region") this.region({ name, f, line });
    else this.take({ name, f, line }, role);
    return true;
  };

  /** Regions are numbered through the life of a process. */
  private region(e: LogEvent): void {
    if (!String(e.f.n).endsWith("-0")) return;
    this.end();
    this.exitsOfReset = 0;
    this.emit("start", [e]);
  }

  end(): void {
    this.close();
    const begun = this.pending.length > 0 && !this.pending.some((e) => e.name === "smmuv3_cmdq_consume_out");
    if (begun && this.writesSeen) this.emit("cut", this.takePending());
    this.orphan();
    this.miss = [];
  }

  private emit(kind: GroupKind, events: readonly LogEvent[]): void {
    const first = events[0];
    const last = events[events.length - 1];
    if (first === undefined || last === undefined) return;
    this.out({ kind, events, first: first.line, last: last.line });
  }

  private close(): void {
    if (this.kind === null) return;
    const kind = this.kind;
    const events = this.open;
    this.kind = null;
    this.open = [];
    if (kind === "reset" && this.exitsOfReset === 0)
      this.exitsOfReset = events.filter((x) => x.name === "smmu_reset_exit").length;
    this.emit(kind, events);
  }

  private begin(kind: Open, e: LogEvent, before: readonly LogEvent[] = []): void {
    this.close();
    this.kind = kind;
    this.open = [...before, e];
  }

  private orphan(): void {
    if (this.pending.length === 0) return;
    const events = this.pending;
    this.pending = [];
    this.pendingDone = false;
    this.emit("orphan", events);
  }

  private takePending(): LogEvent[] {
    const events = this.pending;
    this.pending = [];
    this.pendingDone = false;
    return events;
  }

  private effect(e: LogEvent): void {
    // Without register writes in the log, a burst of commands or one install is all that can be told apart.
    if (this.pendingDone && (e.name === "smmuv3_cmdq_consume" || !this.writesSeen)) this.orphan();
    this.pending.push(e);
    if (e.name === "smmuv3_cmdq_consume_out") this.pendingDone = true;
    else if (e.name === "smmuv3_accel_install_ste" && !this.pending[0]?.name.startsWith("smmuv3_cmdq"))
      this.pendingDone = !this.writesSeen;
  }

  private take(e: LogEvent, role: Role): void {
    if (role === "dma" || role === "dma-end" || (this.miss.length > 0 && isLookup(e.name))) this.dma(e, role);
    else if (this.kind !== "plug") this.outsidePlug(e, role);
    else if (IN_PLUG.has(role)) this.open.push(e);
    else this.inPlug(e, role);
  }

  private dma(e: LogEvent, role: Role): void {
    if (e.name === "smmuv3_config_cache_miss") this.miss = [e];
    else if (role === "dma-end") {
      // What may still get lines stays open; transactions of other threads fall in between.
      if (this.kind === "event" || this.kind === "dma" || this.kind === "device-reset") this.close();
      else if (this.kind === "reset" && this.hasExit()) this.close();
      const events = this.miss;
      this.miss = [];
      if (e.name === "smmuv3_record_event") {
        this.kind = "dma";
        this.open = [...events, e];
      } else this.emit("dma", events.length === 0 ? [e] : [...events, e]);
    } else this.miss.push(e);
  }

  /** A line that is no ordinary part of the plug under way. */
  private inPlug(e: LogEvent, role: Role): void {
    if (role === "plug-start") {
      const name = typeof e.f.name === "string" ? e.f.name : "";
      const again = e.name === "vfio_mdev" || (name !== "" && this.plugName !== "" && name !== this.plugName);
      if (again) {
        this.startPlug(e);
        return;
      }
      if (name !== "") this.plugName = name;
      this.open.push(e);
      return;
    }
    if (role === "set") {
      this.open.push(e);
      this.close();
      return;
    }
    if (e.name === "iommufd_backend_alloc_hwpt" || e.name === "iommufd_viommu_alloc_eventq") {
      this.open.push(e);
      return;
    }
    this.close();
    this.outsidePlug(e, role);
  }

  private startPlug(e: LogEvent): void {
    this.orphan();
    this.begin("plug", e);
    this.plugName = typeof e.f.name === "string" ? e.f.name : "";
  }

  private outsidePlug(e: LogEvent, role: Role): void {
    switch (role) {
      case "write": {
        this.close();
        this.writesSeen = true;
        const events = this.takePending();
        events.push(e);
        this.emit("write", events);
        return;
      }
      case "read":
        this.close();
        this.orphan();
        this.emit("read", [e]);
        return;
      case "irq":
        if (this.kind === "event" || this.kind === "dma") this.open.push(e);
        else this.effect(e);
        return;
      case "event":
        this.begin("event", e);
        return;
      case "plug-start":
        this.startPlug(e);
        return;
      case "set":
        this.close();
        this.orphan();
        this.emit("plug", [e]);
        return;
      case "unset":
        if (this.pending.length === 0 && this.kind === "reset" && isAttach(this.open.at(-1))) {
          // A reset that moved nobody is followed by an unset's return to S2.
          this.pending.push(this.open.pop() as LogEvent);
        }
        this.begin("unset", e, this.takePending());
        return;
      case "attach":
        this.attach(e);
        return;
      case "detach":
        this.begin("finalize", e);
        return;
      case "free":
        if (this.kind === "unset" || this.kind === "finalize") this.open.push(e);
        else {
          this.close();
          this.effect(e);
        }
        return;
      case "disconnect":
        if (this.kind === "finalize") this.open.push(e);
        else this.begin("finalize", e);
        this.close();
        return;
      case "map":
        // Mappings of guest memory belong to a plug or its end; those of BARs come and go at any time.
        if (this.kind === "finalize") this.open.push(e);
        return;
      case "reset-start":
        this.orphan();
        this.begin("reset", e);
        this.attachedInReset.clear();
        return;
      case "reset":
        if (this.kind === "reset") this.open.push(e);
        else if (this.kind === "device-reset" && e.name !== "vfio_pci_reset") this.open.push(e);
        else this.begin("device-reset", e);
        return;
      case "reset-exit":
        this.resetExit(e);
        return;
      default:
        this.close();
        this.effect(e);
    }
  }

  private attach(e: LogEvent): void {
    if (this.kind === "reset" && this.hasExit()) {
      const name = String(e.f.name);
      // Every device moves once in a reset: the second time is something else's doing.
      if (!this.attachedInReset.has(name)) {
        this.attachedInReset.add(name);
        this.open.push(e);
        return;
      }
    }
    this.close();
    this.effect(e);
  }

  private hasExit(): boolean {
    return this.open.some((x) => x.name === "smmu_reset_exit");
  }

  private resetExit(e: LogEvent): void {
    if (this.kind === "reset") {
      const exits = this.open.filter((x) => x.name === "smmu_reset_exit").length;
      // Every reset has as many as the first had: one a vSMMU.
      if (this.exitsOfReset === 0 || exits < this.exitsOfReset) {
        this.open.push(e);
        return;
      }
      this.close();
    }
    // Without the VFIO events, or with devices that reset singly, the resets before it are the first phase.
    const before = this.kind === "device-reset" ? this.open : [];
    if (this.kind === "device-reset") {
      this.kind = null;
      this.open = [];
    }
    this.orphan();
    this.begin("reset", e, before);
    this.attachedInReset.clear();
  }
}

const isAttach = (e: LogEvent | undefined): boolean => e !== undefined && ROLES[e.name] === "attach";

function isLookup(name: EventName): boolean {
  return (
    name === "smmuv3_find_ste" ||
    name === "smmuv3_find_ste_2lvl" ||
    name === "smmuv3_get_ste" ||
    name === "smmuv3_get_cd" ||
    name === "smmuv3_decode_cd" ||
    name === "smmuv3_decode_cd_tt"
  );
}
