/**
 * Plugs, unplugs and which vSMMU a device is behind. The lines use five keys for one device (VFIO name, devid, devfn,
 * StreamID, file descriptor); bind, set and vDEVICE lines join them, some of them long after the plug.
 */
import { type LogEvent, num, str } from "./log-event.ts";
import { type Viommu, Viommus } from "./viommus.ts";

/** One life of a device in the VM. */
export interface Plug {
  /** Index of the device in the script. */
  readonly dev: number;
  readonly name: string;
  readonly devid: number;
  readonly iommufd: number;
  readonly line: number;
  hot: boolean;
  /** Its vIOMMU, once a line tells. */
  owner: Viommu | null;
  /** What is assumed where no line told; -1 before the end of the log. */
  assumedVsmmu: number;
  /** Guest address, once a vDEVICE names it. */
  bdf: number | null;
  /** Where it answers now; the guest may renumber its buses. */
  at: number | null;
  /** Device and function, as the set line names them; null if there is none. */
  readonly devfn: number | null;
  /** Made the vIOMMU of its vSMMU. */
  readonly viommu: number | null;
  /** QEMU's iommufd object, when there is more than one. */
  readonly backend: string | null;
  set: boolean;
  unset: boolean;
}

export interface HostDevice {
  readonly name: string;
  readonly hostName: string;
  readonly sid: number;
  psmmu: number;
  group: string | null;
  /** Guest address of its first plug, for the header. */
  bdf: number | null;
}

/** `0000:01:00.0` -> 0x100; null for a name of another form. */
export function ridOfName(name: string): number | null {
  const m = /([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/i.exec(name);
  if (m === null) return null;
  return (
    (Number.parseInt(m[1] as string, 16) << 8) | (Number.parseInt(m[2] as string, 16) << 3) | Number(m[3])
  );
}

/** Index of the vSMMU that the device is behind; -1 until a line tells. */
export const vsmmuOf = (p: Plug): number => p.owner?.vsmmu ?? p.assumedVsmmu;

export class MachineTrack {
  readonly devices: HostDevice[] = [];
  readonly plugs: Plug[] = [];
  /** Live plugs by device index. */
  private readonly live = new Map<number, Plug>();
  readonly viommus = new Viommus();
  private readonly backends = new Map<number, { name: string; users: number }>();
  private backendCount = 0;
  private readonly s2s = new Set<string>();
  /** Abort and bypass HWPTs by `iommufd/id`: their allocation order tells which is which. */
  private readonly roles = new Map<string, "abort" | "bypass">();
  /** StreamID ranges that commands named: a device that no vDEVICE line places is not there. */
  private readonly named: (readonly [first: number, last: number])[] = [];
  /** StreamIDs that only commands without an effect on attachments named. */
  private readonly hinted: number[] = [];
  started = false;
  /** VFIO's attach and detach lines are in the log. */
  private attachesSeen = false;
  private freesSeen = false;

  deviceOf(name: string): number {
    const known = this.devices.findIndex((d) => d.hostName === name);
    if (known >= 0) return known;
    const index = this.devices.length;
    let sid = ridOfName(name) ?? 0x8000 + index * 8;
    while (this.devices.some((d) => d.sid === sid)) sid += 8;
    this.devices.push({ name: `d${index}`, hostName: name, sid, psmmu: 0, group: null, bdf: null });
    return index;
  }

  /** What an attach line's HWPT stands for, if it is one of a vSMMU's two. */
  roleOf(attach: LogEvent): "abort" | "bypass" | null {
    return this.roles.get(`${num(attach.f, "iommufd")}/${num(attach.f, "id")}`) ?? null;
  }

  plugOf(dev: number): Plug | null {
    return this.live.get(dev) ?? null;
  }

  plugByDevid(devid: number, iommufd: number | null): Plug | null {
    for (const p of this.live.values())
      if (p.devid === devid && (iommufd === null || p.iommufd === iommufd)) return p;
    return null;
  }

  plugByBdf(sid: number): Plug | null {
    for (const p of this.live.values()) if (p.at === sid) return p;
    return null;
  }

  livePlugs(): readonly Plug[] {
    return [...this.live.values()];
  }

  /** Would this plug be the first user of a backend that has users? */
  startsAgain(events: readonly LogEvent[]): boolean {
    const connect = events.find((e) => e.name === "iommufd_backend_connect");
    return (
      connect !== undefined &&
      num(connect.f, "users") === 1 &&
      (this.backends.get(num(connect.f, "fd"))?.users ?? 0) > 0
    );
  }

  mayStartAgain(events: readonly LogEvent[]): boolean {
    const connect = events.find((e) => e.name === "iommufd_backend_connect");
    return this.started && this.live.size === 0 && connect !== undefined && num(connect.f, "users") === 1;
  }

  /** A realize, successful or not. */
  plug(events: readonly LogEvent[]): Plug | null {
    const bind = events.find((e) => e.name === "iommufd_cdev_connect_and_bind");
    const mdev = events.find((e) => e.name === "vfio_mdev");
    const set = events.find((e) => e.name === "smmuv3_accel_set_iommu_device");
    const alloc = events.find((e) => e.f.dev_id !== undefined);
    const attaches = events.filter((e) => e.name.endsWith("attach_ioas_hwpt") && e.f.id !== undefined);
    if (attaches.length > 0) this.attachesSeen = true;
    const devid =
      bind !== undefined
        ? num(bind.f, "devid")
        : set?.f.devid !== undefined
          ? num(set.f, "devid")
          : num(alloc?.f ?? {}, "dev_id");
    let name = str((bind ?? mdev ?? attaches[0])?.f ?? {}, "name");
    if (name === "") {
      // The log leaves VFIO's events out.
      if (set === undefined && alloc === undefined) return null;
      name = `device-${devid}`;
    }
    const own = events.find((e) => e.f.iommufd !== undefined);
    const iommufd = own === undefined ? -1 : num(own.f, "iommufd");
    const connect = events.find((e) => e.name === "iommufd_backend_connect");
    const disconnect = events.some((e) => e.name === "iommufd_backend_disconnect");
    const viommu = events.find((e) => e.name === "iommufd_backend_alloc_viommu" && num(e.f, "ret") === 0);
    const plug: Plug = {
      dev: this.deviceOf(name),
      name,
      devid,
      iommufd,
      line: (events[0] as LogEvent).line,
      hot: this.started,
      owner: null,
      assumedVsmmu: -1,
      bdf: null,
      at: null,
      devfn: set === undefined ? null : num(set.f, "devfn"),
      viommu: viommu === undefined ? null : num(viommu.f, "viommu_id"),
      backend:
        own === undefined ? null : this.connect(connect === undefined ? iommufd : num(connect.f, "fd")),
      set: set !== undefined || !disconnect,
      unset: false,
    };
    this.begin(plug);
    this.learnRoles(events, attaches);
    if (set?.f.sid !== undefined) this.placed(plug, num(set.f, "sid"));
    this.placeOnHost(plug, events);
    if (disconnect) this.gone(plug, events);
    return plug;
  }

  private begin(plug: Plug): void {
    const [only, ...others] = this.viommus.inUse();
    if (plug.viommu !== null && plug.set) plug.owner = this.viommus.make(plug.iommufd, plug.viommu);
    else if (plug.set && only !== undefined && others.length === 0) plug.owner = only;
    this.plugs.push(plug);
    this.live.set(plug.dev, plug);
  }

  /** The abort HWPT is made first; where allocations are not logged, the first attach behind S2's is to bypass. */
  private learnRoles(events: readonly LogEvent[], attaches: readonly LogEvent[]): void {
    const nested = events.filter(
      (e) => e.name === "iommufd_backend_alloc_hwpt" && num(e.f, "hwpt_type") === 2,
    );
    for (const [i, e] of nested.entries())
      this.roles.set(`${num(e.f, "iommufd")}/${num(e.f, "out_hwpt")}`, i === 0 ? "abort" : "bypass");
    const moved = attaches[1];
    if (moved === undefined || this.roles.size > 0) return;
    const [file, id] = [num(moved.f, "iommufd"), num(moved.f, "id")];
    this.roles.set(`${file}/${id}`, "bypass");
    this.roles.set(`${file}/${id - 1}`, "abort");
  }

  /** VFIO's detach will be seen: an unset is the first half of an unplug. */
  get tellsDetach(): boolean {
    return this.attachesSeen;
  }

  /** Name of the backend behind a descriptor, null for the first. */
  private connect(fd: number): string | null {
    let b = this.backends.get(fd);
    if (b === undefined || b.users === 0) {
      const reopened = [...this.backends.values()].find((x) => x.users === 0);
      b ??= reopened ?? { name: `iommufd${this.backendCount++}`, users: 0 };
      this.backends.set(fd, b);
    }
    b.users++;
    return b.name === "iommufd0" ? null : b.name;
  }

  /** Another S2 in an IOAS that has one: a device of another physical SMMU, or of a group that is elsewhere. */
  private placeOnHost(p: Plug, events: readonly LogEvent[]): void {
    const device = this.devices[p.dev] as HostDevice;
    for (const e of events) {
      if (e.name === "iommufd_cdev_fail_attach_existing_container") {
        const other = this.livePlugs().find((x) => x.dev !== p.dev && x.iommufd === p.iommufd);
        const peer = other === undefined ? undefined : this.devices[other.dev];
        if (peer !== undefined) {
          peer.group ??= `g-${peer.name}`;
          device.group = peer.group;
          device.psmmu = peer.psmmu;
        }
        return;
      }
    }
    for (const e of events) {
      if (e.name !== "iommufd_backend_alloc_hwpt" || num(e.f, "hwpt_type") !== 0 || num(e.f, "ret") !== 0)
        continue;
      const ioas = `${num(e.f, "iommufd")}/${num(e.f, "pt_id")}`;
      if (this.s2s.has(ioas) && device.psmmu === 0 && this.plugs.filter((x) => x.dev === p.dev).length === 1)
        device.psmmu = 1 + Math.max(...this.devices.map((d) => d.psmmu));
      this.s2s.add(ioas);
    }
  }

  /** A command named these StreamIDs (all of them: nothing is learnt). */
  commanded(first: number, last: number): void {
    if (last > 0xffff || this.named.some(([a, b]) => a === first && b === last)) return;
    this.named.push([first, last]);
  }

  /** A CFGI_CD names a function that exists, with or without a vDEVICE. */
  mentioned(sid: number): void {
    if (!this.hinted.includes(sid)) this.hinted.push(sid);
  }

  /** A line tells the device's guest address. */
  private placed(p: Plug, bdf: number): void {
    p.bdf ??= bdf;
    p.at = bdf;
    const device = this.devices[p.dev];
    if (device !== undefined) device.bdf ??= p.bdf;
  }

  /** A vDEVICE line: the device's guest address, and the vSMMU of its vIOMMU. */
  vdevice(e: LogEvent): void {
    const p = this.plugByDevid(num(e.f, "dev_id"), num(e.f, "iommufd"));
    if (p === null) return;
    this.placed(p, num(e.f, "virt_id") & 0xffff);
    p.owner ??= this.viommus.of(e);
  }

  /** The vIOMMU that a line is about: named in it, or the attached device's. */
  ownerIn(e: LogEvent): Viommu | null {
    if (e.name.endsWith("attach_ioas_hwpt"))
      return this.plugOf(this.deviceOf(str(e.f, "name")))?.owner ?? null;
    return this.viommus.of(e);
  }

  /** A device that no line has placed moved with those of a vSMMU. */
  moved(e: LogEvent, index: number): void {
    const p = this.plugOf(this.deviceOf(str(e.f, "name")));
    const owner = this.viommus.inUse().find((v) => v.vsmmu === index);
    if (p !== null && owner !== undefined) p.owner ??= owner;
  }

  /** The plug that the lines of an install are about: by its attach, or by the device its HWPT was made for. */
  plugIn(events: readonly LogEvent[]): Plug | null {
    for (const e of events) {
      if (e.name.endsWith("attach_ioas_hwpt")) return this.plugOf(this.deviceOf(str(e.f, "name")));
      // The next device's: a vDEVICE is made before the walk.
      if (e.name === "iommufd_backend_alloc_vdev") return null;
      if (e.name === "iommufd_backend_alloc_hwpt")
        return this.plugByDevid(num(e.f, "dev_id"), num(e.f, "iommufd"));
    }
    return null;
  }

  /**
   * The table was walked for a StreamID, which QEMU does for assigned devices alone. `joined`: the device its lines
   * name, or null. Returns the device's former StreamID if the guest has renumbered it, "guess" if none was named.
   */
  walked(sid: number, joined: Plug | null): { readonly plug: Plug; readonly was: number | "guess" } | null {
    const there = this.plugByBdf(sid);
    if (joined === null) {
      if (there !== null) return null;
      const likely = this.livePlugs().filter(
        (p) => p.set && p.at === null && (p.devfn === null || p.devfn === (sid & 0xff)),
      );
      // QEMU goes through its devices from the one set last.
      const plug = likely.at(-1);
      if (plug === undefined) return null;
      this.placed(plug, sid);
      return { plug, was: "guess" };
    }
    const was = joined.at;
    if (was === sid) return null;
    this.placed(joined, sid);
    return was === null ? null : { plug: joined, was };
  }

  unset(events: readonly LogEvent[]): Plug | null {
    if (events.some((e) => e.name === "iommufd_backend_free_id")) this.freesSeen = true;
    const line = events.find((e) => e.name === "smmuv3_accel_unset_iommu_device");
    const attach = events.find((e) => e.name.endsWith("attach_ioas_hwpt"));
    const byName = attach === undefined ? null : this.plugOf(this.deviceOf(str(attach.f, "name")));
    const devid = num(line?.f ?? {}, "devid");
    // v4 prints the StreamID, v5 prints it as if it were the device id.
    const sid = line?.f.sid === undefined ? devid : num(line.f, "sid");
    const p = byName ?? this.plugByDevid(devid, null) ?? this.plugByBdf(sid);
    if (p === null) return null;
    if (sid !== p.devid || line?.f.sid !== undefined) this.placed(p, sid);
    p.unset = true;
    // Where VFIO's own lines are left out, nothing tells when the device is gone.
    if (!this.attachesSeen) this.gone(p, []);
    for (const e of events) if (e.name === "iommufd_backend_free_id") p.owner ??= this.viommus.of(e);
    const { owner } = p;
    if (owner === null) return p;
    const others = this.livePlugs().filter((x) => x !== p && x.set && !x.unset);
    if (others.some((x) => x.owner === owner)) return p;
    const frees = events.filter((e) => e.name === "iommufd_backend_free_id");
    const freed = frees.some((e) => this.viommus.of(e) === owner);
    // A vIOMMU that stays has another device: one that no line has placed.
    const there = freed || !this.freesSeen ? undefined : others.find((x) => x.owner === null);
    if (there !== undefined) there.owner = owner;
    else this.viommus.drop(owner);
    return p;
  }

  finalize(events: readonly LogEvent[]): Plug | null {
    const detach = events.find((e) => e.name.endsWith("detach_ioas_hwpt"));
    const p =
      detach === undefined
        ? (this.livePlugs().find((x) => x.unset) ?? null)
        : this.plugOf(this.deviceOf(str(detach.f, "name")));
    if (p !== null) this.gone(p, events);
    return p;
  }

  private gone(p: Plug, events: readonly LogEvent[]): void {
    this.live.delete(p.dev);
    const disconnect = events.find((e) => e.name === "iommufd_backend_disconnect");
    const left = disconnect === undefined ? null : num(disconnect.f, "users");
    const b = this.backends.get(p.iommufd);
    if (b !== undefined) b.users = left ?? Math.max(0, b.users - 1);
    for (const e of events)
      if (e.name === "iommufd_backend_free_id" && num(e.f, "ret") === 0)
        this.s2s.delete(`${num(e.f, "iommufd")}/${num(e.f, "id")}`);
    if (b?.users === 0) for (const k of [...this.s2s]) if (k.startsWith(`${p.iommufd}/`)) this.s2s.delete(k);
  }

  /** At the end: what no line told is filled in. */
  settle(vsmmuOfSid: (sid: number) => number | null): void {
    const taken = new Set(this.plugs.map((p) => p.bdf).filter((b) => b !== null));
    const chosen = new Map<number, number>();
    for (const p of this.plugs) {
      if (p.bdf !== null) {
        this.assume(p, p.bdf, vsmmuOfSid);
        continue;
      }
      const before = this.devices[p.dev]?.bdf ?? chosen.get(p.dev);
      const free = (x: number): boolean => !taken.has(x) && !this.named.some(([a, b]) => x >= a && x <= b);
      const devfn = p.devfn ?? 0;
      const fits = (x: number): boolean => free(x) && (p.devfn === null || (x & 0xff) === devfn);
      let bdf = before ?? this.hinted.find(fits) ?? 0x100 + devfn;
      if (before === undefined || before === null) while (!free(bdf) && bdf < 0xff00) bdf += 0x100;
      chosen.set(p.dev, bdf);
      taken.add(bdf);
      p.bdf = bdf;
      this.assume(p, bdf, vsmmuOfSid);
    }
  }

  /** Where no line told: the vSMMU that the device had before or later, or that knows its bus. */
  private assume(p: Plug, bdf: number, vsmmuOfSid: (sid: number) => number | null): void {
    const same = this.plugs.find((x) => x.dev === p.dev && x.owner !== null);
    p.assumedVsmmu = same?.owner?.vsmmu ?? vsmmuOfSid(bdf) ?? Math.max(0, this.viommus.count - 1);
  }
}
