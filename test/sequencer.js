const { default: Sequencer } = require('@jest/test-sequencer');

// Long though their files are short: where jest has not timed a run yet, it would start them last, and one
// processor would wait for the other.
const LONG = [
  '/test/e2e/',
  ...['matrix', 'audited-mutations', 'call-analytics', 'silent-database'].map((name) => `/test/api/${name}`),
];

module.exports = class extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => LONG.some((part) => path.includes(part));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
};
