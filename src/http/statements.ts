import type { FastifyReply } from 'fastify';
import type { Viewer } from '../access/viewer';
import { csvOf } from '../billing/statement-csv';
import type { Stated, StatementService } from '../billing/statement.service';
import { OBJECTS_PER_QUERY } from '../api/plugins/count-operations';
import { STATEMENT_OBJECTS } from '../api/rules/size-limit';
import { badArgument } from '../graphql/errors';
import { isDay, type Day } from '../platform/calendar';
import { refuse } from './answers';
import { admit, answerErrors, type FileOptions } from './files';
import { sendStatement } from './pages/statement';
import { callerOf } from './rate-limits';
import type { Route } from './server';

export interface StatementOptions extends FileOptions {
  readonly statements: StatementService;
}

/** A file counts as the query for the same statement does. */
const QUERIES = STATEMENT_OBJECTS / OBJECTS_PER_QUERY;
const NUMBER = /^[1-9]\d{0,9}$/;

interface StatementRoute {
  Params: { number: string };
  Querystring: { clientId?: unknown; from?: unknown; to?: unknown };
}

/**
 * Statements as files: `<number>.csv` and, to be printed, `<number>.html`. `draft` in place of a number
 * stands for the draft of a client and a period that the query names.
 */
export function statements(options: StatementOptions): Route {
  return (scope) => {
    answerErrors(scope, { FORBIDDEN: 403, BAD_USER_INPUT: 400 });
    const route = (ending: string, send: (reply: FastifyReply, stated: Stated) => FastifyReply) =>
      scope.get<StatementRoute>(`/statements/:number.${ending}`, async (request, reply) => {
        const viewer = await admit(options, request);
        const caller = callerOf(viewer, request.sourceAddress);
        await options.rateLimits.count('QUERY', caller, QUERIES, viewer.agencyId);
        const stated = await find(options.statements, viewer, request.params.number, request.query);
        return stated ? send(reply.header('cache-control', 'no-store'), stated) : refuse(reply, 404);
      });
    route('csv', sendCsv);
    route('html', sendStatement);
  };
}

async function find(
  statements: StatementService,
  viewer: Viewer,
  number: string,
  { clientId, from, to }: StatementRoute['Querystring'],
): Promise<Stated | null> {
  if (number !== 'draft') return NUMBER.test(number) ? statements.findByNumber(viewer, Number(number)) : null;
  if (typeof clientId !== 'string') throw badArgument('clientId', 'A draft takes the id of one client.');
  return statements.find(viewer, clientId, { from: dayIn('from', from), to: dayIn('to', to) });
}

function dayIn(name: string, value: unknown): Day {
  if (typeof value === 'string' && isDay(value)) return value;
  throw badArgument(name, 'A draft takes a day, e.g. 2026-11-27.');
}

function sendCsv(reply: FastifyReply, stated: Stated): FastifyReply {
  const { number, from, to } = stated.form;
  const name = number === null ? `draft-${from}-${to}` : `statement-${number}`;
  return reply
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .type('text/csv; charset=utf-8')
    .send(csvOf(stated));
}
