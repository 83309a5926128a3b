/** Fault injection. */

import type { Errno } from "../engine/errno.ts";
import type { CallName } from "../engine/tracer.ts";
import { device, int } from "./arg-types.ts";
import { errnoName, hostCall } from "./host-types.ts";
import { type CommandSpec, defined, key, required, word } from "./verb.ts";

export const FAULT_VERBS: readonly CommandSpec[] = [
  {
    name: "inject",
    layer: "fault",
    summary: "Make a host call fail: the N-th matching one from now on, once",
    details:
      "The call is not executed; it returns the errno. With `dev=` only calls about that device count. Faults are host calls' only.",
    args: [
      word("call", hostCall, "the host call"),
      key("nth", int(1, 1_000_000), "1", "which matching call, counted from the next one"),
      key("dev", device, null, "only calls about this device"),
      required("errno", errnoName, "what it returns"),
    ],
    example: "inject attach nth=2 errno=ENOMEM",
    lower: (a) => ({
      kind: "inject",
      call: a.get<CallName>("call"),
      nth: a.or("nth", 1),
      ...defined({ dev: a.opt<number>("dev") }),
      errno: a.get<Errno>("errno"),
    }),
  },
];
