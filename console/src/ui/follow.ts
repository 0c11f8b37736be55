import { useEffect } from 'preact/hooks';

const FIRST_MS = 2_000;
const LONGEST_MS = 30_000;

/**
 * Asks again and again while something goes on: ever more seldom until its state changes, and not while nobody looks.
 */
export function useFollowing(isGoingOn: boolean, state: string, ask: () => Promise<unknown>): void {
  useEffect(() => {
    if (!isGoingOn) return undefined;
    let pause = FIRST_MS;
    let timer = 0;
    let isOver = false;
    const wait = () => {
      clearTimeout(timer);
      if (!document.hidden && !isOver) timer = window.setTimeout(turn, pause);
    };
    const turn = () => {
      pause = Math.min(pause * 1.5, LONGEST_MS);
      // What fails is asked again at the next turn.
      void ask().then(wait, wait);
    };
    const look = () => {
      pause = FIRST_MS;
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
