import { signal, type Signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { textOf, type Document } from './graphql';
import { nameAgency, request, type Failure } from './request';

/** What is known of one question to the API: the last answer, or why there is none. */
export interface Answered<Data> {
  readonly data: Signal<Data | null>;
  readonly failure: Signal<Failure | null>;
  readonly isLoading: Signal<boolean>;
  readonly reload: () => Promise<void>;
}

const kept = new Map<string, Answered<unknown>>();
const onScreen = new Set<Answered<unknown>>();

/** Asks when the component appears. What was answered before is shown until the new answer is there, so that nothing jumps. */
export function useQuery<Data, Variables>(
  document: Document<Data, Variables>,
  variables: Variables,
): Answered<Data> {
  const name = `${textOf(document)}${JSON.stringify(variables)}`;
  return useAnswered(name, () => request(document, variables));
}

/** `ask` gets what is known so far, e.g. to ask for as many pages again. */
export function useAnswered<Data>(name: string, ask: (known: Data | null) => Promise<Data>): Answered<Data> {
  const answered = useMemo(() => {
    const known = (kept.get(name) as Answered<Data> | undefined) ?? answeredBy(ask);
    kept.set(name, known);
    return known;
  }, [name]);
  useEffect(() => {
    onScreen.add(answered);
    void answered.reload();
    return () => void onScreen.delete(answered);
  }, [answered]);
  return answered;
}

/** Asks again for all that is on the screen: after a change, whatever it was. */
export async function reloadAll(): Promise<void> {
  await Promise.all([...onScreen].map((answered) => answered.reload()));
}

/** Nothing of one agency is shown in another. */
export function chooseAgency(id: string): void {
  kept.clear();
  nameAgency(id);
}

function answeredBy<Data>(ask: (known: Data | null) => Promise<Data>): Answered<Data> {
  const data = signal<Data | null>(null);
  const failure = signal<Failure | null>(null);
  const isLoading = signal(false);
  let latest = 0;
  const reload = async () => {
    const run = (latest += 1);
    isLoading.value = true;
    try {
      const answer = await ask(data.peek());
      // A slower answer to an earlier question says less.
      if (run === latest) [data.value, failure.value] = [answer, null];
    } catch (error) {
      if (run === latest) failure.value = error as Failure;
    }
    if (run === latest) isLoading.value = false;
  };
  return { data, failure, isLoading, reload };
}
