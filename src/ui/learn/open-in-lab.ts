/** Takes what is shown in Learn to the lab itself; the session that was on the table is kept and can be brought back. */
import type { ShareView } from "../../review/share/share.ts";
import type { NodeId, Session } from "../../script/session.ts";
import { bringBack } from "../share/open-shared.ts";
import { applyParts } from "../share/view-parts.ts";
import { keepPrevious, readyToSave } from "../state/boot.ts";
import { useNotices } from "../state/notices-store.ts";
import { usePage } from "../state/pages.ts";
import { useSession } from "../state/session-store.ts";

export async function openInLab(session: Session, node: NodeId, view: ShareView = {}): Promise<void> {
  await readyToSave();
  const { at } = usePage.getState();
  keepPrevious(useSession.getState().session);
  session.goTo(node);
  usePage.getState().open(null);
  useSession.getState().replace(session);
  applyParts(session.setup, view);
  useNotices.getState().tell({
    id: "opened",
    tone: "info",
    text: "This state comes from Learn, to do with as you like; your own session is kept.",
    action: {
      label: "Back to Learn",
      run: () => {
        void bringBack();
        usePage.getState().open("learn", at);
      },
    },
  });
}
