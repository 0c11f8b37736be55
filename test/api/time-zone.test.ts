import { startTestApp, type TestApp } from '../harness';
import { codes, type UserErrors } from '../operations';

const SET = `mutation ($input: SetAgencyTimeZoneInput!) {
  setAgencyTimeZone(input: $input) { agency { timeZone } userErrors { code field message } }
}`;
type Result = UserErrors & { readonly agency: { readonly timeZone: string } | null };

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

async function set(timeZone: string): Promise<Result> {
  const { setAgencyTimeZone } = await running.data<{ setAgencyTimeZone: Result }>(SET, {
    input: { timeZone },
  });
  return setAgencyTimeZone;
}

test('an admin sets the time zone of the agency, spelt as the IANA database spells it, and everybody sees it', async () => {
  expect((await set('  europe/london ')).agency?.timeZone).toBe('Europe/London');
  const seen = await running.data('{ agency { timeZone } }', {}, 'portalUserNoPermissions');
  expect(seen).toEqual({ agency: { timeZone: 'Europe/London' } });
});

test.each(['', 'Mars/Olympus', '+02:00', `Europe/${'B'.repeat(1000)}`])(
  'what is no time zone is refused, and nothing is stored: %j',
  async (timeZone) => {
    await set('Europe/Berlin');
    const refused = await set(timeZone);
    expect(codes(refused)).toEqual(['INVALID_FORMAT input.timeZone']);
    expect(await running.data('{ agency { timeZone } }')).toEqual({ agency: { timeZone: 'Europe/Berlin' } });
  },
);
