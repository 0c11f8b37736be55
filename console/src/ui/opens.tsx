import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from './parts';

interface OpensProps {
  readonly label: ComponentChildren;
  /** For screen readers, where the label alone does not say what it is about. */
  readonly name?: string;
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  /** The page says why. */
  readonly isOff?: boolean;
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button, and the dialog that it opens. */
export function Opens({ label, name, kind = 'plain', isOff = false, children }: OpensProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button kind={kind} label={name} isOff={isOff} onClick={() => setOpen(true)}>
        {label}
      </Button>
      {isOpen && children(() => setOpen(false))}
    </>
  );
}
