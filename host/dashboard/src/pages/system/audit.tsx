/** What administrators did. */

import { ScrollText } from "lucide";
import { useState } from "preact/hooks";
import { fetchAudit } from "../../api/admin";
import { useResource } from "../../data/resource";
import { t } from "../../text/en";
import { Ago, Badge, Name } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Empty, Loaded } from "../../ui/states";

export function Audit() {
  const [cursors, setCursors] = useState<string[]>([]);
  const before = cursors.at(-1) ?? null;
  const audit = useResource(`audit:${before ?? ""}`, (signal) => fetchAudit(before, signal));
  return (
    <Loaded from={audit}>
      {({ acts, next }) =>
        acts.length === 0 ? (
          <Empty icon={ScrollText} title={t.audit.emptyTitle}>
            <p>{t.audit.emptyText}</p>
          </Empty>
        ) : (
          <>
            {/* A wide table scrolls, also by the keyboard. */}
            <section class="table-frame" aria-label={t.system.tabs.audit} tabIndex={0}>
              <table>
                <thead>
                  <tr>
                    <th>{t.audit.when}</th>
                    <th>{t.audit.who}</th>
                    <th>{t.audit.action}</th>
                    <th>{t.audit.target}</th>
                    <th>{t.audit.from}</th>
                  </tr>
                </thead>
                <tbody>
                  {acts.map((act) => (
                    <tr key={act.id}>
                      <td class="nowrap">
                        <Ago at={act.at} />
                      </td>
                      <td>{act.who ? <Name of={act.who} /> : <span class="faint">{t.audit.system}</span>}</td>
                      <td>
                        <code>{act.action}</code> {act.isRefused ? <Badge tone="bad">{t.audit.refused}</Badge> : null}
                      </td>
                      <td class="wrap">
                        {act.target}
                        {act.detail ? <small class="block faint wrap">{act.detail}</small> : null}
                      </td>
                      <td class="nowrap faint">{act.address ?? "–"}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
            <div class="pager">
              <Button isSmall disabled={before === null} onClick={() => setCursors(cursors.slice(0, -1))}>
                {t.actions.newer}
              </Button>
              <Button isSmall disabled={next === null} onClick={() => setCursors([...cursors, next ?? ""])}>
                {t.actions.older}
              </Button>
            </div>
          </>
        )
      }
    </Loaded>
  );
}
