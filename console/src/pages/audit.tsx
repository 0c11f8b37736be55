import { useLocation } from 'preact-iso';
import { useId } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { providerName } from '../sign-in/settings';
import { text } from '../text';
import { Filter } from '../ui/filter';
import { Page } from '../ui/page';
import { Stack, Time } from '../ui/parts';
import { List, type Columns } from '../ui/table';

const EVENTS = graphql(`
  query AuditEvents($filter: AuditEventFilter, $first: Int, $after: String) {
    list: auditEvents(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        type
        at
        actorKind
        actorName
        sourceAddress
        requestId
        clientId
        agentId
        provider
        keySource
        keyVersion
        maskedKey
        status
        name
        role
        permissions
        reason
      }
    }
  }
`);

type Event = NonNullable<ResultOf<typeof EVENTS>['list']>['nodes'][number];

/** Every kind of event, from the schema; written into the bundle by the build. */
declare const AUDIT_EVENT_TYPES: readonly Event['type'][];

/** The filters stand in the address, so that what one sees can be sent to somebody. */
export function AuditPage() {
  const { query, route } = useLocation();
  const { type = '', since = '', until = '', client = '' } = query;
  const set = (change: Record<string, string>) => {
    const filters = Object.entries({ type, since, until, client, ...change }).filter(
      ([, value]) => value !== '',
    );
    route(`/audit?${new URLSearchParams(filters).toString()}`);
  };
  const filter = {
    ...(type !== '' && { types: [type as Event['type']] }),
    ...(client !== '' && { clientId: client }),
    ...(since !== '' && { since: startOf(since) }),
    ...(until !== '' && { until: startOf(until) }),
  };
  return (
    <Page title={text.audit.title} lead={text.audit.lead}>
      <div class="filters">
        <Filter
          label={text.audit.what}
          value={type}
          options={AUDIT_EVENT_TYPES.map((each) => [each, text.audit.words(each)])}
          onChange={(chosen) => set({ type: chosen })}
        />
        <DateFilter label={text.audit.since} value={since} onChange={(day) => set({ since: day })} />
        <DateFilter label={text.audit.until} value={until} onChange={(day) => set({ until: day })} />
        {Object.keys(filter).length > 0 && (
          <a class="button" href="/audit">
            {text.audit.clear}
          </a>
        )}
      </div>
      <List
        of={EVENTS}
        variables={{ filter }}
        caption={text.audit.title}
        columns={COLUMNS}
        empty={[text.audit.empty, text.audit.emptyHint]}
      />
    </Page>
  );
}

// A day in the viewer's own time zone.
function startOf(day: string): string {
  return new Date(`${day}T00:00:00`).toISOString();
}

function DateFilter({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (day: string) => void;
}) {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </div>
  );
}

const COLUMNS: Columns<Event> = [
  { title: text.audit.what, cell: ({ type }) => text.audit.words(type) },
  {
    title: text.audit.who,
    cell: ({ actorName, actorKind, sourceAddress }) => (
      <Stack fine={[text.audit.actor[actorKind], sourceAddress].filter(Boolean).join(' · ')}>
        {actorName}
      </Stack>
    ),
  },
  { title: text.audit.about, cell: (event) => <About event={event} /> },
  {
    title: text.calls.when,
    cell: ({ at, requestId }) => (
      <span title={text.failure.request(requestId)}>
        <Time at={at} />
      </span>
    ),
  },
];

function About({ event }: { event: Event }) {
  const { clientId, agentId, provider, maskedKey, keyVersion, status, name, role, reason, keySource } = event;
  const facts = [
    name,
    provider && providerName(provider),
    maskedKey,
    keyVersion !== null && text.audit.version(keyVersion),
    keySource && text.source[keySource as keyof typeof text.source],
    status && text.keyStatus[status as keyof typeof text.keyStatus],
    role && text.role[role],
    reason,
  ].filter((fact) => fact !== null && fact !== false);
  return (
    <Stack
      fine={
        <span class="links">
          {clientId !== null && <a href={`/clients/${clientId}`}>{text.common.client}</a>}
          {agentId !== null && <a href={`/agents/${agentId}`}>{text.agents.agent}</a>}
        </span>
      }
    >
      {facts.join(' · ')}
    </Stack>
  );
}
