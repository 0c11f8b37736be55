import { Resolver } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import type { TimeZoneService } from './time-zone.service';
import { SetAgencyTimeZoneInput, SetAgencyTimeZonePayload } from './time-zone.types';

@Resolver()
export class TimeZoneResolver {
  constructor(private readonly timeZones: TimeZoneService) {}

  @AuditedMutation(() => SetAgencyTimeZonePayload, {
    audit: ['TIME_ZONE_CHANGED'],
    rateClass: 'MUTATION',
    description:
      'Sets the time zone by which days and periods are counted from now on. Statements that are final keep the period that they have.',
  })
  setAgencyTimeZone(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => SetAgencyTimeZoneInput) { timeZone }: SetAgencyTimeZoneInput,
  ): Promise<SetAgencyTimeZonePayload> {
    return this.timeZones.set(viewer, timeZone);
  }
}
