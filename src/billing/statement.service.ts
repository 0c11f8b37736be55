import { GRAPHQL_MAX_INT } from 'graphql';
import { canViewCosts } from '../access/abilities';
import { requireAdmin } from '../access/context';
import { findOwn, lockOwn } from '../access/tenancy';
import type { TenantDatabase } from '../access/tenant-database';
import type { Viewer } from '../access/viewer';
import { AgencyRow } from '../agencies/agency.entity';
import type { AuditTrail } from '../audit/audit-trail';
import { ClientRow } from '../clients/client.entity';
import { readPage } from '../database/pages';
import { partsOf, placeholders } from '../database/raw';
import type { Reader, Transaction } from '../database/transaction';
import { badArgument, forbidden, limitExceeded } from '../graphql/errors';
import type { Page, PageArgs } from '../graphql/page';
import { userError, type UserError } from '../graphql/user-error';
import { isId } from '../platform/ids';
import { FINAL_AFTER_MS } from './late-call';
import { checkPeriod, type Period } from './period';
import { makeDraft, readBilled, type Billed, type Debtor, type Draft } from './statement-draft';
import { canonical, newSalt, sha256Of, type StatementForm } from './statement-form';
import { StatementRow } from './statement.entity';

/** What a statement says, and the digest of one that is final and has a salt. */
export interface Stated {
  readonly form: StatementForm;
  readonly sha256: string | null;
  /** From when it can be made final: null where it is, or where a part of its period is. */
  readonly finalFrom: Date | null;
}

export interface StatementResult {
  readonly statement: Stated | null;
  readonly userErrors: readonly UserError[];
}

/** The longest canonical form. Servers take no more than 16 MiB at once unless they are set to. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
const MAX_NUMBER = GRAPHQL_MAX_INT;
const TOO_MUCH = 'There are too many lines, or seconds in a line. Take a shorter period.';

/** What clients owe: as drafts of any period, and once and for all. */
export class StatementService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Returns the final statement of a period, or else its draft. It is null for a client that the viewer does
   * not have. Throws `BAD_USER_INPUT` for a period that ends before it begins, or is longer than a year.
   */
  async find(viewer: Viewer, clientId: string, period: Period): Promise<Stated | null> {
    if (!canViewCosts(viewer)) throw forbidden();
    const problem = checkPeriod(period, []);
    if (problem) throw badArgument(problem.field?.[0] ?? '', problem.message);
    const { read } = this.database;
    const client = await findOwn(read, viewer, ClientRow, clientId);
    if (!client) return null;
    const debtor = await debtorOf(read, viewer, client);
    const billed = await readBilled(read, debtor);
    const known = sameAs(period, billed);
    if (known) return statedOf(await read.findOneByOrFail(StatementRow, { id: known.id }));
    const draft = await makeDraft(read, debtor, period, billed);
    if (!canBeTold(draft.form)) throw limitExceeded(TOO_MUCH);
    return { form: draft.form, sha256: null, finalFrom: draft.isBilled ? null : finalFrom(draft) };
  }

  /** Lists the final statements of the viewer's agency, or client, the newest first. */
  async list(viewer: Viewer, args: PageArgs, asked: string | null): Promise<Page<Stated>> {
    if (!canViewCosts(viewer)) throw forbidden();
    const { read } = this.database;
    const query = read.createQueryBuilder(StatementRow, 'statement').where({ agencyId: viewer.agencyId });
    // Of a client that the viewer does not have, there are none.
    for (const clientId of [asked, viewer.clientId])
      if (clientId !== null) query.andWhere({ clientId: isId(clientId) ? clientId : '' });
    const index = (asked ?? viewer.clientId) === null ? 'statements_by_agency' : 'statements_of_client';
    const page = await readPage(read, query, args, 'DESC', index);
    return page.map(statedOf);
  }

  /** Finds a final statement of the viewer's agency, or client, by its number. */
  async findByNumber(viewer: Viewer, number: number): Promise<Stated | null> {
    if (!canViewCosts(viewer)) throw forbidden();
    if (!Number.isInteger(number) || number < 1 || number > MAX_NUMBER) return null;
    const { agencyId, clientId } = viewer;
    const row = await this.database.read.findOneBy(StatementRow, { agencyId, number });
    return row && (clientId === null || row.clientId === clientId) ? statedOf(row) : null;
  }

  /**
   * Makes the statement of a period final. Of two who do so at the same time, both get the one that there is.
   * It is not possible before 72 hours after the period, nor for a period of which a part is billed already.
   */
  async finalize(viewer: Viewer, input: Period & { readonly clientId: string }): Promise<StatementResult> {
    requireAdmin(viewer);
    const { clientId, from, to } = input;
    const problem = checkPeriod(input, ['input']);
    if (problem) return refused(problem);
    return this.database.write(viewer, async (tx) => {
      const client = await lockOwn(tx, viewer, ClientRow, clientId);
      if (!client) return refused(userError('NOT_FOUND', ['input', 'clientId']));
      // The numbers of an agency have no gaps: one statement of it is made at a time.
      await tx.lock(AgencyRow, viewer.agencyId);
      const debtor = await debtorOf(tx, viewer, client);
      const billed = await readBilled(tx, debtor);
      const known = sameAs({ from, to }, billed);
      if (known) return accepted(statedOf(await tx.findOneByOrFail(StatementRow, { id: known.id })));
      const now = new Date();
      const draft = await makeDraft(tx, debtor, { from, to }, billed);
      if (draft.isBilled) return refused(userError('PERIOD_BILLED', ['input', 'from']));
      if (now < finalFrom(draft)) return refused(userError('PERIOD_NOT_OVER', ['input', 'to']));
      return this.#store(tx, viewer, draft, now);
    });
  }

  async #store(tx: Transaction, viewer: Viewer, draft: Draft, now: Date): Promise<StatementResult> {
    const { agencyId } = viewer;
    const [last] = await tx.rows<{ number: number | string | null }>(
      'SELECT MAX(number) AS number FROM statements WHERE agencyId = ?',
      [agencyId],
    );
    const number = Number(last?.number ?? 0) + 1;
    const form = { ...draft.form, number, finalizedAt: now.toISOString(), salt: newSalt() };
    const body = canonical(form);
    if (Buffer.byteLength(body) > MAX_BODY_BYTES || !canBeTold(form))
      return refused(userError('TOO_LONG', ['input', 'to'], TOO_MUCH));
    const { clientId, from: fromDay, to: toDay } = form;
    const sha256 = sha256Of(body);
    const row = { id: tx.lastingId(), agencyId, clientId, number, fromDay, toDay, ...draft.bounds };
    await tx.insertRow('statements', { ...row, finalizedAt: now, body, sha256 });
    await forget(tx, draft.lateCallIds);
    await this.audit.record(tx, viewer, {
      type: 'STATEMENT_FINALIZED',
      statementNumber: number,
      clientId,
      from: fromDay,
      to: toDay,
      total: `${form.total.amount} ${form.total.currency}`,
      sha256,
    });
    return accepted({ form, sha256, finalFrom: null });
  }

  /** Finds final statements by their numbers, e.g. those that others adjust. */
  async findManyByNumber(viewer: Viewer, numbers: readonly string[]): Promise<(Stated | null)[]> {
    return Promise.all(numbers.map((number) => this.findByNumber(viewer, Number(number))));
  }
}

async function debtorOf(read: Reader, viewer: Viewer, client: ClientRow): Promise<Debtor> {
  return { agency: await read.findOneByOrFail(AgencyRow, { id: viewer.agencyId }), client };
}

function finalFrom({ bounds }: Draft): Date {
  return new Date(bounds.endsAt.getTime() + FINAL_AFTER_MS);
}

function sameAs({ from, to }: Period, billed: readonly Billed[]): Billed | undefined {
  return billed.find(({ fromDay, toDay }) => fromDay === from && toDay === to);
}

// By the digest of a form without a salt, whoever knows its lines can find out its costs.
function statedOf({ body, sha256 }: StatementRow): Stated {
  const form = JSON.parse(body) as StatementForm;
  return { form, sha256: form.salt === undefined ? null : sha256, finalFrom: null };
}

/** A line of 68 years does not fit into the whole numbers of the API. */
function canBeTold({ lines }: StatementForm): boolean {
  return lines.every(({ billedSeconds }) => Math.abs(billedSeconds) <= GRAPHQL_MAX_INT);
}

/** What the notes say is billed with this statement. */
async function forget(tx: Transaction, ids: readonly string[]): Promise<void> {
  for (const some of partsOf(ids))
    await tx.run(`DELETE FROM late_calls WHERE id IN (${placeholders(some)})`, some);
}

const refused = (error: UserError): StatementResult => ({ statement: null, userErrors: [error] });
const accepted = (statement: Stated): StatementResult => ({ statement, userErrors: [] });
