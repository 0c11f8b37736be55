import { isSecureBaseUrl, isSecureUrl } from '../../src/platform/secure-url';

describe('an address to which keys and tokens are sent', () => {
  test.each([
    'https://api.example.com',
    'https://api.example.com/v1?p=policy',
    'http://127.0.0.1:9',
    'http://[::1]:9/',
    'http://localhost/',
  ])('may be %s', (address) => {
    expect(isSecureUrl(address)).toBe(true);
  });

  test.each([
    'http://api.example.com',
    'ftp://api.example.com',
    'https://user@api.example.com',
    'https://:password@api.example.com',
    'http://127.0.0.1.example.com',
    'api.example.com',
    'https:api.example.com',
    'https:/api.example.com',
    'https:///api.example.com',
    'https://api.exam\nple.com',
    ' https://api.example.com',
    '',
  ])('may not be %p', (address) => {
    expect(isSecureUrl(address)).toBe(false);
  });

  test.each([
    'https://api.example.com/?x=1',
    'https://api.example.com?',
    'https://api.example.com/#x',
    'https://api.example.com#',
    'http://api.example.com',
  ])('below which others lie may not be %s', (address) => {
    expect(isSecureBaseUrl(address)).toBe(false);
  });
});
