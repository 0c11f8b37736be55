import { DatabaseUnavailable } from '../../src/database/database-errors';
import { ServiceBusy } from '../../src/database/repetition';
import { EventJournal } from '../../src/events/event-journal';
import type { ProviderEventRow } from '../../src/events/provider-event.entity';

const EVENTS = Array.from({ length: 10 }, (_, id) => ({ id: String(id) }) as ProviderEventRow);

/** How often a database that fails so is written to before all of ten events are refused. */
async function attemptsUntilRefused(failure: Error): Promise<number> {
  let attempts = 0;
  const journal = new EventJournal({
    writeWithoutViewer: () => {
      attempts += 1;
      return Promise.reject(failure);
    },
  });
  const outcomes = await Promise.allSettled(EVENTS.map((event) => journal.record(event)));
  expect(outcomes).toEqual(EVENTS.map(() => ({ status: 'rejected', reason: failure })));
  return attempts;
}

test.each([
  ['away', new DatabaseUnavailable()],
  ['busy', new ServiceBusy()],
])(
  'events that are written together do not wait one after the other for a database that is %s',
  async (_what, failure) => {
    // The first event is written alone, and those that have arrived meanwhile together.
    expect(await attemptsUntilRefused(failure)).toBe(2);
  },
);

test('an event that cannot be written keeps none from being written that came with it', async () => {
  expect(await attemptsUntilRefused(new Error('It does not fit'))).toBe(2 + EVENTS.length - 1);
});
