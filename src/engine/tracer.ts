/**
 * Who called whom, with what, and what came back. The trace is the explanation: the call diagram, the ioctl
 * list, the JSON output and the lessons are all views of it. Exploration runs with `NO_TRACE`.
 */
import type { Errno } from "./errno.ts";

/** Lanes of the call diagram. */
export type Layer =
  | "guest"
  | "qemu-vfio"
  | "qemu-smmuv3"
  | "qemu-accel"
  | "iommufd"
  | "arm-smmu-v3"
  | "hardware";

export type TraceValue = number | string | bigint | boolean | null | readonly (number | string | bigint)[];
export type TraceArgs = Readonly<Record<string, TraceValue>>;

/** Names of host calls, as scripts write them (`inject`, `expect calls`, JSON `call`). */
export type CallName =
  | "open-iommufd"
  | "close-iommufd"
  | "open-cdev"
  | "bind"
  | "unbind"
  | "ioas-alloc"
  | "iova-ranges"
  | "map"
  | "unmap"
  | "hwpt-alloc"
  | "viommu-alloc"
  | "vdevice-alloc"
  | "veventq-alloc"
  | "read-events"
  | "close"
  | "attach"
  | "detach"
  | "destroy"
  | "invalidate"
  | "hw-info"
  | "get-info"
  | "device-reset"
  | "kvm-add"
  | "kvm-del";

/** A function of one layer was entered; its children follow until the matching `ret`. */
export type TraceNode =
  | {
      readonly kind: "call";
      readonly layer: Layer;
      /** C function or register access, e.g. `smmuv3_accel_set_iommu_device`. */
      readonly fn: string;
      readonly args: TraceArgs;
      ret: TraceValue;
      /** The errno that came back, null on success. */
      errno: Errno | null;
      readonly children: TraceNode[];
    }
  | {
      /** A call from user space into the host kernel (an ioctl, open, close or read). */
      readonly kind: "host";
      readonly call: CallName;
      readonly by: "qemu" | "raw";
      readonly file: number;
      readonly args: TraceArgs;
      errno: Errno | null;
      /** True if a fault injection made the result. */
      injected: boolean;
      /** Ids and values the call gave back. */
      out: TraceArgs;
      readonly children: TraceNode[];
    }
  | { readonly kind: "rule"; readonly id: string; readonly detail: string }
  | {
      readonly kind: "hw";
      readonly what: "ste" | "cmd" | "ats" | "tlb" | "event";
      readonly text: string;
      readonly args: TraceArgs;
    }
  /** A QEMU trace event with its arguments, for printing the session as a QEMU log. */
  | { readonly kind: "event"; readonly name: string; readonly args: TraceArgs }
  /** Something QEMU or the host kernel prints: stderr or host log. */
  | { readonly kind: "message"; readonly by: "qemu" | "host"; readonly text: string };

export type CallNode = Extract<TraceNode, { kind: "call" }>;
export type HostNode = Extract<TraceNode, { kind: "host" }>;

export interface Tracer {
  /** False for NO_TRACE: callers skip building arguments (`if (t.on) …`). */
  readonly on: boolean;
  /** Enters a function. `ret` must follow on every path. */
  call(layer: Layer, fn: string, args: TraceArgs): void;
  ret(value: TraceValue, errno?: Errno | null): void;
  host(call: CallName, by: "qemu" | "raw", file: number, args: TraceArgs): void;
  hostRet(errno: Errno | null, out: TraceArgs, injected: boolean): void;
  rule(id: string, detail?: string): void;
  hw(what: "ste" | "cmd" | "ats" | "tlb" | "event", text: string, args: TraceArgs): void;
  event(name: string, args: TraceArgs): void;
  message(by: "qemu" | "host", text: string): void;
}

const nothing = (): void => {};

/** The tracer of exploration: every method is a no-op. */
export const NO_TRACE: Tracer = Object.freeze({
  on: false,
  call: nothing,
  ret: nothing,
  host: nothing,
  hostRet: nothing,
  rule: nothing,
  hw: nothing,
  event: nothing,
  message: nothing,
});

/** Builds a tree. One instance a step. */
export class TreeTracer implements Tracer {
  readonly on = true;
  readonly root: TraceNode[] = [];
  private readonly stack: (CallNode | HostNode)[] = [];

  private add(node: TraceNode): void {
    const top = this.stack[this.stack.length - 1];
    (top === undefined ? this.root : top.children).push(node);
  }

  call(layer: Layer, fn: string, args: TraceArgs): void {
    const node: CallNode = { kind: "call", layer, fn, args, ret: null, errno: null, children: [] };
    this.add(node);
    this.stack.push(node);
  }

  ret(value: TraceValue, errno: Errno | null = null): void {
    const top = this.stack.pop();
    if (top === undefined || top.kind !== "call") throw new Error("tracer: ret without call");
    top.ret = value;
    top.errno = errno;
  }

  host(call: CallName, by: "qemu" | "raw", file: number, args: TraceArgs): void {
    const node: HostNode = {
      kind: "host",
      call,
      by,
      file,
      args,
      errno: null,
      injected: false,
      out: {},
      children: [],
    };
    this.add(node);
    this.stack.push(node);
  }

  hostRet(errno: Errno | null, out: TraceArgs, injected: boolean): void {
    const top = this.stack.pop();
    if (top === undefined || top.kind !== "host") throw new Error("tracer: hostRet without host");
    top.errno = errno;
    top.out = out;
    top.injected = injected;
  }

  rule(id: string, detail = ""): void {
    this.add({ kind: "rule", id, detail });
  }

  hw(what: "ste" | "cmd" | "ats" | "tlb" | "event", text: string, args: TraceArgs): void {
    this.add({ kind: "hw", what, text, args });
  }

  event(name: string, args: TraceArgs): void {
    this.add({ kind: "event", name, args });
  }

  message(by: "qemu" | "host", text: string): void {
    this.add({ kind: "message", by, text });
  }

  /** Open frames, for the check that every call has returned. */
  get depth(): number {
    return this.stack.length;
  }
}
