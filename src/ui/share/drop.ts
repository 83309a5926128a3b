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
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) void open(file);
  });
}

async function open(file: File): Promise<void> {
  const [{ openFile }, { useNotices }] = await Promise.all([
    import("./open-shared.ts"),
    import("../state/notices-store.ts"),
  ]);
  if (await openFile(file)) return;
  useNotices.getState().tell({
    id: "opened",
    tone: "warning",
    text: `“${file.name}” is nothing the lab opens by drop; it takes scripts (.lab), pictures it has saved (.svg, .png) and reviews (.md).`,
  });
}
