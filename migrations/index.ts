import { Initial1763900000000 } from './1763900000000-initial';
import { ServiceTokens1763910000000 } from './1763910000000-service-tokens';

/** In the order in which they run. */
export const migrations = [Initial1763900000000, ServiceTokens1763910000000];
