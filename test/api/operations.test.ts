import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  isObjectType,
  Kind,
  parse,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type SelectionSetNode,
} from 'graphql';
import { readOperations } from '../../src/http/pages/playground';
import { seedHandIns } from '../../src/demo/hand-ins';
import { emittedFiles } from '../../src/emit-schema';
import type { Persona } from '../../src/demo/seed';
import { startTestApp, type TestApp } from '../harness';

const operations = readOperations();
const schema = buildSchema(emittedFiles()['schema/schema.graphql'] ?? '');

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

  test.each(operations.map(({ name, query }) => [name, query] as const))(
    '%s: selects the id of every object that has one, by which caches know it',
    (_name, query) => {
      const types = new TypeInfo(schema);
      const without: string[] = [];
      const enter = ({ selections }: SelectionSetNode) => {
        const type = types.getParentType();
        const names = selections.map((each) => (each.kind === Kind.FIELD ? each.name.value : ''));
        if (isObjectType(type) && 'id' in type.getFields() && !names.includes('id')) without.push(type.name);
      };
      visit(parse(query), visitWithTypeInfo(types, { [Kind.SELECTION_SET]: { enter } }));
      expect(without).toEqual([]);
    },
  );

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
