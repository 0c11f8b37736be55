import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, parse } from 'graphql';
import { readOperations } from '../../src/http/pages/playground';
import { seedHandIns } from '../../src/demo/hand-ins';
import type { Persona } from '../../src/demo/seed';
import { startTestApp, type TestApp } from '../harness';

const operations = readOperations();

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
  const { database, vault, audit } = running.app;
  await seedHandIns(database, vault, audit, running.sandbox);
});
afterAll(() => running.close());

type Step = readonly [persona: string, field: string, withMask: boolean];

function stepOf(persona: string, query: string, variables: string): Step {
  const operation = parse(query).definitions.find(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const fields =
    operation?.selectionSet.selections.flatMap((selection) =>
      selection.kind === Kind.FIELD ? [selection.name.value] : [],
    ) ?? [];
  return [persona, fields.join(' and '), variables.includes('•')];
}

/** What the tour asks for, in which each request stands as `ask <persona> '<JSON>'`. */
function requestsOfTheTour(): Step[] {
  const tour = readFileSync(join(__dirname, '../../docs/tour.md'), 'utf8');
  const steps = [...tour.matchAll(/^ask (\w+) '([^']+)'$/gm)].map(([, persona = '', body = '']) => {
    const { query, variables = {} } = JSON.parse(body) as { query: string; variables?: object };
    return stepOf(persona, query, JSON.stringify(variables));
  });
  if (steps.length < 11) throw new Error('The tour is not found');
  return steps;
}

describe('the ready-made operations', () => {
  test.each(requestsOfTheTour())('cover the tour: %s asks for %s, with a mask: %s', (...step) => {
    expect(
      operations.map(({ persona, query, variables }) => stepOf(persona, query, variables)),
    ).toContainEqual(step);
  });

  test.each(operations.map((operation) => [operation.name, operation] as const))(
    '%s: runs in the demo as it stands',
    async (name, { persona, query, variables }) => {
      const { data, errors } = await running.ask(persona as Persona, query, JSON.parse(variables) as object);
      expect(data).toBeTruthy();
      const refusals = [...JSON.stringify(data).matchAll(/"code":"([A-Z_]+)","field"/g)].map(
        ([, code]) => code,
      );
      expect(refusals).toEqual(name === 'paste a mask back' ? ['LOOKS_MASKED'] : []);
      // This one shows what a refusal looks like.
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(
        name === 'what a portal user sees' ? ['FORBIDDEN'] : [],
      );
    },
  );
});
