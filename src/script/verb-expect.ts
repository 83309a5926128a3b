/** The expectation verb's description; its own grammar is in parse-expect.ts. */
import type { VerbSpec } from "./verb.ts";

export const EXPECT_VERB: VerbSpec = {
  name: "expect",
  layer: "expect",
  summary: "Judge the command before it, or the state",
  details: [
    '`expect ok`, `expect fail`, `expect rejected`; `expect errno=EBUSY` (`errno=none`); `expect error ~ "text"`: a message contains the text, or it is the errno.',
    "`expect d0 attached= hwpt= pste= vmid= vdevice= vmaster= ats= dma= legal= diverges=`: `attached` is none, blocked, identity, s2, abort, bypass, translate or s1; " +
      "`hwpt`, `vdevice`: yes, no, an id or an object's name; `vmid`, `vmaster`: yes, no or a number; `dma` is what the hardware does (pass-s2, pass-bypass, pass-s1, abort), `legal` the set the " +
      "architecture allows, as a comma list; `diverges`: yes, no, a name like D1, or ? for one that has none. Right after a `dma` of the device, `dma`, `legal` and `diverges` are about that " +
      "transaction (with `ats=` also ats-served, ats-ur and so on), else about a plain read.",
    "`expect v0 cmdq=none|ill|abt diverges= viommu= abort= bypass= veventq=` and any register in small letters: `gbpa=0x100000 cr0ack=0x1 eventq_prod=2`.",
    "`expect p0 vmids=1,2`; `expect users d0.s2=3`; `expect id n1=5` (or another object's name); `expect count viommu=1 hwpt-nested=2`: types ioas, device, hwpt, " +
      "hwpt-paging, hwpt-nested, viommu, vdevice, veventq, fault, and objects, tombstones.",
    "`expect calls a b c`: the last command made these host calls in this order, others may stand between. `expect calls only a b c`: exactly these; opening and " +
      "closing files, KVM, ranges, maps, unmaps and the info calls are passed over unless one of their kind is named. `expect calls none`: no call at all. A call " +
      "may say which device and what came back: `attach@d1`, `attach:ENOENT`, `attach@d1:ok`.",
    "`expect events v0 c-bad-ste:0x100`: exactly these records reached the guest's EVENTQ by the last command; `expect events v0 none`.",
    "`expect result KEY=VALUE`: a part of the command's result, with dots into lists and objects: `result done=1`, `result records.0.seq=0`.",
  ].join("\n\n"),
  args: [],
  example: "expect d0 attached=none",
};
