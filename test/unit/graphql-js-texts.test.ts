import { parse, version, type GraphQLError } from 'graphql';
import { exceedsTokens } from '../../src/api/graphql-js-texts';

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
});
