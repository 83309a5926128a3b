/** Every call into the host kernel that the step made: arguments, ids, errnos. */
import { useState } from "react";
import type { Outcome } from "../../../engine/outcome.ts";
import type { HostNode, TraceNode } from "../../../engine/tracer.ts";
import { useSession } from "../../state/session-store.ts";
import { Button } from "../../widgets/button.tsx";
import { Empty } from "../../widgets/empty.tsx";
import { RuleLink } from "../../widgets/rule-link.tsx";
import { ScrollRegion } from "../../widgets/scroll-region.tsx";
import { namesOf, printArgs } from "../calls/rows.ts";
import { HOST_CALL_NAMES } from "../host-names.ts";
import "../../widgets/table.css";
import "./ioctls.css";

const PAGE = 300;

function hostCalls(outcome: Outcome): readonly HostNode[] {
  const calls: HostNode[] = [];
  const walk = (nodes: readonly TraceNode[]): void => {
    for (const node of nodes) {
      if (node.kind === "host") calls.push(node);
      if (node.kind === "host" || node.kind === "call") walk(node.children);
    }
  };
  walk(outcome.trace);
  return calls;
}

const decided = (node: HostNode): string[] => {
  const ids: string[] = [];
  const walk = (nodes: readonly TraceNode[]): void => {
    for (const one of nodes) {
      if (one.kind === "rule") ids.push(one.id);
      else if (one.kind === "call") walk(one.children);
    }
  };
  walk(node.children);
  return [...new Set(ids)];
};

export default function IoctlsTab() {
  const { session, command, world } = useSession();
  const [shown, setShown] = useState(PAGE);
  const nameOf = namesOf(world.setup);
  const outcome = command === null ? null : session.outcome(command.id);
  const calls = outcome === null ? [] : hostCalls(outcome);
  if (calls.length === 0) {
    return (
      <Empty glyph="steps" title="This step made no call into the host kernel">
        {command === null ? "The first step may." : "What it did stayed inside the guest and QEMU."}
      </Empty>
    );
  }
  return (
    <ScrollRegion className="ioctls" label="Host calls of this step">
      <table className="table" data-testid="ioctls">
        <thead>
          <tr>
            <th scope="col" className="num">
              #
            </th>
            <th scope="col">call</th>
            <th scope="col">by</th>
            <th scope="col">file</th>
            <th scope="col">arguments</th>
            <th scope="col">result</th>
            <th scope="col">gives back</th>
            <th scope="col">decided by</th>
          </tr>
        </thead>
        <tbody>
          {calls.slice(0, shown).map((node, at) => {
            const key = `${at} ${node.call}`;
            return (
              <tr key={key} data-errno={node.errno ?? undefined}>
                <td className="num">{at + 1}</td>
                <td className="mono">{HOST_CALL_NAMES[node.call]}</td>
                <td>{node.by === "qemu" ? "QEMU" : "raw"}</td>
                <td className="mono">{world.kernel.files[node.file]?.name ?? "–"}</td>
                <td className="mono ioctl-wide">{printArgs(node.args, nameOf, 40)}</td>
                <td className="mono ioctl-result">
                  {node.errno ?? "0"}
                  {node.injected ? " (injected)" : ""}
                </td>
                <td className="mono ioctl-wide">{printArgs(node.out, nameOf, 40)}</td>
                <td>
                  {decided(node)
                    .slice(0, 4)
                    .map((id) => (
                      <RuleLink key={id} id={id} />
                    ))}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {calls.length > shown ? (
        <Button onClick={() => setShown(shown + PAGE)}>
          {calls.length - shown} more of {calls.length}
        </Button>
      ) : null}
    </ScrollRegion>
  );
}
