import { Initial1763900000000 } from './1763900000000-initial';

/** In the order in which they run. */
export const migrations = [Initial1763900000000];
