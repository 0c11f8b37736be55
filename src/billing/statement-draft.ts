import type { AgencyRow } from '../agencies/agency.entity';
import { dateOf, placeholders, type RawDate } from '../database/raw';
import type { Reader } from '../database/transaction';
import { timeOfId } from '../platform/ids';
import { ADJUSTED_FOR_MS } from './late-call';
import { boundsOf, overlaps, type BilledPeriod, type Bounds, type Period } from './period';
import { groupCalls, type CallGroup } from './period-calls';
import { type AccountCosts, changeOfCosts, costsOf } from './period-costs';
import { readRates } from './rate-in-force';
import { changesOf, linesOf } from './statement-lines';
import type { Line, Rates } from './statement-lines';
import { currencyOf, readCosts, readLines, stateLines, sumUp, type StatementForm } from './statement-form';
import type { StatementRow } from './statement.entity';

/** What there was to know of a client who gets a statement. */
export interface Debtor {
  readonly agency: Pick<AgencyRow, 'id' | 'name' | 'timeZone'>;
  readonly client: { readonly id: string; readonly name: string };
}

export interface Billed extends BilledPeriod {
  readonly id: string;
  readonly number: number;
}

/** A statement that nobody has made final, with the notes of late calls that it takes up. */
export interface Draft {
  readonly form: StatementForm;
  readonly bounds: Bounds;
  /** Whether a part of the period is in a final statement already. */
  readonly isBilled: boolean;
  readonly lateCallIds: readonly string[];
}

/** Reads the periods of a client for which there are final statements. */
export async function readBilled(read: Reader, { agency, client }: Debtor): Promise<Billed[]> {
  const rows = await read.rows<Billed & { readonly startsAt: RawDate; readonly endsAt: RawDate }>(
    'SELECT id, number, fromDay, toDay, startsAt, endsAt FROM statements WHERE agencyId = ? AND clientId = ? ORDER BY number',
    [agency.id, client.id],
  );
  return rows.map((row) => ({ ...row, startsAt: dateOf(row.startsAt), endsAt: dateOf(row.endsAt) }));
}

/**
 * Makes the statement of a period from the calls as they are known now. It takes up what has become known
 * late of earlier periods, unless a part of its own is billed already, so that it cannot be made final.
 */
export async function makeDraft(
  read: Reader,
  debtor: Debtor,
  period: Period,
  billed: readonly Billed[],
): Promise<Draft> {
  const { agency, client } = debtor;
  const bounds = boundsOf(period, agency.timeZone, billed);
  const isBilled = overlaps({ ...period, ...bounds }, billed);
  const late = isBilled ? { corrections: [], lateCallIds: [] } : await findCorrections(read, debtor, billed);
  // The notes are read before the calls, so that whatever is noted is counted.
  const groups = await groupCalls(read, { agencyId: agency.id, clientId: client.id, ...bounds });
  const rates = await ratesOf(read, agency.id, [...groups, ...late.corrections.flatMap(linesOfCorrection)]);
  const own = linesOf(groups, rates).map((line) => ({ ...line, adjusts: null }));
  const adjustments = late.corrections.flatMap(({ statement, groups: current, before }) =>
    changesOf(linesOf(current, rates), before).map((line) => ({ ...line, adjusts: statement.number })),
  );
  const stated = [...own, ...adjustments];
  const used = new Set(stated.map(({ rateId }) => rateId));
  const currency = currencyOf(
    [...rates.values()].filter(({ id }) => used.has(id)),
    'USD',
  );
  const lines = stateLines(stated, rates, currency);
  const costs = [
    { ...costsOf(groups), adjusts: null },
    ...late.corrections.map(({ statement, groups: current, costsBefore }) => ({
      ...changeOfCosts(costsOf(current), costsBefore),
      adjusts: statement.number,
    })),
  ];
  const form: StatementForm = {
    agencyId: agency.id,
    agencyName: agency.name,
    clientId: client.id,
    clientName: client.name,
    number: null,
    ...period,
    timeZone: agency.timeZone,
    startsAt: bounds.startsAt.toISOString(),
    endsAt: bounds.endsAt.toISOString(),
    finalizedAt: null,
    lines,
    ...sumUp(lines, currency, costs),
  };
  return { form, bounds, isBilled, lateCallIds: late.lateCallIds };
}

/** An earlier statement of which something became known late. */
interface Correction {
  readonly statement: Billed;
  readonly groups: readonly CallGroup[];
  /** Its own lines, and those by which later statements have adjusted it. */
  readonly before: readonly Line[];
  readonly costsBefore: readonly AccountCosts[];
}

const linesOfCorrection = ({ groups, before }: Correction) => [...groups, ...before];

async function findCorrections(
  read: Reader,
  { agency, client }: Debtor,
  billed: readonly Billed[],
): Promise<{ corrections: Correction[]; lateCallIds: string[] }> {
  const rows = await read.rows<{ id: string; callAt: RawDate }>(
    'SELECT id, callAt FROM late_calls WHERE agencyId = ? AND clientId = ?',
    [agency.id, client.id],
  );
  const lateCallIds = rows.map(({ id }) => id);
  // However late the next statement is made: what counts is when something became known.
  const notes = rows.map(({ id, callAt }) => ({ callAt: dateOf(callAt), notedAt: timeOfId(id) }));
  const touched = billed.filter(({ startsAt, endsAt }) =>
    notes.some(
      ({ callAt, notedAt }) =>
        startsAt <= callAt && callAt < endsAt && notedAt.getTime() - endsAt.getTime() <= ADJUSTED_FOR_MS,
    ),
  );
  if (touched.length === 0) return { corrections: [], lateCallIds };
  const forms = await readForms(read, billed);
  const corrections: Correction[] = [];
  for (const statement of touched) {
    const span = { agencyId: agency.id, clientId: client.id, ...statement };
    const groups = await groupCalls(read, span);
    const { number } = statement;
    const before = billedOf(forms, number, (form) => readLines(form.lines));
    corrections.push({ statement, groups, before, costsBefore: billedOf(forms, number, readCosts) });
  }
  return { corrections, lateCallIds };
}

/** Picks out what statements say of one of them: what it says of itself, and what others adjust. */
function billedOf<T extends { readonly adjusts: number | null }>(
  forms: readonly StatementForm[],
  number: number,
  read: (form: StatementForm) => readonly T[],
): T[] {
  return forms.flatMap((form) =>
    read(form).filter(({ adjusts }) => (form.number === number ? adjusts === null : adjusts === number)),
  );
}

async function readForms(read: Reader, billed: readonly Billed[]): Promise<StatementForm[]> {
  const ids = billed.map(({ id }) => id);
  const rows = await read.rows<Pick<StatementRow, 'body'>>(
    `SELECT body FROM statements WHERE id IN (${placeholders(ids)})`,
    ids,
  );
  return rows.map(({ body }) => JSON.parse(body) as StatementForm);
}

async function ratesOf(
  read: Reader,
  agencyId: string,
  uses: readonly { readonly rateId: string | null }[],
): Promise<Rates> {
  const ids = [...new Set(uses.flatMap(({ rateId }) => rateId ?? []))];
  return new Map((await readRates(read, agencyId, ids)).map((rate) => [rate.id, rate]));
}
