import { expect, test } from "vitest";
import { actionText } from "./action-text.ts";
import { parse } from "./parse.ts";
import { VERBS } from "./verbs.ts";

/** Lines beside the verbs' examples, for the arguments that those leave out. */
const MORE = [
  "plug d0 v0 bdf=02:03.1 iommufd=f2 hot",
  "gbpa v1 bypass update=off",
  "cr0 v0 0xd",
  "cr0 v0 +smmuen -eventqen",
  "write v0 STRTAB_BASE 0x4000000048000000",
  "write v0 STRTAB_BASE 0x48000000 size=4 wait=off",
  "write v0 0x12c 0x1 size=8",
  "read v0 EVENTQ_PROD",
  "ste v0 0x100 q0=0xb q2=0x0",
  "cd v0 0x100 ssid=3 v=0 asid=7 ttb0=0x50000000 q3=0xff",
  "map v0 0x100 iova=0x1000 gpa=0x2000 size=0x2000 ssid=1 ttb=0x9000 perm=r af=off auto=on",
  "map v0 0x100 iova=0x1000 gpa=0x2000 perm=none",
  "unmap v0 0x100 iova=0x1000 ttb=0x9000",
  "store 0x1000 0x1,0x2 count=4 stride=64",
  "cfgi v0 all sync=off cmdqen=asis",
  "cfgi v0 0x100 range=3 leaf=on",
  "cmd v0 tlbi-nh-va asid=1 va=0x1000 leaf=1",
  "cmd v0 atc-inv sid=0x100",
  "cmd v0 sync cs=2",
  "cmd v0 raw q0=0xff q1=0x1 sync=off",
  "guest v0 pasid d0 ssid=5",
  "guest v0 map d0 iova=0x1000 gpa=0x2000",
  "dma d0 iova=0x1000 ssid=5 ats=request write priv inst",
  "hwpt-alloc dev=id:2 pt=id:1 flags=0x8001 vste=translate,ats data-type=3 reserved=1 as n1",
  "hwpt-alloc dev=id:2 pt=id:4 vste=0xb,0x10000000",
  "invalidate viommu=id:4 cmds=tlbi-nh-asid:1,cfgi-cd:0x10:5,0xffff:0x1 entry-len=32 entry-num=9",
  "event p0 0xe1 sid=0x108 ssid=1 class=1 addr=0x1000 ipa=0x2000 s2 stall write",
  "inject attach nth=2 dev=d1 errno=EBUSY",
];

test("an action's line means the action", () => {
  for (const lines of [
    ...VERBS.filter((v) => v.layer !== "header" && v.layer !== "expect").map((v) => [
      ...(v.before ?? []),
      v.example,
    ]),
    ...MORE.map((l) => [l]),
  ]) {
    const first = parse(lines.join("\n"));
    if (!first.ok) throw new Error(`${lines.join("; ")}: ${JSON.stringify(first.problems)}`);
    const { setup, items } = first.value;
    const actions = items.flatMap((i) => (i.kind === "command" ? [i.action] : []));
    const again = parse(actions.map((a) => actionText(setup, a)).join("\n"));
    if (!again.ok)
      throw new Error(
        `${actions.map((a) => actionText(setup, a)).join("; ")}: ${JSON.stringify(again.problems)}`,
      );
    expect(again.value.items.flatMap((i) => (i.kind === "command" ? [i.action] : []))).toEqual(actions);
  }
});
