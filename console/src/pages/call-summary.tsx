import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import * as text from '../text/calls';
import { Loaded } from '../ui/page';
import { CallState } from './call-state';

const SUMMARY = graphql(`
  query CallSummary {
    callSummary {
      total
      counts {
        status
        count
      }
    }
  }
`);

/** What became of the calls of the last 30 days, counted. */
export function CallSummary() {
  const answered = useQuery(SUMMARY, {});
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
