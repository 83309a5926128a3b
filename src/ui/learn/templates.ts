/** What a new lesson and a new challenge begin with: small, but each can be played as it stands. */
export const NEW_LESSON = `---
format: vsmmu-lab-lesson/1
title: My lesson
about: What it shows, in one sentence.
tracks: kernel, qemu
minutes: 5
rules: Q-SET-4
---

## The first step

What to look at, in Markdown. Terms link to the [glossary](glossary:s2-hwpt), decisions to their [rule](rule:Q-SET-4).

\`\`\`lab
plug d0 v0
machine-start
gbpa v0 abort
\`\`\`

\`\`\`claim
expect d0 attached=abort dma=abort
\`\`\`

\`\`\`source
Where the facts come from, a line each.
\`\`\`

## And one that asks

\`\`\`predict
attachment d1
\`\`\`

\`\`\`lab
plug d1 v0
\`\`\`

\`\`\`claim
expect d1 attached=s2 legal=abort dma=pass-s2
\`\`\`

\`\`\`source
QEMU 11.1: smmuv3-accel.c:smmuv3_accel_set_iommu_device
\`\`\`
`;

export const NEW_CHALLENGE = `---
format: vsmmu-lab-challenge/1
title: My challenge
grade: 1
about: What to bring about, in one sentence.
rules: Q-SET-4
---

The situation, in Markdown.

\`\`\`start
plug d0 v0
machine-start
\`\`\`

\`\`\`goal
d1 legal=abort dma=pass-s2
\`\`\`

\`\`\`allow
plug
gbpa
\`\`\`

\`\`\`hint
What happens to devices that come later?
\`\`\`
`;
