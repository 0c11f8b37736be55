import { RequestBuckets } from '../src/providers/request-buckets';

/** Requests in the background do not wait for their turn meanwhile, which has tests of its own. */
export async function unpaced<T>(work: () => Promise<T>): Promise<T> {
  const reserve = jest.spyOn(RequestBuckets.prototype, 'reserve').mockReturnValue(0);
  try {
    return await work();
  } finally {
    reserve.mockRestore();
  }
}
