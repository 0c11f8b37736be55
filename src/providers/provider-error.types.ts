import { Field, Int, ObjectType } from 'type-graphql';
import { enumOf } from '../graphql/schema-types';
import { messageFor, type ProviderError } from './refusals';
import { adapterOf, type Provider } from './index';
import { PROVIDER_ERROR_CODES, PROVIDER_ERRORS, type ProviderErrorCode } from './provider-errors';

export const ProviderErrorCodeEnum = enumOf(
  'ProviderErrorCode',
  PROVIDER_ERROR_CODES,
  "Why a provider refused or failed, in the platform's own words.",
  PROVIDER_ERRORS,
);

@ObjectType('ProviderError', {
  simpleResolvers: true,
  description: "A provider's refusal or failure, in the platform's own words.",
})
export class ProviderErrorType {
  @Field(() => ProviderErrorCodeEnum, { description: 'What went wrong.' })
  code!: ProviderErrorCode;

  @Field(() => Int, {
    nullable: true,
    description: 'The HTTP status of the answer. It is null when there was no answer.',
  })
  httpStatus!: number | null;

  @Field(() => String, {
    description: "The refusal for people to read. It never contains a key or the provider's own text.",
  })
  message!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'How long the provider asks to wait, in seconds, at most 86,400. It is null when it does not ask.',
  })
  retryAfterSeconds!: number | null;
}

/** Rows store a refusal in these columns. */
export interface ErrorColumns {
  readonly provider: Provider;
  readonly errorCode: ProviderErrorCode | null;
  readonly errorHttpStatus: number | null;
  readonly errorRetryAfterSeconds: number | null;
}

export function errorOf(row: ErrorColumns): ProviderErrorType | null {
  if (row.errorCode === null) return null;
  return toProviderError(row.provider, {
    code: row.errorCode,
    httpStatus: row.errorHttpStatus,
    retryAfterSeconds: row.errorRetryAfterSeconds,
  });
}

export function toProviderError(provider: Provider, error: ProviderError): ProviderErrorType {
  return { ...error, message: messageFor(adapterOf(provider).name, error.code, error.httpStatus) };
}
