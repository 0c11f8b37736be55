import { graphql, type ResultOf } from '../api/graphql';
import { providerName } from '../sign-in/settings';
import * as text from '../text/audit';
import { ClientFilter } from '../ui/client-field';
import { DayFilters, Filter, Filters, ownZone, spanOf, useFilters } from '../ui/filter';
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
        actorId
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
        reason
      }
    }
  }
`);

type Event = NonNullable<ResultOf<typeof EVENTS>['list']>['nodes'][number];

/** Every kind of event, from the schema; written into the bundle by the build. */
declare const AUDIT_EVENT_TYPES: string;
const TYPES = AUDIT_EVENT_TYPES.split(' ') as Event['type'][];

const PATH = '/audit';

export function AuditPage() {
  const { values, isOn, by, addressWith } = useFilters(PATH, ['type', 'client', 'actor', 'since', 'until']);
  const { client, actor } = values;
  const { span, problem } = spanOf(values);
  const type = TYPES.find((each) => each === values.type);
  const filter = {
    ...span,
    types: type ? [type] : null,
    clientId: client || null,
    actorId: actor || null,
  };
  return (
    <Page title={text.audit.title} lead={text.audit.lead}>
      <Filters path={PATH} isOn={isOn}>
        <Filter
          label={text.audit.what}
          options={TYPES.map((each) => [each, text.audit.words(each)])}
          {...by('type')}
        />
        <ClientFilter {...by('client')} />
        <DayFilters
          fields={[
            { label: text.common.from, ...by('since') },
            { label: text.common.before, ...by('until') },
          ]}
          hint={text.common.ownDays(ownZone)}
          problem={problem}
        />
      </Filters>
      {problem === null && (
        <List
          of={EVENTS}
          variables={{ filter }}
          caption={text.audit.title}
          columns={columnsFor((id) => addressWith({ actor: id }))}
          empty={[text.audit.empty, text.audit.emptyHint]}
        />
      )}
    </Page>
  );
}

const columnsFor = (addressOfActor: (id: string) => string): Columns<Event> => [
  { title: text.audit.what, cell: ({ type }) => text.audit.words(type) },
  {
    title: text.audit.who,
    cell: ({ actorId, actorName, actorKind, sourceAddress }) => (
      <Stack fine={[text.audit.actor[actorKind], sourceAddress].filter(Boolean).join(' · ')}>
        {actorId === null ? actorName : <a href={addressOfActor(actorId)}>{actorName}</a>}
      </Stack>
    ),
  },
  { title: text.audit.about, cell: (event) => <About event={event} /> },
  {
    title: text.common.when,
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
          {agentId !== null && <a href={`/agents/${agentId}`}>{text.common.agent}</a>}
        </span>
      }
    >
      {facts.join(' · ')}
    </Stack>
  );
}
