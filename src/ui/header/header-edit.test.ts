import { expect, test } from "vitest";
import { withKernel, withQemu, withRepairs } from "./header-edit.ts";

const HEADER = 'title "Second device"\nkernel 7.3\ndevice d0 psmmu=p0 sid=0x100\n';

test("a line that is there is replaced where it stands", () => {
  expect(withKernel(HEADER, "6.17")).toBe(
    'title "Second device"\nkernel 6.17\ndevice d0 psmmu=p0 sid=0x100\n',
  );
});

test("a line that is not there comes after those that go before it", () => {
  expect(withQemu(HEADER, "v4")).toBe(
    'title "Second device"\nkernel 7.3\nqemu v4\ndevice d0 psmmu=p0 sid=0x100\n',
  );
  expect(withRepairs("", ["D1", "D3"])).toBe("fix D1,D3\n");
  expect(withKernel("device d0\n", "7.0")).toBe("kernel 7.0\ndevice d0\n");
});

test("no repair takes the line out", () => {
  expect(withRepairs(withRepairs(HEADER, ["D1"]), [])).toBe(HEADER);
});

test("a title that speaks of a kernel is not a kernel line", () => {
  expect(withKernel('title "kernel 6.17"\n', "7.3")).toBe('title "kernel 6.17"\nkernel 7.3\n');
});
