import { graphql, type ResultOf, type VariablesOf } from '../api/graphql';
import { useQuery } from '../api/query';
import { providerName } from '../sign-in/settings';
import { useViewer } from '../sign-in/viewer';
import { amountText } from '../text/amount';
import * as text from '../text/analytics';
import { Filter, Filters, todayIn, useFilters } from '../ui/filter';
import { Loaded, Page } from '../ui/page';
import { Empty } from '../ui/parts';
import { MAX_SERIES, Plot, sumOf } from '../ui/plot';
import { Table, type Columns } from '../ui/table';

const ANALYTICS = graphql(`
  query CallAnalytics(
    $from: Date!
    $to: Date!
    $interval: AnalyticsInterval!
    $splitBy: [AnalyticsSplit!]
    $withKeys: Boolean!
  ) {
    callAnalytics(from: $from, to: $to, interval: $interval, splitBy: $splitBy) {
      buckets {
        from
        provider
        calls
        connectedCalls
        seconds
        callsOfUnknownDuration
        keySource @include(if: $withKeys)
        providerCost @include(if: $withKeys) {
          amount
          currency
        }
        callsOfUnknownCost @include(if: $withKeys)
        client {
          id
          name
        }
        agent {
          id
          name
        }
      }
    }
  }
`);

type Bucket = NonNullable<ResultOf<typeof ANALYTICS>['callAnalytics']>['buckets'][number];
type Interval = VariablesOf<typeof ANALYTICS>['interval'];
type Split = NonNullable<VariablesOf<typeof ANALYTICS>['splitBy']>[number];
type Measure = keyof typeof text.analytics.measures;

const PATH = '/analytics';
const DAY_MS = 24 * 60 * 60 * 1000;
const INTERVALS: Readonly<Record<string, Interval>> = { 7: 'DAY', 30: 'DAY', 90: 'WEEK', 366: 'MONTH' };
const USUAL = '30';

export function AnalyticsPage() {
  const viewer = useViewer();
  const isAdmin = viewer.canManageApiKeys;
  const { values, isOn, by } = useFilters(PATH, ['period', 'measure', 'split']);
  const days = Object.hasOwn(INTERVALS, values.period) ? values.period : USUAL;
  const splits = Object.entries(text.analytics.splits).filter(
    ([split]) => (split !== 'KEY_SOURCE' || isAdmin) && (split !== 'CLIENT' || viewer.role !== 'PORTAL_USER'),
  );
  const split = (splits.find(([each]) => each === values.split)?.[0] ?? null) as Split | null;
  const measures = Object.entries(text.analytics.measures).filter(([each]) => each !== 'cost' || isAdmin);
  const measure = (measures.find(([each]) => each === values.measure)?.[0] ?? 'calls') as Measure;
  const periods = Object.entries(text.analytics.periods).filter(([each]) => each !== USUAL);
  return (
    <Page title={text.analytics.title} lead={text.analytics.lead(viewer.agency.timeZone)}>
      <Filters path={PATH} isOn={isOn}>
        <Filter
          label={text.analytics.period}
          first={text.analytics.periods[USUAL]}
          options={periods}
          {...by('period')}
        />
        <Filter
          label={text.analytics.measure}
          first={text.analytics.measures.calls}
          options={measures.slice(1)}
          {...by('measure')}
        />
        <Filter label={text.analytics.split} first={text.analytics.whole} options={splits} {...by('split')} />
      </Filters>
      <Answer key={`${split} ${days}`} days={days} measure={measure} split={split} withCost={isAdmin} />
    </Page>
  );
}

interface AnswerProps extends Omit<FiguresProps, 'buckets' | 'from' | 'to' | 'interval'> {
  readonly days: string;
}

/** One of its own for each split and period: an answer to another one does not tell what is shown here. */
function Answer({ days, ...shown }: AnswerProps) {
  const { split, withCost } = shown;
  const to = todayIn(useViewer().agency.timeZone);
  const from = dayOf(Date.parse(to) - (Number(days) - 1) * DAY_MS);
  const interval = INTERVALS[days] ?? 'DAY';
  const answered = useQuery(ANALYTICS, {
    from,
    to,
    interval,
    splitBy: split && [split],
    withKeys: withCost,
  });
  return (
    <Loaded of={answered} rows={6}>
      {({ callAnalytics }) => (
        <Figures buckets={callAnalytics?.buckets ?? []} from={from} to={to} interval={interval} {...shown} />
      )}
    </Loaded>
  );
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** The first days of all parts of a period, also of those without calls, so that time passes evenly in the plot. */
function partsOf(from: string, to: string, interval: Interval): string[] {
  const parts: string[] = [];
  for (let day = from; day <= to; day = nextPart(day, interval)) parts.push(day);
  return parts;
}

function nextPart(day: string, interval: Interval): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (interval === 'MONTH') return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1));
  const days = interval === 'WEEK' ? 8 - (date.getUTCDay() || 7) : 1;
  return dayOf(date.getTime() + days * DAY_MS);
}

interface FiguresProps {
  readonly from: string;
  readonly to: string;
  readonly interval: Interval;
  readonly buckets: readonly Bucket[];
  readonly measure: Measure;
  readonly split: Split | null;
  readonly withCost: boolean;
}

function Figures({ from, to, interval, buckets, measure, split, withCost }: FiguresProps) {
  if (buckets.length === 0) return <Empty title={text.analytics.empty} />;
  const valueOf = VALUES[measure];
  const wordsOf = (value: number) => wordsIn(measure, value, buckets);
  const series = seriesOf(buckets, split, valueOf);
  const days = partsOf(from, to, interval);
  const bars = days.map((day) => {
    const ofDay = buckets.filter((bucket) => bucket.from === day);
    const partOf = (one: Series) => sumOf(ofDay.filter((bucket) => one.includes(bucket)).map(valueOf));
    return { label: dateOf(day), parts: series.map(partOf) };
  });
  const total = wordsOf(sumOf(buckets.map(valueOf)));
  const [first = '', last = ''] = [days[0], days.at(-1)].map((day) => day && dateOf(day));
  const rows = buckets.map((bucket, index) => ({ ...bucket, id: String(index) }));
  return (
    <>
      <section class="card padded">
        <Plot
          says={text.analytics.plot(text.analytics.measures[measure], total, first, last)}
          bars={bars}
          series={series.map(({ name }) => name)}
          wordsOf={wordsOf}
        />
      </section>
      <div class="card">
        <Table caption={text.analytics.table} columns={columnsOf(split, withCost)} rows={rows} />
      </div>
    </>
  );
}

const VALUES: Readonly<Record<Measure, (bucket: Bucket) => number>> = {
  calls: ({ calls }) => calls,
  minutes: ({ seconds }) => seconds / 60,
  cost: ({ providerCost }) => Number(providerCost?.amount ?? 0),
};

function nameOf({ provider, keySource, client, agent }: Bucket, split: Split | null): string {
  switch (split) {
    case null:
      return text.analytics.all;
    case 'PROVIDER':
      return provider ? providerName(provider) : '';
    case 'KEY_SOURCE':
      return text.source[keySource ?? 'none'];
    case 'CLIENT':
      return client?.name ?? text.analytics.noClient;
    case 'AGENT':
      return agent?.name ?? text.analytics.noAgent;
  }
}

/** What tells clients or agents of the same name apart. */
function keyOf(bucket: Bucket, split: Split | null): string {
  if (split === 'CLIENT') return bucket.client?.id ?? '';
  if (split === 'AGENT') return bucket.agent?.id ?? '';
  return nameOf(bucket, split);
}

interface Series {
  readonly name: string;
  readonly includes: (bucket: Bucket) => boolean;
}

/** The greatest, and the rest together. */
function seriesOf(
  buckets: readonly Bucket[],
  split: Split | null,
  valueOf: (bucket: Bucket) => number,
): Series[] {
  const found = new Map<string, { name: string; sum: number }>();
  for (const bucket of buckets) {
    const key = keyOf(bucket, split);
    const { name, sum } = found.get(key) ?? { name: nameOf(bucket, split), sum: 0 };
    found.set(key, { name, sum: sum + valueOf(bucket) });
  }
  const greatest = [...found].sort(([, one], [, other]) => other.sum - one.sum);
  const shown = greatest.length <= MAX_SERIES ? greatest : greatest.slice(0, MAX_SERIES - 1);
  const keys = new Set(shown.map(([key]) => key));
  const series = shown.map(([key, { name }]): Series => {
    return { name, includes: (bucket) => keyOf(bucket, split) === key };
  });
  if (shown.length === greatest.length) return series;
  const others = {
    name: text.analytics.others,
    includes: (bucket: Bucket) => !keys.has(keyOf(bucket, split)),
  };
  return [...series, others];
}

function wordsIn(measure: Measure, value: number, buckets: readonly Bucket[]): string {
  const currency = buckets.find(({ providerCost }) => providerCost)?.providerCost?.currency;
  if (measure !== 'cost' || currency === undefined)
    return value.toLocaleString(undefined, { maximumFractionDigits: 1 });
  return amountText(value, currency);
}

// A day has no time zone: it is written as it is, wherever one reads it.
const dateOf = (day: string) =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString(undefined, {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
  });

type Row = Bucket & { readonly id: string };

const columnsOf = (split: Split | null, withCost: boolean): Columns<Row> => [
  { title: text.analytics.from, cell: ({ from }) => dateOf(from) },
  split !== null && {
    title: text.analytics.splits[split],
    cell: (row) => <span class="name">{nameOf(row, split)}</span>,
  },
  { title: text.analytics.measures.calls, cell: ({ calls }) => calls.toLocaleString() },
  { title: text.analytics.connected, cell: ({ connectedCalls }) => connectedCalls.toLocaleString() },
  {
    title: text.analytics.measures.minutes,
    cell: minutesOf,
  },
  withCost && { title: text.analytics.measures.cost, cell: costOf },
];

// A duration that is not known is never shown as none.
function minutesOf(row: Row): string {
  const { callsOfUnknownDuration: unknown } = row;
  const known = wordsIn('minutes', VALUES.minutes(row), [row]);
  return unknown > 0 ? `${known}, ${text.analytics.unknownDuration(unknown)}` : known;
}

// A cost that is not known is never shown as zero.
function costOf(row: Row): string {
  const known = row.providerCost ? wordsIn('cost', VALUES.cost(row), [row]) : '';
  const unknown = row.callsOfUnknownCost ?? 0;
  return [known, unknown > 0 && text.analytics.unknownCost(unknown)].filter(Boolean).join(', ');
}
