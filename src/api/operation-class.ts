import type { MutationClass } from '../audit/audited-mutation';

/** What is counted together, by the rate limits and by the metrics. */
export type OperationClass = 'QUERY' | MutationClass | 'ONE_TIME_LINK' | 'EVENT' | 'GATEWAY';
