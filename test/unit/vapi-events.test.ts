import { adapterOf } from '../../src/providers';

const adapter = adapterOf('VAPI');
const factsOf = (message: object) => {
  const event = adapter.events.read({ message });
  return event && adapter.readCall(event.call);
};
const call = { id: 'call-1', status: 'queued', cost: 0 };
const ended = { status: 'ended', endedReason: 'customer-ended-call', call };

test('what a call had cost when it began is not taken for its cost when it has ended', () => {
  expect(factsOf({ type: 'status-update', ...ended })).toMatchObject({ status: 'COMPLETED', cost: null });
  expect(factsOf({ type: 'end-of-call-report', ...ended, cost: 0.07 })).toMatchObject({
    cost: { micros: 70_000, currency: 'USD' },
  });
});

test.each(['x'.repeat(1000), Array<number>(1000).fill(0)])('what is no call is not copied', (odd) => {
  const event = adapter.events.read({ message: { type: 'status-update', status: 'ringing', call: odd } });
  expect(Object.keys(event?.call ?? {}).sort()).toEqual(['cost', 'isReported', 'status']);
});
