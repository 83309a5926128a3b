/** Files dropped anywhere on the page. What opens them is fetched when the first one comes. */
export function followDrops(): void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    // Another place may have taken it already.
    if (event.defaultPrevented || !hasFiles(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) void open(files);
  });
}

/** What the lab has saved is known by its ending; anything else may be a log, and what lies beside one comes with it. */
async function open(files: readonly File[]): Promise<void> {
  const { openFile } = await import("./open-shared.ts");
  const [first] = files;
  if (files.length === 1 && first !== undefined && (await openFile(first))) return;
  const { openFiles } = await import("../replay/open-log.ts");
  await openFiles(files);
}
