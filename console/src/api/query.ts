import { batch, signal, type Signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { textOf, type Document } from './graphql';
import { nameAgency, request, type Failure } from './request';

/** What is known of one question to the API: the last answer, or why there is none. */
export interface Answered<Data> {
  readonly data: Signal<Data | null>;
  /** What is shown is the answer to the question before, until there is one to this. */
  readonly isEarlier: Signal<boolean>;
  readonly failure: Signal<Failure | null>;
  readonly reload: () => Promise<void>;
}

const kept = new Map<string, Answered<unknown>>();
/** One for each part of the page: several may show the same answer, and disappear one by one. */
const onScreen = new Set<{ readonly answered: Answered<unknown> }>();
/** What was just asked, because a component has appeared: another one beside it needs no request of its own. */
const justAsked = new Set<Answered<unknown>>();

/** Asks when the component appears. What was answered before is shown until the new answer is there, so that nothing jumps. */
export function useQuery<Data, Variables>(
  document: Document<Data, Variables>,
  variables: Variables,
): Answered<Data> {
  const name = `${textOf(document)}${JSON.stringify(variables)}`;
  return useAnswered(name, () => request(document, variables));
}

/** `known` tells what is known by then, e.g. to ask for as many pages again. */
type Ask<Data> = (known: () => Data | null) => Promise<Data>;

export function useAnswered<Data>(name: string, ask: Ask<Data>): Answered<Data> {
  const before = useRef<Answered<Data> | null>(null);
  const answered = useMemo(() => {
    const known =
      (kept.get(name) as Answered<Data> | undefined) ?? answeredBy(ask, before.current?.data.peek() ?? null);
    kept.set(name, known);
    return (before.current = known);
  }, [name]);
  useEffect(() => {
    const shown = { answered };
    onScreen.add(shown);
    askOnce(answered);
    return () => void onScreen.delete(shown);
  }, [answered]);
  return answered;
}

function askOnce(answered: Answered<unknown>): void {
  if (justAsked.has(answered)) return;
  justAsked.add(answered);
  queueMicrotask(() => justAsked.delete(answered));
  void answered.reload();
}

/** Asked anew whenever the component appears: for decisions, which nobody takes by an earlier answer. */
export function useFresh<Data>(ask: () => Promise<Data>): Answered<Data> {
  const answered = useMemo(() => answeredBy(ask, null), []);
  useEffect(() => void answered.reload(), []);
  return answered;
}

/** Asks again for all that is on the screen: after a change, whatever it was. */
export async function reloadAll(): Promise<void> {
  const answers = new Set([...onScreen].map(({ answered }) => answered));
  await Promise.all([...answers].map((answered) => answered.reload()));
}

/** Nothing of one agency is shown in another. */
export function chooseAgency(id: string): void {
  kept.clear();
  nameAgency(id);
}

function answeredBy<Data>(ask: Ask<Data>, earlier: Data | null): Answered<Data> {
  const data = signal(earlier);
  const isEarlier = signal(earlier !== null);
  const failure = signal<Failure | null>(null);
  const known = () => (isEarlier.peek() ? null : data.peek());
  let latest = 0;
  const reload = async () => {
    const run = (latest += 1);
    const settle = (answer: Data | null, why: Failure | null) => {
      // A slower answer to an earlier question says less.
      if (run !== latest) return;
      batch(() => {
        [data.value, failure.value, isEarlier.value] = [answer, why, false];
      });
    };
    await ask(known).then(
      (answer) => settle(answer, null),
      (error: unknown) => settle(known(), error as Failure),
    );
  };
  return { data, isEarlier, failure, reload };
}
