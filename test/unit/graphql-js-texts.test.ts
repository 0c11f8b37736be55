import { execute, GraphQLError, parse, version } from 'graphql';
import { exceedsTokens, isUnfitArgument } from '../../src/api/graphql-js-texts';
import { buildBareSchema } from '../../src/api/schema';

const errorOf = (run: () => unknown): GraphQLError => {
  try {
    run();
  } catch (error) {
    return error as GraphQLError;
  }
  throw new Error('Nothing was thrown');
};

describe(`the texts of graphql-js ${version}`, () => {
  test('are those of the version that they were read from: read them again before this test changes', () => {
    expect(version).toBe('16.15.0');
  });

  test('tell a document with too many tokens from one that is wrong', () => {
    expect(exceedsTokens(errorOf(() => parse('{ a b c d }', { maxTokens: 3 })))).toBe(true);
    expect(exceedsTokens(errorOf(() => parse('{ a b c d', { maxTokens: 300 })))).toBe(false);
  });

  test('tell an argument that does not fit from whatever else fails while a document is executed', async () => {
    const { errors = [] } = await execute({
      schema: buildBareSchema(),
      document: parse('query ($id: ID) { client(id: $id) { id } }'),
      variableValues: {},
    });
    expect(errors.map(isUnfitArgument)).toEqual([true]);
    expect(
      isUnfitArgument(
        new GraphQLError('Cannot return null', { path: ['client'], originalError: new Error() }),
      ),
    ).toBe(false);
  });
});
