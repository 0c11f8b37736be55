import { adapterOf } from '../../src/providers';

const { events } = adapterOf('BLAND');
const call = { call_id: 'call-1', completed: true, status: 'completed', call_length: 1, price: 0.09 };

// https://docs.bland.ai/tutorials/post-call-webhooks: where an organization has the event after a call put off
// until the call is evaluated, there is no other event of its end.
test.each([
  undefined,
  ...['citations', 'post_transfer_transcript', 'corrected_transcript', 'dispositions'],
  ...['live_translation_transcript', 'multiple'],
])('the event after a call tells of the call, also where it says what else it holds: %s', (event_type) => {
  const event = events.read({ ...call, event_type });
  expect(events.types.has(event?.type ?? '')).toBe(true);
  expect(adapterOf('BLAND').readCall(event?.call)).toMatchObject({ status: 'COMPLETED', durationMs: 60_000 });
});

test('an event of a type that nobody knows tells of no call', () => {
  expect(events.types.has(events.read({ ...call, event_type: 'of_a_later_release' })?.type ?? '')).toBe(
    false,
  );
});
