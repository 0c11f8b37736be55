import { signal } from '@preact/signals';

/** How many secrets are on the screen that are shown once and that nobody has copied yet. */
export const uncopied = signal(0);

/** Somebody wanted to leave them, and is asked first. */
export const isLeaving = signal(false);

// Neither is a reload, nor a tab that is closed, what one does on purpose here.
addEventListener('beforeunload', (event) => uncopied.peek() > 0 && event.preventDefault());
