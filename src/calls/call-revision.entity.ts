import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TimeColumn } from '../database/columns';

/** How something came to be known of a call: its provider was asked, or sent an event. */
export const REVISION_SOURCES = ['ASKED', 'EVENT'] as const;
export type RevisionSource = (typeof REVISION_SOURCES)[number];

/** What was known of a call after it became more. A revision is never changed. */
@Entity('call_revisions')
export class CallRevisionRow {
  @PrimaryColumn('varchar', { length: 36 })
  callId!: string;

  /** The first revision of a call is 1. */
  @PrimaryColumn('int')
  revision!: number;

  /** When it was stored. */
  @TimeColumn()
  at!: Date;

  /** The time of which it tells: that of the event, or when the provider was asked. */
  @TimeColumn()
  knownAt!: Date;

  @Column('varchar', { length: 16 })
  source!: RevisionSource;

  /** All that was known then, as JSON: see `known.ts`. */
  @Column('varchar', { length: 512 })
  known!: string;
}
