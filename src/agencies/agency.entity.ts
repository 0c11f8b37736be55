import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('agencies')
export class AgencyRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 200 })
  name!: string;

  @Column('datetime', { precision: 3 })
  createdAt!: Date;
}
