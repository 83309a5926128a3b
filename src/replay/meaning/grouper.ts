/**
 * Lines into groups: one register write with everything it caused, one plug, one reset, one DMA. QEMU prints a write
 * after its effects, and an unset after the first half of them, so effects wait until their owner comes.
 *
 * One pass, bounded memory, and the same groups for the same text: the replayer goes over a log twice.
 */
import { A_GBPA } from "../../engine/qemu/smmuv3-regs.ts";
import type { EventSpec } from "../events/table.ts";
import { readEvent } from "../events/table.ts";
import type { EventSink } from "../reader/lines.ts";
import type { LogEvent } from "./log-event.ts";
import { IN_PLUG, isAttach, isLookup, ROLES, type Role } from "./roles.ts";

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
  /** Devices that changed their HWPT, with no line that says why: a reset that is not traced, or a GBPA write. */
  | "moves"
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

type Open = "plug" | "reset" | "device-reset" | "unset" | "finalize" | "event" | "dma";

/** The realize came to its end: set, unwound, or at least attached and described. */
const plugIsWhole = (events: readonly LogEvent[]): boolean => {
  const has = (name: LogEvent["name"]): boolean => events.some((e) => e.name === name);
  if (has("smmuv3_accel_set_iommu_device") || has("iommufd_backend_disconnect")) return true;
  return has("iommufd_cdev_device_info") && !has("iommufd_backend_alloc_viommu");
};

export class Grouper {
  private readonly out: GroupSink;
  /** Effects that wait for their write or unset. */
  private pending: LogEvent[] = [];
  private pendingDone = false;
  private kind: Open | null = null;
  private open: LogEvent[] = [];
  /** Events of a configuration fetch, which tell where the STE and the CD are. */
  private miss: LogEvent[] = [];
  /** Table walks still belong to it. */
  private missOpen = false;
  /** Between a command's opcode and the end of its queue's work. */
  private inCommand = false;
  private commandsSeen = false;
  private accelerated = false;
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
    const name = spec.means;
    const role = ROLES[name] ?? "effect";
    if (role === "dma-skip") return true;
    if (role === "dma" && !this.missOpen && name !== "smmuv3_config_cache_miss") return true;
    const f = readEvent(spec as EventSpec, s, at, end);
    if (f === null) return false;
    if (role === "region") {
      this.region({ name, f, line });
      return true;
    }
    if (role === "effect" || role === "write") this.note(name);
    this.take({ name, f, line }, role);
    return true;
  };

  /** What the log has shown of the run so far. */
  private note(name: LogEvent["name"]): void {
    if (name.startsWith("smmuv3_cmdq")) {
      this.commandsSeen = true;
      this.inCommand = name !== "smmuv3_cmdq_consume_out";
      this.missOpen = false;
    } else if (name === "smmuv3_write_mmio") this.inCommand = false;
    else if (name.startsWith("smmuv3_accel")) this.accelerated = true;
  }

  /** Regions are numbered through the life of a process. */
  private region(e: LogEvent): void {
    if (!String(e.f.n).endsWith("-0")) return;
    this.end();
    this.exitsOfReset = 0;
    this.emit("start", [e]);
  }

  end(): void {
    this.fetched();
    if (this.kind === "plug" && !plugIsWhole(this.open)) {
      this.kind = null;
      this.emit("cut", this.open);
      this.open = [];
    }
    this.close();
    const begun = this.pending.length > 0 && !this.pending.some((e) => e.name === "smmuv3_cmdq_consume_out");
    if (begun && this.writesSeen && !this.onlyMoves()) this.emit("cut", this.takePending());
    this.orphan();
    this.inCommand = false;
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
    const kind = this.onlyMoves() ? "moves" : "orphan";
    this.emit(kind, this.takePending());
  }

  /** An unset moves one device: those that moved before its last attach did so for another reason. */
  private splitMoves(): void {
    const found = this.pending.findIndex((x) => !isAttach(x));
    const moves = found < 0 ? this.pending.length : found;
    if (moves < 2) return;
    const own = this.pending.splice(moves - 1);
    this.orphan();
    this.pending = own;
  }

  /** Devices moved, and nothing that could have moved them was logged. */
  private onlyMoves(): boolean {
    return this.pending.length > 0 && this.pending.every(isAttach);
  }

  private takePending(): LogEvent[] {
    const events = this.pending;
    this.pending = [];
    this.pendingDone = false;
    return events;
  }

  private effect(e: LogEvent): void {
    if (this.pendingDone ? e.name === "smmuv3_cmdq_consume" || !this.writesSeen : this.startsAnew(e))
      this.orphan();
    this.pending.push(e);
    if (this.endsByItself(e)) this.pendingDone = true;
  }

  /** What was pending cannot have the same cause as this line. */
  private startsAnew(e: LogEvent): boolean {
    if (isAttach(e)) return this.onlyMoves() && this.pending.some((x) => x.f.name === e.f.name);
    if (e.name === "smmuv3_accel_install_ste" || e.name === "iommufd_backend_free_id") return false;
    if (this.onlyMoves()) return true;
    // Without register writes and commands in the log, an install begins with its vDEVICE, its walk or its HWPT.
    if (this.writesSeen || this.commandsSeen) return false;
    const inside = (name: LogEvent["name"]): boolean => this.pending.some((x) => x.name === name);
    switch (e.name) {
      case "iommufd_backend_alloc_vdev":
        return true;
      case "smmuv3_find_ste":
      case "iommufd_backend_alloc_hwpt":
        return inside(e.name);
      default:
        return false;
    }
  }

  /** Without register writes in the log, a burst of commands or one install is all that can be told apart. */
  private endsByItself(e: LogEvent): boolean {
    if (e.name === "smmuv3_cmdq_consume_out") return true;
    if (this.writesSeen || this.pending[0]?.name.startsWith("smmuv3_cmdq") === true) return false;
    switch (e.name) {
      case "smmuv3_accel_install_ste":
      case "iommufd_viommu_alloc_eventq":
      case "iommufd_backend_invalidate_cache":
        return true;
      case "iommufd_backend_alloc_hwpt":
        return e.f.ret !== 0;
      default:
        return false;
    }
  }

  private take(e: LogEvent, role: Role): void {
    if (role === "dma" || role === "dma-end" || this.isFetch(e)) this.dma(e, role);
    else if (this.kind !== "plug") this.outsidePlug(e, role);
    else if (IN_PLUG.has(role)) this.open.push(e);
    else this.inPlug(e, role);
  }

  /** A walk through the stream table that no command asked for: a transaction needs its configuration. */
  private isFetch(e: LogEvent): boolean {
    if (!isLookup(e.name)) return false;
    if (this.missOpen && (e.name !== "smmuv3_find_ste" || this.miss[0]?.f.sid === e.f.sid)) return true;
    if (e.name !== "smmuv3_find_ste" || this.inCommand) return false;
    return this.commandsSeen || !this.accelerated;
  }

  /** The transaction whose configuration was fetched has no line of its own. */
  private fetched(): void {
    const events = this.miss;
    this.miss = [];
    this.missOpen = false;
    if (events.some((e) => e.name === "smmuv3_get_ste")) this.emit("dma", events);
  }

  private dma(e: LogEvent, role: Role): void {
    const begins = e.name === "smmuv3_config_cache_miss" || (e.name === "smmuv3_find_ste" && !this.missOpen);
    if (begins) {
      this.fetched();
      this.miss = [e];
      this.missOpen = true;
    } else if (role === "dma-end") {
      // What may still get lines stays open; transactions of other threads fall in between.
      if (this.kind === "event" || this.kind === "dma" || this.kind === "device-reset") this.close();
      else if (this.kind === "reset" && this.hasExit()) this.close();
      if (this.miss.length > 0 && this.miss[0]?.f.sid !== e.f.sid) this.fetched();
      const events = this.miss;
      this.miss = [];
      this.missOpen = false;
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
        // Devices move at a write of GBPA; what moved before another write is something else's doing.
        if (e.f.addr !== A_GBPA && this.onlyMoves()) this.orphan();
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
        this.splitMoves();
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
    if (this.kind === "reset") {
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
