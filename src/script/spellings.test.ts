import { expect, test } from "vitest";
import { ERRNO_NUMBER, ERRNOS, STRERROR } from "../engine/errno.ts";
import { parse } from "./parse.ts";
import { printScript } from "./print.ts";
import { run } from "./runner.ts";

function script(text: string) {
  const p = parse(text);
  if (!p.ok) throw new Error(`${text}\n${JSON.stringify(p.problems)}`);
  return p.value;
}

const canonical = (text: string): string => printScript(script(text)).trimEnd().split("\n").at(-1) ?? "";

/** Whether each `expect` line held, and the errnos of the commands. */
function play(text: string): { held: boolean[]; errnos: (string | null)[] } {
  const held: boolean[] = [];
  const errnos: (string | null)[] = [];
  for (const e of run(script(text)))
    if (e.kind === "expect") held.push(e.held);
    else errnos.push(e.outcome.errno);
  return { held, errnos };
}

const NESTED = [
  "ioas-alloc as io",
  "bind d0 as dev",
  "hwpt-alloc dev=dev pt=io flags=nest-parent as s2",
  "viommu-alloc dev=dev hwpt=s2 as vi",
].join("\n");

test("every errno of Linux can be injected, by name and by number", () => {
  expect(ERRNOS).toHaveLength(131);
  expect([ERRNO_NUMBER.EPERM, ERRNO_NUMBER.EOPNOTSUPP, ERRNO_NUMBER.EHWPOISON]).toEqual([1, 95, 133]);
  expect(STRERROR.EXDEV).toBe("Invalid cross-device link");
  for (const e of ERRNOS)
    expect(play(`inject ioas-alloc errno=${e}\nioas-alloc\nexpect errno=${ERRNO_NUMBER[e]}`)).toEqual({
      held: [true],
      errnos: [null, e],
    });
});

test.each([
  ["inject attach errno=EWOULDBLOCK", "inject attach errno=EAGAIN"],
  ["inject attach errno=enotsup", "inject attach errno=EOPNOTSUPP"],
  ["inject attach errno=-12", "inject attach errno=ENOMEM"],
  ["inject ioas-map errno=ENOMEM", "inject map errno=ENOMEM"],
  ["inject get-hw-info errno=EIO", "inject hw-info errno=EIO"],
  ["ioas-alloc\nexpect errno=-16", "expect errno=EBUSY"],
  ["expect count HWPT_NESTED=0", "expect count hwpt-nested=0"],
  ["expect d0 vmaster=yes", "expect d0 vmaster=yes"],
  ["qemu M1", "qemu m1"],
  ["cmd v0 CMD_TLBI_NH_ALL", "cmd v0 tlbi-nh-all"],
  ["cfgi v0 0x100 leaf=1 sync=0", "cfgi v0 0x100 leaf=on sync=off"],
  ["cfgi v0 01:01.0", "cfgi v0 0x108"],
  ["ste v0 01:00.0 bypass", "ste v0 0x100 bypass"],
  ["map v0 0x100 iova=0 gpa=0 perm=ro", "map v0 0x100 iova=0x0 gpa=0x0 perm=r"],
  ["kernel 6.17 vdev-streams=exactly-one\nexpect d0 attached=none", "expect d0 attached=none"],
  [`${NESTED}\nhwpt-alloc dev=dev pt=io flags=NEST_PARENT`, "hwpt-alloc dev=dev pt=io flags=nest-parent"],
  [
    `${NESTED}\ninvalidate viommu=vi cmds=TLBI_NH_ALL,cmd-cfgi-cd:0x10`,
    "invalidate viommu=vi cmds=tlbi-nh-all,cfgi-cd:0x10",
  ],
])("the kernel's and the manual's spellings: %s", (text, want) => {
  expect(canonical(text)).toBe(want);
});

test("an errno is no less an errno for being asked by its text", () => {
  expect(play('destroy id:99\nexpect error ~ "ENOENT"\nexpect error ~ "EBUSY"').held).toEqual([true, false]);
});

test("vmaster and vmid: there or not", () => {
  const asked = "expect d0 vmid=yes\nexpect d0 vmid=no\nexpect d0 vmaster=yes\nexpect d0 vmaster=no";
  expect(play(`${NESTED}\n${asked}`).held).toEqual([false, true, false, true]);
  expect(
    play(
      `${NESTED}\nvdevice-alloc viommu=vi dev=dev virt-id=0\nhwpt-alloc dev=dev pt=vi vste=translate as t\nattach dev=dev pt=t\n${asked}`,
    ).held,
  ).toEqual([true, false, true, false]);
});

test("VIOMMU_ALLOC looks neither at __reserved nor at user data of the plain type", () => {
  const line = "viommu-alloc dev=dev hwpt=s2 data-len=8 reserved=1";
  expect(play(`${NESTED}\n${line}`).errnos.at(-1)).toBeNull();
  expect(canonical(`${NESTED}\n${line}`)).toBe(line);
});
