import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useQuery } from '../api/query';
import * as text from '../text/billing';
import { ChangeDialog, ChangeForm } from '../ui/change';
import { ClientField } from '../ui/client-field';
import { ownZone } from '../ui/filter';
import { SelectField, TextField, textOf } from '../ui/form';
import { Opens } from '../ui/opens';
import { Loaded, Page } from '../ui/page';
import { ClientLink, Moment, Stack } from '../ui/parts';
import { List, type Columns } from '../ui/table';
import { BillingTabs } from './billing-tabs';

const RATES = graphql(`
  query Rates($first: Int, $after: String) {
    list: rates(first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        keySource
        pricePerMinute
        currency
        firstIncrementSeconds
        incrementSeconds
        validFrom
        client {
          id
          name
        }
      }
    }
  }
`);

const ZONE = graphql(`
  query AgencyTimeZone {
    agency {
      id
      timeZone
    }
  }
`);

const SET = mutation('setRate', 'rate{id}');
const SET_ZONE = mutation('setAgencyTimeZone', 'agency{id timeZone}');

type Rate = NonNullable<ResultOf<typeof RATES>['list']>['nodes'][number];
type Source = Rate['keySource'];

const COLUMNS: Columns<Rate> = [
  {
    title: text.rates.whose,
    cell: ({ client }) => (client ? <ClientLink client={client} /> : text.rates.everybody),
  },
  { title: text.rates.source, cell: ({ keySource }) => text.source[keySource] },
  {
    title: text.rates.price,
    cell: ({ pricePerMinute, currency, firstIncrementSeconds, incrementSeconds }) => (
      <Stack fine={text.rates.steps(firstIncrementSeconds, incrementSeconds)}>
        {pricePerMinute} {currency}
      </Stack>
    ),
  },
  { title: text.rates.from, cell: ({ validFrom }) => <Moment at={validFrom} /> },
];

/** What clients pay per minute, in the order in which it was set. */
export function RatesPage() {
  const set = (
    <Opens kind="primary" label={text.rates.set}>
      {(close) => <SetRate onClose={close} />}
    </Opens>
  );
  return (
    <Page title={text.billing.title} part={text.billing.tabs.rates} lead={text.rates.lead} actions={set}>
      <BillingTabs />
      <List
        of={RATES}
        variables={{}}
        caption={text.billing.tabs.rates}
        columns={COLUMNS}
        empty={[text.rates.empty, text.rates.emptyHint]}
      />
      <TimeZone />
    </Page>
  );
}

function SetRate({ onClose }: { onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.rates.set}
      submit={text.rates.set}
      mutation={SET}
      inputOf={(values) => ({
        clientId: textOf(values, 'clientId') || null,
        keySource: textOf(values, 'keySource') as Source,
        pricePerMinute: textOf(values, 'pricePerMinute'),
        currency: textOf(values, 'currency').toUpperCase(),
        firstIncrementSeconds: Number(textOf(values, 'firstIncrementSeconds')),
        incrementSeconds: Number(textOf(values, 'incrementSeconds')),
        validFrom: instantOf(textOf(values, 'validFrom')),
      })}
      said={(_done, { validFrom }) =>
        text.rates.wasSet(validFrom ? new Date(validFrom).toLocaleString() : null)
      }
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <ClientField chosen={null} isOptional none={text.rates.everybody} error={errorOf('clientId')} />
          <SelectField
            label={text.rates.source}
            name="keySource"
            options={[
              ['AGENCY', text.source.AGENCY],
              ['CLIENT', text.source.CLIENT],
            ]}
          />
          <TextField
            label={text.rates.price}
            name="pricePerMinute"
            hint={text.rates.priceHint}
            error={errorOf('pricePerMinute')}
          />
          <TextField
            label={text.rates.currency}
            name="currency"
            value="USD"
            hint={text.rates.currencyHint}
            error={errorOf('currency')}
          />
          <TextField
            label={text.rates.first}
            name="firstIncrementSeconds"
            type="number"
            value="1"
            hint={text.rates.firstHint}
            error={errorOf('firstIncrementSeconds')}
          />
          <TextField
            label={text.rates.following}
            name="incrementSeconds"
            type="number"
            value="1"
            hint={text.rates.followingHint}
            error={errorOf('incrementSeconds')}
          />
          <TextField
            label={text.rates.from}
            name="validFrom"
            type="datetime-local"
            isOptional
            hint={text.rates.fromHint(ownZone)}
            error={errorOf('validFrom')}
          />
        </>
      )}
    </ChangeDialog>
  );
}

/** What was entered in the viewer's own time zone. */
const instantOf = (local: string) => (local === '' ? null : new Date(local).toISOString());

const ZONES = Intl.supportedValuesOf('timeZone').map((name): [string, string] => [name, name]);

function TimeZone() {
  const answered = useQuery(ZONE, {});
  return (
    <section class="card padded">
      <h2>{text.zone.title}</h2>
      <Loaded of={answered} rows={1}>
        {({ agency }) => (
          <ChangeForm
            mutation={SET_ZONE}
            inputOf={(values) => ({ timeZone: textOf(values, 'timeZone') })}
            said={(_done, { timeZone }) => text.zone.saved(timeZone)}
          >
            {(errorOf) => (
              <TextField
                label={text.zone.label}
                name="timeZone"
                value={agency.timeZone}
                hint={text.zone.hint}
                proposed={ZONES}
                error={errorOf('timeZone')}
              />
            )}
          </ChangeForm>
        )}
      </Loaded>
    </section>
  );
}
