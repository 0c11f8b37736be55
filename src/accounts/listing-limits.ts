import { LISTING_TIME_MS, MAX_LIST_PAGES, MAX_LISTED } from '../providers/list-requests';

/** Every list of what an account has ends its description with this. */
export const LISTING_LIMITS = `At most ${MAX_LISTED} are listed, from at most ${MAX_LIST_PAGES} pages of the provider's, in at most ${LISTING_TIME_MS / 1000} seconds.`;
