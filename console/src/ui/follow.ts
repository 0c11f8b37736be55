import { useEffect } from 'preact/hooks';

const FIRST_MS = 2_000;
const LONGEST_MS = 30_000;

/**
 * For how long what may never come is asked for: Latchkey asks a provider that sends no event ten minutes after the
 * end of a call.
 */
export const LATE_MS = 15 * 60_000;

/**
 * Asks again and again while something goes on: ever more seldom until its state changes, and not while nobody looks.
 * `mostMs` limits the time from the change of the state, or from when somebody came back to look.
 */
export function useFollowing(
  isGoingOn: boolean,
  state: string,
  ask: () => Promise<unknown>,
  mostMs = Infinity,
): void {
  useEffect(() => {
    if (!isGoingOn) return undefined;
    let pause = FIRST_MS;
    let begun = Date.now();
    let timer = 0;
    let isOver = false;
    const wait = () => {
      clearTimeout(timer);
      const isLate = Date.now() - begun > mostMs;
      if (!document.hidden && !isOver && !isLate) timer = window.setTimeout(turn, pause);
    };
    const turn = () => {
      pause = Math.min(pause * 1.5, LONGEST_MS);
      // What fails is asked again at the next turn.
      void ask().then(wait, wait);
    };
    const look = () => {
      pause = FIRST_MS;
      begun = Date.now();
      clearTimeout(timer);
      if (!document.hidden) turn();
    };
    document.addEventListener('visibilitychange', look);
    wait();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [isGoingOn, state]);
}
