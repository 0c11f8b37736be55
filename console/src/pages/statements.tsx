import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useQuery } from '../api/query';
import { useViewer } from '../sign-in/viewer';
import * as text from '../text/billing';
import { ChangeDialog } from '../ui/change';
import { ClientFilter } from '../ui/client-field';
import { Facts } from '../ui/facts';
import { DayFilters, Filters, todayIn, useFilters } from '../ui/filter';
import { Opens } from '../ui/opens';
import { Loaded, NotFound, Page } from '../ui/page';
import { Badge, Empty, Stack } from '../ui/parts';
import { Table, type Columns } from '../ui/table';
import { BillingTabs } from './billing-tabs';
import { FinalStatements } from './final-statements';
import { monthIn, periodOf } from './months';
import { StatementFiles } from './statement-files';

const STATEMENT = graphql(`
  query Statement($clientId: ID!, $from: Date!, $to: Date!, $seesCosts: Boolean!) {
    statement(clientId: $clientId, from: $from, to: $to) {
      number
      status
      finalFrom
      from
      to
      sha256
      client {
        id
        name
      }
      lines {
        keySource
        calls
        billedSeconds
        amount {
          amount
          currency
        }
        rate {
          id
          pricePerMinute
          currency
          firstIncrementSeconds
          incrementSeconds
        }
        adjusts {
          number
        }
      }
      total {
        amount
        currency
      }
      otherTotals {
        amount
        currency
      }
      providerCosts @include(if: $seesCosts) {
        amount
        currency
      }
      lateProviderCosts @include(if: $seesCosts) {
        amount
        currency
      }
      providerCostOfClient {
        amount
        currency
      }
      callsOfUnknownCostOfClient
      callsOfUnknownDuration
      callsOfUnknownCost
      margin @include(if: $seesCosts) {
        amount
        currency
      }
      marginMissing @include(if: $seesCosts)
    }
  }
`);

const FINALIZE = mutation('finalizeStatement');

type Statement = NonNullable<ResultOf<typeof STATEMENT>['statement']>;
type Line = Statement['lines'][number];
type Amount = Line['amount'];

const money = ({ amount, currency }: Amount) => `${amount} ${currency}`;
/** Nothing, with as many decimal places as another amount. */
const zeroAs = (amount: string) => amount.replace(/^-?\d+/, '0').replaceAll(/\d/g, '0');
const moneys = (amounts: readonly Amount[] | null | undefined) => amounts?.map(money).join(', ');

/** What a client owes for a month: an admin chooses the client, and a portal user sees its own. */
export function StatementsPage() {
  const viewer = useViewer();
  const filters = useFilters('/billing', ['clientId', 'month']);
  const clientId = viewer.client?.id ?? filters.values.clientId;
  const { timeZone } = viewer.agency;
  const month = filters.values.month || monthIn(timeZone);
  const period = periodOf(month);
  return (
    <Page
      title={text.billing.title}
      {...(!viewer.client && { part: text.billing.tabs.statements })}
      lead={viewer.client ? text.statements.leadOwn : text.statements.lead}
    >
      {!viewer.client && <BillingTabs />}
      <Filters path="/billing" isOn={false}>
        {!viewer.client && <ClientFilter {...filters.by('clientId')} />}
        <DayFilters
          type="month"
          fields={[{ label: text.statements.month, ...filters.by('month'), value: month }]}
          hint={text.common.agencysDays(timeZone)}
          problem={period ? null : text.statements.noMonth}
        />
      </Filters>
      {clientId === '' && <Empty title={text.statements.chooseClient} hint={text.statements.chooseHint} />}
      {clientId !== '' && period && (
        <ShowStatement key={`${clientId} ${month}`} clientId={clientId} {...period} />
      )}
      <FinalStatements key={clientId} clientId={clientId} />
    </Page>
  );
}

interface Asked {
  readonly clientId: string;
  readonly from: string;
  readonly to: string;
}

function ShowStatement(asked: Asked) {
  const { canManageApiKeys: seesCosts } = useViewer();
  const answered = useQuery(STATEMENT, { ...asked, seesCosts });
  return (
    <Loaded of={answered} rows={6}>
      {({ statement }) =>
        statement ? (
          <>
            <header class="statement">
              <h2>{text.statements.title(statement.number)}</h2>
              <StatementState statement={statement} />
              <StatementFiles asked={asked} number={statement.number} />
              {seesCosts && statement.status === 'DRAFT' && <Finalize asked={asked} statement={statement} />}
            </header>
            <div class="card">
              <Table
                caption={text.statements.title(statement.number)}
                columns={COLUMNS}
                rows={statement.lines.map((line, at) => ({ ...line, id: String(at) }))}
              />
            </div>
            <Sums statement={statement} seesCosts={seesCosts} />
          </>
        ) : (
          <NotFound />
        )
      }
    </Loaded>
  );
}

/** A draft counts while its month goes on, by the clock of the agency; what comes later only corrects it. */
function StatementState({ statement: { status, to } }: { statement: Statement }) {
  const { timeZone } = useViewer().agency;
  if (status === 'FINAL') return <Badge tone="ok">{text.statements.status.FINAL}</Badge>;
  const isOver = to < todayIn(timeZone);
  return (
    <Badge tone={isOver ? 'plain' : 'info'}>{text.statements.status[isOver ? 'OVER' : 'COUNTING']}</Badge>
  );
}

const COLUMNS: Columns<Line & { readonly id: string }> = [
  {
    title: text.statements.line,
    cell: ({ keySource, adjusts }) => {
      const source = keySource ? text.source[keySource] : text.statements.noKey;
      return adjusts ? <Stack fine={text.statements.adjusts(adjusts.number ?? '')}>{source}</Stack> : source;
    },
  },
  { title: text.statements.calls, cell: ({ calls }) => calls.toLocaleString() },
  { title: text.statements.minutes, cell: ({ billedSeconds }) => text.statements.seconds(billedSeconds) },
  {
    title: text.statements.rate,
    cell: ({ rate }) =>
      rate ? (
        <Stack fine={text.rates.steps(rate.firstIncrementSeconds, rate.incrementSeconds)}>
          {rate.pricePerMinute} {rate.currency}
        </Stack>
      ) : (
        text.statements.noRate
      ),
  },
  { title: text.statements.amount, cell: ({ amount }) => money(amount) },
];

function Sums({ statement, seesCosts }: { statement: Statement; seesCosts: boolean }) {
  const { total, otherTotals, providerCosts, providerCostOfClient, callsOfUnknownCost } = statement;
  const { margin, marginMissing, sha256, lateProviderCosts } = statement;
  const unknownOfClient = statement.callsOfUnknownCostOfClient ?? 0;
  const unbilled = statement.callsOfUnknownDuration ?? 0;
  const late = moneys(lateProviderCosts);
  const aboutCost = [
    late ? text.statements.lateCost(late) : [],
    callsOfUnknownCost > 0 ? text.statements.unknownCost(callsOfUnknownCost) : [],
  ].flat();
  return (
    <Facts
      facts={[
        [
          text.statements.total,
          <Stack fine={unbilled > 0 ? text.statements.unknownDuration(unbilled) : ''}>
            <strong>{money(total)}</strong>
          </Stack>,
        ],
        [text.statements.others, otherTotals.length > 0 ? moneys(otherTotals) : null],
        [
          text.statements.cost,
          seesCosts ? (
            <Stack fine={aboutCost.join(' ')}>
              {moneys(providerCosts) ||
                (callsOfUnknownCost > 0
                  ? text.statements.noneKnown
                  : money({ ...total, amount: zeroAs(total.amount) }))}
            </Stack>
          ) : null,
        ],
        [
          text.statements.costOfClient,
          <Stack fine={unknownOfClient > 0 ? text.statements.unknownCost(unknownOfClient) : ''}>
            {providerCostOfClient ? money(providerCostOfClient) : text.statements.noSum}
          </Stack>,
        ],
        [
          text.statements.margin,
          seesCosts
            ? margin
              ? money(margin)
              : marginMissing && text.statements.missing[marginMissing]
            : null,
        ],
        [text.statements.digest, sha256 && <code>{sha256}</code>],
      ]}
    />
  );
}

/** Offers what the server would do; until then it says from when, by the clock of the agency. */
function Finalize({ asked, statement }: { asked: Asked; statement: Statement }) {
  const { timeZone } = useViewer().agency;
  const from = statement.finalFrom === null ? null : new Date(statement.finalFrom);
  if (from === null) return <p class="fine">{text.statements.partIsFinal}</p>;
  if (from.getTime() > Date.now()) {
    const at = from.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short', timeZone });
    return <p class="fine">{text.statements.finalFrom(at, timeZone)}</p>;
  }
  const period = text.statements.period(statement.from, statement.to);
  return (
    <Opens label={text.statements.finalize}>
      {(close) => (
        <ChangeDialog
          title={text.statements.finalizeTitle(statement.client.name, period)}
          submit={text.statements.finalize}
          mutation={FINALIZE}
          inputOf={() => asked}
          said={() => text.statements.finalized(period)}
          onClose={close}
        >
          {() => <p>{text.statements.finalizeHint}</p>}
        </ChangeDialog>
      )}
    </Opens>
  );
}
