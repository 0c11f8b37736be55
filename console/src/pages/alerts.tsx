import { useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useWhole } from '../api/list';
import { providerName } from '../sign-in/settings';
import * as text from '../text/alerts';
import { ChangeButton } from '../ui/change';
import { ClientFilter } from '../ui/client-field';
import { Filter, Filters, useFilters } from '../ui/filter';
import { Loaded, Page } from '../ui/page';
import { Badge, Button, ClientLink, Stack, Time } from '../ui/parts';
import { actions, List, type Columns } from '../ui/table';

const ALERTS = graphql(`
  query Alerts($open: Boolean, $kinds: [AlertKind!], $clientId: ID, $first: Int, $after: String) {
    list: alerts(open: $open, kinds: $kinds, clientId: $clientId, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        kind
        provider
        message
        affectedAgentCount
        openedAt
        acknowledgedAt
        closedAt
        client {
          id
          name
        }
        outgoingWebhook {
          id
          url
        }
      }
    }
  }
`);

const ACKNOWLEDGE = mutation('acknowledgeAlert');

type Alert = NonNullable<ResultOf<typeof ALERTS>['list']>['nodes'][number];
type Kind = Alert['kind'];

const PATH = '/alerts';
/** With these, no call of a client on its own key comes about. */
const FAILING_KEYS: Kind[] = [
  'KEY_INVALID',
  'KEY_INSUFFICIENT_PERMISSIONS',
  'KEY_OUT_OF_FUNDS',
  'KEY_UNREADABLE',
];
const SHOWN_AT_ONCE = 50;
const STATES = [
  ['closed', text.alerts.states.closed],
  ['all', text.alerts.states.all],
] as const;
const IS_OPEN: Readonly<Record<string, boolean | null>> = { closed: false, all: null };

export function AlertsPage() {
  const { values, isOn, by } = useFilters(PATH, ['state', 'client']);
  const open = Object.hasOwn(IS_OPEN, values.state) ? (IS_OPEN[values.state] ?? null) : true;
  return (
    <Page title={text.alerts.title} lead={text.alerts.lead}>
      <Down />
      <Filters path={PATH} isOn={isOn}>
        <Filter label={text.alerts.state} first={text.alerts.states.open} options={STATES} {...by('state')} />
        <ClientFilter {...by('client')} />
      </Filters>
      <List
        of={ALERTS}
        variables={{ open, clientId: values.client || null }}
        caption={text.alerts.title}
        columns={COLUMNS}
        empty={isOn ? [text.alerts.noMatch] : [text.alerts.empty, text.alerts.emptyHint]}
      />
    </Page>
  );
}

/** Every client whose own key keeps its calls from being placed, which nothing else would tell the agency. */
function Down() {
  const answered = useWhole(ALERTS, { open: true, kinds: FAILING_KEYS });
  const [most, setMost] = useState(SHOWN_AT_ONCE);
  return (
    <Loaded of={answered} rows={1}>
      {(alerts) => {
        const down = alerts.filter(
          ({ client, affectedAgentCount }) => client !== null && affectedAgentCount > 0,
        );
        if (down.length === 0) return null;
        return (
          <section class="card padded down" aria-labelledby="down">
            <h2 id="down">{text.alerts.down}</h2>
            <p class="fine">{text.alerts.downHint}</p>
            <ul>
              {down.slice(0, most).map((alert) => (
                <li key={alert.id}>
                  <ClientLink client={alert.client} />
                  <span>{aboutOf(alert)}</span>
                  <span class="fine">
                    {text.alerts.agents(alert.affectedAgentCount)} · {text.alerts.since}{' '}
                    <Time at={alert.openedAt} />
                  </span>
                </li>
              ))}
            </ul>
            {down.length > most && (
              <p class="list-end">
                <span>{text.common.shown(most, down.length)}</span>
                <Button onClick={() => setMost(most + SHOWN_AT_ONCE)}>{text.common.more}</Button>
              </p>
            )}
          </section>
        );
      }}
    </Loaded>
  );
}

const aboutOf = ({ kind, provider }: Alert) =>
  [text.alerts.kinds[kind], provider && providerName(provider)].filter(Boolean).join(' · ');

/** Where the cause is put right. */
function wayOut({ kind, client }: Alert): string | null {
  const owner = client ? `/clients/${client.id}` : '/agency';
  switch (kind) {
    case 'WEBHOOK_SILENT':
      return `${owner}/events`;
    case 'AGENTS_MISSING_IN_ACCOUNT':
      return client ? `${owner}/agents` : '/agents';
    case 'OUTGOING_WEBHOOK_OFF':
      return '/agency/webhooks';
    case 'RATE_MISSING':
      return '/billing/rates';
    default:
      return owner;
  }
}

const COLUMNS: Columns<Alert> = [
  {
    title: text.alerts.what,
    cell: (alert) => <Stack fine={alert.message}>{aboutOf(alert)}</Stack>,
  },
  {
    title: text.alerts.about,
    cell: ({ client, outgoingWebhook }) =>
      outgoingWebhook ? (
        <a class="address" href={`/agency/webhooks/${outgoingWebhook.id}`}>
          {outgoingWebhook.url}
        </a>
      ) : client ? (
        <ClientLink client={client} />
      ) : (
        text.alerts.agency
      ),
  },
  {
    title: text.alerts.concerns,
    cell: ({ affectedAgentCount }) => affectedAgentCount > 0 && text.alerts.agents(affectedAgentCount),
  },
  { title: text.common.status, cell: (alert) => <AlertState alert={alert} /> },
  actions((alert) => alert.closedAt === null && <Actions alert={alert} />),
];

function AlertState({ alert: { openedAt, acknowledgedAt, closedAt } }: { alert: Alert }) {
  if (closedAt !== null)
    return (
      <Stack fine={<Time at={closedAt} />}>
        <Badge tone="ok">{text.alerts.states.closed}</Badge>
      </Stack>
    );
  return (
    <Stack
      fine={
        <>
          {text.alerts.since} <Time at={openedAt} />
        </>
      }
    >
      <Badge tone={acknowledgedAt === null ? 'bad' : 'warn'}>
        {acknowledgedAt === null ? text.alerts.states.open : text.alerts.acknowledged}
      </Badge>
    </Stack>
  );
}

function Actions({ alert }: { alert: Alert }) {
  const to = wayOut(alert);
  const who = alert.outgoingWebhook?.url ?? alert.client?.name ?? text.alerts.agency;
  const name = `${aboutOf(alert)}, ${who}`;
  return (
    <span class="actions">
      {to !== null && (
        <a class="button" href={to} aria-label={text.alerts.fixNamed(text.alerts.kinds[alert.kind], who)}>
          {text.alerts.fix}
        </a>
      )}
      {alert.acknowledgedAt === null && (
        <ChangeButton
          label={text.alerts.acknowledge}
          name={`${text.alerts.acknowledge}: ${name}`}
          mutation={ACKNOWLEDGE}
          input={{ alertId: alert.id }}
          said={text.alerts.wasAcknowledged}
        />
      )}
    </span>
  );
}
