import { providers } from '../../src/providers';
import { askForContent } from '../../src/providers/call-requests';
import { fixturesOf } from './fixtures';
import { LIES, pathsOf, withLie } from './lies';
import { json, Loopback } from './loopback';

afterEach(() => Loopback.closeAll());

describe.each(providers)('the adapter of $name', (adapter) => {
  const { shownCalls, contents, placedId } = fixturesOf(adapter.id);

  test.each(contents)('reads what was said: $what', ({ body, content }) => {
    expect(adapter.readContent(body, placedId)).toEqual(content);
  });

  test('asks what was said by one request, and takes no other call for it', async () => {
    const call = { ...shownCalls[0]?.body, ...contents[0]?.body };
    const id = shownCalls[0]?.facts.providerCallId ?? '';
    const server = await Loopback.start(json(200, call));
    const send = server.sender({}, adapter.keyPresentation);
    const content = adapter.readContent(call, id);
    expect(content).toEqual({
      transcript: contents[0]?.content.transcript,
      recording: expect.anything() as object,
    });
    expect(await askForContent(adapter, send, id)).toEqual({ outcome: 'FOUND', content });
    expect(server.seen).toHaveLength(1);
    expect(await askForContent(adapter, send, 'another')).toMatchObject({
      outcome: 'UNKNOWN',
      error: { code: 'PROVIDER_FAULT' },
    });
  });

  test('takes nothing for what was said that cannot be', () => {
    for (const { body } of contents)
      for (const path of pathsOf(body))
        for (const lie of LIES) {
          const { transcript, recording } = adapter.readContent(withLie(body, path, lie), placedId);
          expect(transcript ?? 'Agent: ').toMatch(/^(Agent|Person|Third party): [^\p{Cc}]*(\n.*)*$/u);
          expect(recording?.by === 'LINK' ? typeof recording.address : 'string').toBe('string');
        }
    for (const lie of LIES)
      expect(adapter.readContent(lie, placedId)).toEqual({ transcript: null, recording: null });
  });
});
