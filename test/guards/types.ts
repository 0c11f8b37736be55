import { AuditedMutation } from '../../src/audit/audited-mutation';
import type { Reader, Select } from '../../src/database/transaction';
import { PublicError } from '../../src/graphql/errors';

// What must not compile. Nothing runs this file: `npm run typecheck` fails where an error that is expected
// here does not occur.

const description = 'It is described.';

export const mutations = [
  AuditedMutation(() => String, { description, audit: ['CLIENT_CREATED'], rateClass: 'MUTATION' }),
  // @ts-expect-error There is no rate limit.
  AuditedMutation(() => String, { description, audit: ['CLIENT_CREATED'] }),
  // @ts-expect-error There are no events.
  AuditedMutation(() => String, { description, rateClass: 'MUTATION' }),
  // @ts-expect-error An empty list says nothing.
  AuditedMutation(() => String, { description, audit: [], rateClass: 'MUTATION' }),
];

export const errors = [
  new PublicError('It is listed.', { code: 'FORBIDDEN' }),
  // @ts-expect-error The code is not listed.
  new PublicError('It is not listed.', { code: 'UNHEARD_OF' }),
];

export function read(reader: Reader): unknown[] {
  return [
    // @ts-expect-error A reader does not save.
    reader.save,
    // @ts-expect-error A reader does not insert.
    reader.insert,
    // @ts-expect-error A reader does not update.
    reader.update,
    // @ts-expect-error A reader does not delete.
    reader.delete,
    // @ts-expect-error A reader does not run statements as they are written.
    reader.query,
    // @ts-expect-error A reader begins no transaction.
    reader.transaction,
    // @ts-expect-error A reader hands out nothing that writes.
    reader.getRepository,
  ];
}

export function query(select: Select<object>): unknown[] {
  return [
    // @ts-expect-error A query of a reader does not insert.
    select.insert,
    // @ts-expect-error A query of a reader does not update.
    select.update,
    // @ts-expect-error A query of a reader does not delete.
    select.delete,
    // @ts-expect-error A query of a reader runs nothing but a SELECT.
    select.execute,
  ];
}
