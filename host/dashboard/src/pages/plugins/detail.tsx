/** One plugin. */

import { ArrowLeft, Power, PowerOff, RotateCw } from "lucide";
import { fetchPlugin, type PluginDetail, type Switch, switchPlugin } from "../../api/plugins";
import { to } from "../../app/router";
import { invalidate, useResource } from "../../data/resource";
import { useSessionNames } from "../../data/session-names";
import { useLive } from "../../live/live";
import { bytes, count, micros } from "../../logic/format";
import { done, failed } from "../../state/toasts";
import { t } from "../../text/en";
import { Ago, Badge, Copyable, Facts, Tabs } from "../../ui/bits";
import { Button } from "../../ui/button";
import { confirm } from "../../ui/confirm";
import { Icon } from "../../ui/icon";
import { Page, Section } from "../../ui/page";
import { Loaded, Notice } from "../../ui/states";
import { PluginSettings } from "./settings";
import { PluginState } from "./state";

export function PluginDetailPage({ name, tab }: { name: string; tab: string }) {
  const plugin = useResource(`plugins:${name}`, (signal) => fetchPlugin(name, signal), tab === "settings" ? 0 : 5_000);
  useLive(["plugin.*"], plugin.reload);
  const current = tab === "settings" ? "settings" : "overview";
  return (
    <Page
      title={name}
      back={
        <a class="back" href="#/plugins">
          <Icon of={ArrowLeft} size={14} /> {t.plugins.title}
        </a>
      }
      head={plugin.data ? <Head plugin={plugin.data} /> : undefined}
      text={plugin.data?.description}
      actions={plugin.data ? <Actions plugin={plugin.data} /> : undefined}
      tabs={
        <Tabs
          label={t.plugins.tabs}
          current={current}
          hrefOf={(id: "overview" | "settings") => (id === "overview" ? to("plugins", name) : to("plugins", name, id))}
          of={[
            { id: "overview", label: t.plugins.overview },
            { id: "settings", label: t.plugins.settings },
          ]}
        />
      }
    >
      <Loaded from={plugin}>
        {(data) => (
          <>
            <LastError plugin={data} />
            {current === "settings" ? (
              <PluginSettings plugin={data} onChanged={plugin.reload} />
            ) : (
              <Overview plugin={data} />
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Head({ plugin }: { plugin: PluginDetail }) {
  return (
    <div class="session-head">
      <h1>{plugin.name}</h1>
      <PluginState plugin={plugin} />
      {plugin.version ? <code>{plugin.version}</code> : null}
    </div>
  );
}

function Actions({ plugin }: { plugin: PluginDetail }) {
  const steer = async (what: Switch) => {
    if (what === "disable") {
      const isSure = await confirm({
        title: t.plugins.disableTitle(plugin.name),
        text: <p>{t.plugins.disableText}</p>,
        verb: t.plugins.disable,
        isDanger: true,
      });
      if (!isSure) return;
    }
    try {
      const { message, hasError } = await switchPlugin(plugin.name, what);
      if (!hasError) done(message || t.plugins.done[what]);
    } catch (error) {
      failed(error);
    }
    invalidate("plugins");
  };
  return (
    <>
      {plugin.isEnabled ? (
        <>
          <Button icon={RotateCw} onClick={() => steer("reload")}>
            {t.plugins.reload}
          </Button>
          <Button icon={PowerOff} onClick={() => steer("disable")}>
            {t.plugins.disable}
          </Button>
        </>
      ) : (
        <Button icon={Power} look="primary" onClick={() => steer("enable")}>
          {t.plugins.enable}
        </Button>
      )}
    </>
  );
}

/** Where to look, for whoever edits the file. */
function LastError({ plugin }: { plugin: PluginDetail }) {
  const error = plugin.lastError;
  if (!error) return null;
  const isRunning = plugin.state === "running";
  return (
    <Notice kind={isRunning ? "warning" : "error"} title={isRunning ? t.plugins.errorRunning : t.plugins.errorStopped}>
      <p>{error.message}</p>
      {error.file ? (
        <p>
          <code class="wrap">
            {error.file}
            {error.line === null ? "" : `:${error.line}`}
            {error.column === null ? "" : `:${error.column}`}
          </code>
          {error.line === null ? null : <span> {t.plugins.lineColumn(error.line, error.column)}</span>}
        </p>
      ) : null}
    </Notice>
  );
}

function Overview({ plugin }: { plugin: PluginDetail }) {
  const nameOf = useSessionNames();
  return (
    <>
      <div class="tiles">
        <Tile label={t.plugins.calls} value={count(plugin.calls)} />
        <Tile label={t.plugins.p50} value={micros(plugin.p50Us)} />
        <Tile label={t.plugins.p99} value={micros(plugin.p99Us)} />
        <Tile label={t.plugins.trapCount} value={count(plugin.traps)} isBad={plugin.traps > 0} />
        <Tile label={t.plugins.instances} value={count(plugin.instances)} />
        <Tile label={t.plugins.memory} value={bytes(plugin.memoryBytes)} />
      </div>
      <Section title={t.plugins.rights} text={t.plugins.rightsText}>
        {plugin.rights.length === 0 ? (
          <p class="faint">{t.plugins.noRights}</p>
        ) : (
          <ul class="rows">
            {plugin.rights.map((right) => (
              <li key={right.name} class="row">
                <div class="row-main">
                  <code>{right.name}</code>
                  <small>{right.reason}</small>
                </div>
                <Badge tone={right.isGranted ? "ok" : "warn"}>
                  {right.isGranted ? t.plugins.granted : t.plugins.denied}
                </Badge>
              </li>
            ))}
          </ul>
        )}
        <Facts
          of={[
            [
              t.plugins.sessions,
              plugin.sessions.length === 0
                ? t.plugins.ownSessions
                : plugin.sessions.includes("*")
                  ? t.plugins.allSessions
                  : plugin.sessions.map(nameOf).join(", "),
            ],
            [
              t.plugins.hosts,
              plugin.hosts.length === 0 ? t.plugins.noHosts : <code class="wrap">{plugin.hosts.join(", ")}</code>,
            ],
          ]}
        />
      </Section>
      <div class="columns">
        <Section title={t.plugins.routes}>
          {plugin.routes.length === 0 ? (
            <p class="faint">{t.plugins.noRoutes}</p>
          ) : (
            <ul class="routes">
              {plugin.routes.map((route) => (
                <li key={`${route.method} ${route.path}`}>
                  <span class={`method ${route.method.toLowerCase()}`}>{route.method}</span> <code>{route.path}</code>
                </li>
              ))}
            </ul>
          )}
        </Section>
        <Section title={t.plugins.hooks}>
          {plugin.hooks.length === 0 ? <p class="faint">{t.plugins.noHooks}</p> : null}
          <ul class="routes">
            {plugin.hooks.map((hook) => (
              <li key={hook}>
                <code>{hook}</code>
              </li>
            ))}
          </ul>
          {plugin.lag.some((one) => one.events > 0) ? (
            <>
              <h3>{t.plugins.lag}</h3>
              <Facts
                of={plugin.lag
                  .filter((one) => one.events > 0)
                  .map((one) => [nameOf(one.session), t.plugins.waiting(one.events)])}
              />
            </>
          ) : null}
        </Section>
      </div>
      <Section title={t.plugins.origin}>
        <Facts
          of={[
            [t.plugins.source, t.plugins.sources[plugin.source as keyof typeof t.plugins.sources] ?? plugin.source],
            plugin.file ? [t.plugins.file, <code class="wrap">{plugin.file}</code>] : null,
            [t.plugins.loaded, <Ago at={plugin.loadedAt} />],
            plugin.sha256
              ? ["SHA-256", <Copyable text={plugin.sha256} shown={`${plugin.sha256.slice(0, 16)}…`} />]
              : null,
          ]}
        />
      </Section>
    </>
  );
}

function Tile({ label, value, isBad }: { label: string; value: string; isBad?: boolean }) {
  return (
    <div class={isBad ? "tile bad" : "tile"}>
      <span>{label}</span>
      <strong>{value}</strong>
    </div>
  );
}
