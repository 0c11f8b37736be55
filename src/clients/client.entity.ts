import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AgencyRow } from '../agencies/agency.entity';

@Entity('clients')
@Index('clients_by_agency', ['agencyId', 'id'])
export class ClientRow {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @ForeignKey(() => AgencyRow, { name: 'clients_agency', onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @Column('varchar', { length: 36 })
  agencyId!: string;

  @Column('varchar', { length: 200 })
  name!: string;

  @Column('datetime', { precision: 3, nullable: true })
  archivedAt!: Date | null;

  @Column('datetime', { precision: 3 })
  createdAt!: Date;
}
