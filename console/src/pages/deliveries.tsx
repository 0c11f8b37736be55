import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useQuery } from '../api/query';
import * as text from '../text/webhooks';
import { ChangeButton, ChangeDialog } from '../ui/change';
import { Filter, Filters, useFilters } from '../ui/filter';
import { TextField, textOf } from '../ui/form';
import { Opens } from '../ui/opens';
import { Loaded, NotFound, Page } from '../ui/page';
import { Badge, Stack, Time, type Tone } from '../ui/parts';
import { actions, List, type Columns } from '../ui/table';

const WEBHOOK = graphql(`
  query OutgoingWebhookUrls {
    outgoingWebhooks {
      id
      url
    }
  }
`);

const DELIVERIES = graphql(`
  query WebhookDeliveries($id: ID!, $status: WebhookDeliveryStatus, $first: Int, $after: String) {
    list: webhookDeliveries(outgoingWebhookId: $id, status: $status, first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        type
        body
        status
        attempts
        dueAt
        attemptedAt
        fault
        httpStatus
        createdAt
      }
    }
  }
`);

const AGAIN = mutation('redeliverWebhook');
const ALL_AGAIN = mutation('redeliverFailedWebhooks', 'redeliveredCount hasMore');

type Delivery = NonNullable<ResultOf<typeof DELIVERIES>['list']>['nodes'][number];
type Status = Delivery['status'];

const TONES: Readonly<Record<Status, Tone>> = { WAITING: 'info', DELIVERED: 'ok', FAILED: 'bad' };
const STATUSES = Object.entries(text.deliveries.status) as [Status, string][];

/** What was sent to a webhook, and what became of it. */
export function DeliveriesPage({ id }: { id: string }) {
  const answered = useQuery(WEBHOOK, {});
  const path = `/agency/webhooks/${id}`;
  const { values, isOn, by } = useFilters(path, ['status']);
  const status = STATUSES.find(([each]) => each === values.status)?.[0] ?? null;
  return (
    <Loaded of={answered}>
      {({ outgoingWebhooks }) => {
        const webhook = outgoingWebhooks?.find((each) => each.id === id);
        if (!webhook) return <NotFound />;
        return (
          <Page
            title={text.webhooks.deliveriesTitle(webhook.url)}
            above={
              <a class="back" href="/agency/webhooks">
                {text.webhooks.back}
              </a>
            }
            actions={
              <Opens label={text.deliveries.allAgain}>
                {(close) => <AllAgain id={id} onClose={close} />}
              </Opens>
            }
          >
            <Filters path={path} isOn={isOn}>
              <Filter label={text.common.status} options={STATUSES} {...by('status')} />
            </Filters>
            <List
              of={DELIVERIES}
              variables={{ id, status }}
              caption={text.webhooks.deliveries}
              columns={COLUMNS}
              goesOn={(delivery) => delivery.status === 'WAITING'}
              empty={[status === null ? text.deliveries.empty : text.deliveries.noMatch]}
            />
          </Page>
        );
      }}
    </Loaded>
  );
}

const COLUMNS: Columns<Delivery> = [
  { title: text.common.when, cell: ({ createdAt }) => <Time at={createdAt} /> },
  {
    title: text.deliveries.message,
    cell: ({ type, body }) => (
      <details>
        <summary>{text.webhooks.typeNames[type]}</summary>
        <pre>{body}</pre>
      </details>
    ),
  },
  { title: text.common.status, cell: (delivery) => <DeliveryState delivery={delivery} /> },
  actions(({ id, type, status }) =>
    status === 'WAITING' ? null : (
      <ChangeButton
        label={text.deliveries.again}
        name={`${text.deliveries.again}: ${text.webhooks.typeNames[type]}`}
        mutation={AGAIN}
        input={{ webhookDeliveryId: id }}
        said={text.deliveries.willBe}
      />
    ),
  ),
];

function DeliveryState({ delivery }: { delivery: Delivery }) {
  const { status, attempts, dueAt, attemptedAt, fault, httpStatus } = delivery;
  return (
    <Stack
      fine={
        <>
          {text.deliveries.attempts(attempts)}
          {attemptedAt && (
            <>
              {' · '}
              <Time at={attemptedAt} />
            </>
          )}
          {httpStatus !== null && ` · ${text.deliveries.answered(httpStatus)}`}
          {fault && <p>{text.deliveries.faults[fault]}</p>}
          {status === 'WAITING' && dueAt && attempts > 0 && (
            <p>
              {text.deliveries.next} <Time at={dueAt} />
            </p>
          )}
        </>
      }
    >
      <Badge tone={TONES[status]}>{text.deliveries.status[status]}</Badge>
    </Stack>
  );
}

const DAY_MS = 86_400_000;

/** As a field for a local time takes it. */
function localTime(time: Date): string {
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function AllAgain({ id: outgoingWebhookId, onClose }: { id: string; onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.deliveries.allAgain}
      submit={text.deliveries.again}
      mutation={ALL_AGAIN}
      inputOf={(values) => ({ outgoingWebhookId, since: new Date(textOf(values, 'since')).toISOString() })}
      said={({ redeliveredCount, hasMore }) => text.deliveries.willBeAll(redeliveredCount, hasMore)}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <p>{text.deliveries.allAgainHint}</p>
          <TextField
            label={text.deliveries.since}
            name="since"
            type="datetime-local"
            value={localTime(new Date(Date.now() - DAY_MS))}
            hasFocus
            error={errorOf('since')}
          />
        </>
      )}
    </ChangeDialog>
  );
}
