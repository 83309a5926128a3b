/**
 * What the compressor of format 1 is told to expect. Links depend on every byte of it: it must never change; another
 * dictionary is another format.
 */
export const DICTIONARY_1 = new TextEncoder().encode(
  [
    "iommufd as f2 close-iommufd flr d0 fault-id=id:99 reserved=0 data-type=arm-smmuv3 data-len=16 entry-len=16 entry-num=",
    "expect users d0.s2=3 v0.viommu=4 expect count viommu=1 hwpt-nested=2 vdevice=0 expect events v0 c-bad-ste:0x100",
    "expect d0 attached=translate pste=nested vmid=1 vdevice=yes vmaster=0x100 expect calls only attach@d1:ok attach@d0:ok",
    "expect d0 attached=abort legal=abort dma=abort diverges=no expect d1 attached=s2 legal=abort dma=pass-s2 diverges=D1",
    "expect d0 attached=bypass legal=pass-bypass dma=pass-bypass expect errno=ENOENT expect fail errno=EINVAL expect ok",
    "inject viommu-alloc nth=1 errno=ENOMEM inject attach dev=d0 errno=EINVAL inject hwpt-alloc inject vdevice-alloc EBUSY",
    "ioas-alloc as ioas1 bind d0 as dev1 bind d1 as dev2 hwpt-alloc dev=dev1 pt=ioas1 flags=nest-parent as s2",
    "viommu-alloc dev=dev1 hwpt=s2 as vi1 vdevice-alloc viommu=vi1 dev=dev1 virt-id=0x10 as vd1 veventq-alloc viommu=vi1 depth=16 as q1",
    "hwpt-alloc dev=dev1 pt=vi1 vste=abort as n1 vste=bypass as n2 vste=translate as n3 vste=invalid attach dev=dev1 pt=n1 detach dev=dev1",
    "destroy n1 unbind dev1 invalidate viommu=vi1 cmds=tlbi-nh-all,cfgi-ste:0x10 hw-info dev=dev1 read-events q1 event p0 f-translation sid=0x100 s2 stall",
    'title "" kernel 6.13 6.15 6.17 6.19 7.0 7.1 7.3.0 7.3 next plan-2026 review-claim vmid=viommu+tag vdevice=translate-only',
    "qemu v4 v5 v6 v7 m0 m1 11.1 fix D1,D2,D3,D4,D4b,D5,D6,D14,D15 psmmu p0 vmid-bits=16 oas=48 nesting=on s2fwb=on ats=on psmmu p1",
    "device d3 psmmu=p0 sid=0x210 ats=on canwbs=on group=g0 device d4 device d5 vsmmu v0 bus=pcie.1 oas=44 ats=off ssidsize=0 ril=on vsmmu v2",
    "ste v0 0x100 q0=0x1 q1=0x0 cd v0 0x100 ttb0=0x80000000 asid=1 map v0 0x100 iova=0x1000 gpa=0x40000000 strtab v0 fmt=2lvl log2size=16 split=8 fmt=linear",
    "write v0 GBPA 0x80100000 write v0 CMDQ_PROD read v0 IDR0 read v0 GERROR ack v0 cmd v0 tlbi-nh-all cmd v0 tlbi-nh-asid asid=1 cmd v0 cfgi-cd",
    "guest v0 probe rmr=off guest v0 add d0 guest v0 attach d0 guest v0 identity d0 guest v0 block d0 guest v0 detach d0 guest v0 shutdown guest v0 kexec crash-kexec",
    "place=inspector tab=calls tab=diff select=device.1 select=device.0 select=vsmmu.0 place=graph",
    "unset d0\nunset d1\nfinalize d0\nfinalize d1\nrealize d0 v0\nset d0\nrealize d1 v0\nset d1\nplug d2 v1 hot\nplug d2 v0 hot\nunplug d2\nplug d2 v1\nplug d2 v0\n",
    "dma d2 iova=0x1000 write\ndma d2\ndma d1 iova=0x1000 write\ndma d1\ndma d0 iova=0x1000 write\ndma d0\ncr0 v1 -smmuen\ncr0 v1 +smmuen\ncr0 v0 -eventqen\ncr0 v0 +eventqen\ncr0 v0 -smmuen\ncr0 v0 +smmuen\n",
    "ste v1 0x200 abort\nste v1 0x200 bypass\nste v1 0x200 translate\nste v0 0x108 invalid\nste v0 0x108 abort\nste v0 0x108 bypass\nste v0 0x108 translate\nste v0 0x100 invalid\nste v0 0x100 abort\nste v0 0x100 bypass\nste v0 0x100 translate\n",
    "cfgi v1 0x200\ncfgi v1 all\ncfgi v0 0x200\ncfgi v0 0x108\ncfgi v0 0x100\ncfgi v0 all\nstrtab v1\nstrtab v0\ngbpa v1 abort\ngbpa v1 bypass\ngbpa v0 bypass\ngbpa v0 abort\nreset\nmachine-start\nunplug d1\nunplug d0\nplug d1 v0 hot\nplug d1 v0\nplug d0 v0\n",
  ].join("\n"),
);
