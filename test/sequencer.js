const { default: Sequencer } = require('@jest/test-sequencer');

// Long though their files are short: where jest has not timed a run yet, it would start them last, and one
// processor would wait for the other.
const LONG = ['matrix', 'audited-mutations', 'call-analytics', 'gateway-calls', 'forged-rows'].map(
  (name) => `/test/api/${name}.test.ts`,
);

module.exports = class extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => LONG.some((name) => path.endsWith(name));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
};
