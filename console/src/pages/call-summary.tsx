import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import * as text from '../text/calls';
import { useFollowing } from '../ui/follow';
import { Loaded } from '../ui/page';
import { CallState, isGoingOn } from './call-state';

const SUMMARY = graphql(`
  query CallSummary($clientId: ID) {
    callSummary(clientId: $clientId) {
      total
      counts {
        status
        count
      }
    }
  }
`);

/** What became of the calls of the last 30 days, of one client or of all, counted. */
export function CallSummary({ clientId }: { clientId: string | null }) {
  const answered = useQuery(SUMMARY, { clientId });
  const ongoing = answered.data.value?.callSummary?.counts.filter(({ status }) => isGoingOn(status)) ?? [];
  useFollowing(ongoing.length > 0, JSON.stringify(ongoing), answered.reload);
  return (
    <Loaded of={answered} rows={1}>
      {({ callSummary }) => {
        const counts = new Map<NonNullable<typeof callSummary>['counts'][number]['status'], number>();
        for (const { status, count } of callSummary?.counts ?? [])
          counts.set(status, (counts.get(status) ?? 0) + count);
        return (
          <p class="summary">
            <strong>{text.calls.total(callSummary?.total ?? 0)}</strong>
            {[...counts].map(([status, count]) => (
              <span key={status}>
                {count.toLocaleString()} <CallState status={status} />
              </span>
            ))}
          </p>
        );
      }}
    </Loaded>
  );
}
