/** Register reads: what the guest got against what the model's registers hold. */
import { smmuRead } from "../../engine/qemu/smmuv3-regs.ts";
import type { World } from "../../engine/world.ts";
import type { Group } from "../meaning/grouper.ts";
import { big, type LogEvent, num } from "../meaning/log-event.ts";
import { registerName } from "../meaning/queue-lines.ts";
import type { EmulatedEvents } from "./dma.ts";
import type { Tallies } from "./result.ts";

const A_EVENTQ_PROD = 0xa8;

export function checkRead(
  g: Group,
  world: World,
  vsmmu: number,
  run: number,
  step: number,
  tallies: Tallies,
  emulated: EmulatedEvents,
): void {
  const e = g.events[0] as LogEvent;
  const offset = num(e.f, "addr");
  const size = num(e.f, "size") === 8 ? 8 : 4;
  const regs = world.qemu.smmus[Math.max(0, vsmmu)]?.regs;
  if (regs === undefined) {
    tallies.outside("register read");
    return;
  }
  const value = big(e.f, "val");
  // Faults of emulated functions go to the queue too; the model has no such functions.
  const own =
    offset === A_EVENTQ_PROD ? emulated.prod(Math.max(0, vsmmu), regs.eventqProd, regs.eventqLog2size) : null;
  const got = own ?? smmuRead(regs, offset, size);
  if (got === value) {
    tallies.agree("register read");
    return;
  }
  const { name } = registerName(offset);
  tallies.disagree({
    run,
    kind: "register read",
    line: e.line,
    step,
    expected: `${name} = 0x${value.toString(16)}`,
    got: `0x${got.toString(16)}`,
    rule: null,
  });
}
