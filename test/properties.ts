/**
 * How often a property is tried. `PROPERTY_RUNS=full` tries it as often as the goal says, and otherwise a
 * twentieth of that is tried, so that every run of the tests stays short. The count is printed.
 */
export function runs(goal: number): { readonly numRuns: number } {
  const numRuns = process.env.PROPERTY_RUNS === 'full' ? goal : Math.ceil(goal / 20);
  const { currentTestName } = expect.getState();
  process.stdout.write(`${numRuns} runs: ${currentTestName ?? ''}\n`);
  return { numRuns };
}
