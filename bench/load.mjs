// Requests from as many connections as a busy frontend has, for a bounded time.
import autocannon from 'autocannon';

const CONNECTIONS = 32;

/** `requests` are sent in turn, so that no cache of one answer helps. */
export async function load(system, url, requests, seconds) {
  const cpuBefore = system.cpu();
  const result = await autocannon({ url, connections: CONNECTIONS, duration: seconds, requests });
  const count = result['2xx'];
  if (result.non2xx > 0 || result.errors > 0 || count === 0)
    throw new Error(`${url}: ${result.non2xx} answers were no 2xx, ${result.errors} requests failed`);
  return {
    perSecond: count / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    cpuUs: (system.cpu() - cpuBefore) / count,
    memoryMb: system.memory(),
  };
}

export const median = (numbers) => {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
