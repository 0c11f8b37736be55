import { checkUrl } from '../../src/deliveries/webhook-input';
import { checkName, checkPhoneNumber } from '../../src/graphql/checks';
import { checkEmail } from '../../src/people/email';

const FAMILY = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}';

describe('a name', () => {
  test.each([
    ['a control character', 'Harbor\u0007Dental'],
    ['a line break', 'Harbor\nDental'],
    ['a line separator', 'Harbor\u2028Dental'],
    ['a soft hyphen', 'Har\u00ADbor'],
    ['a combining grapheme joiner', 'Har\u034Fbor'],
    ['an Arabic letter mark', 'Harbor\u061C'],
    ['a Hangul filler', 'Harbor\u115FDental'],
    ['a Hangul filler for a vowel', 'Harbor\u1160Dental'],
    ['a Hangul compatibility filler alone', '\u3164'],
    ['a halfwidth Hangul filler', '\uFFA0'],
    ['an inherent vowel of Khmer', 'Harbor\u17B4'],
    ['a Mongolian vowel separator', 'Harbor\u180EDental'],
    ['a zero-width space', 'Harbor\u200BDental'],
    ['a zero-width non-joiner between Latin letters', 'Har\u200Cbor'],
    ['a zero-width joiner between Latin letters', 'Har\u200Dbor'],
    ['a zero-width joiner alone', '\u200D'],
    ['a zero-width non-joiner at the end of a Persian word', 'می\u200C'],
    ['two zero-width non-joiners in a Persian word', 'می\u200C\u200Cخواهم'],
    ['a joiner behind an emoji', '\u{1F468}\u200D'],
    ['a joiner between an emoji and a letter', '\u{1F468}\u200Da'],
    ['a left-to-right mark', 'Harbor\u200E'],
    ['a right-to-left mark', 'Harbor\u200F'],
    ['a right-to-left override', 'Harbor \u202Elatned'],
    ['a word joiner', 'Harbor\u2060Dental'],
    ['an invisible plus', 'Harbor\u2064'],
    ['a left-to-right isolate', '\u2066Harbor'],
    ['a right-to-left isolate', '\u2067Harbor'],
    ['a first strong isolate', '\u2068Harbor'],
    ['a pop of an isolate', 'Harbor\u2069'],
    ['a deprecated format character', 'Harbor\u206A'],
    ['a blank pattern of Braille', '\u2800'],
    ['a variation selector behind a letter', 'a\uFE0F'],
    ['a variation selector behind a digit', '1\uFE0F'],
    ['an ideographic variation selector behind a letter', 'a\u{E0100}'],
    ['a byte order mark inside', 'Harbor\uFEFFDental'],
    ['an annotation anchor', 'Harbor\uFFF9'],
    ['an annotation separator', 'Harbor\uFFFA'],
    ['an annotation terminator', 'Harbor\uFFFB'],
    ['an object replacement', 'Harbor\uFFFC'],
    ['a noncharacter', 'Harbor\uFFFF'],
    ['a musical note without a head', 'Harbor\u{1D159}'],
    ['a format character of hieroglyphs', 'Harbor\u{13430}'],
    ['a format character of shorthand', 'Harbor\u{1BCA0}'],
    ['a code point that is not assigned', 'Harbor\u0378'],
    ['a code point of a plane that is not assigned', 'Harbor\u{40000}'],
    ['a code point that everybody may assign', 'Harbor\uE000'],
    ['a code point of a private plane', 'Harbor\u{F0000}'],
    ['an interlinear annotation within white space', ' \uFFF9 '],
    ['a joiner behind white space at the end', 'Harbor \u200D'],
    ['a joiner behind a word of Arabic', 'عيادة\u200D'],
    ['two joiners behind a sign of Malayalam', 'ജോണ്\u200D\u200D'],
    ['a joiner behind a vowel of Hindi', 'रामा\u200D'],
    ['a non-joiner between digits', '2\u200C4'],
    ['a musical format character', 'Harbor\u{1D173}'],
    ['a language tag', 'Harbor\u{E0001}'],
    ['tag letters that no flag begins', 'Harbor\u{E0061}\u{E0062}\u{E007F}'],
    ['tag letters behind a flag, without an end', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}'],
    ['a flag that hides a sentence', `\u{1F3F4}${'\u{E0061}'.repeat(20)}\u{E007F}`],
    ['a high surrogate alone', 'Harbor\uD83D'],
    ['a low surrogate alone', '\uDE00Harbor'],
  ])('with %s is refused', (_what, name) => {
    expect(checkName(name, ['input', 'name'])).toMatchObject({
      code: 'INVALID_FORMAT',
      field: ['input', 'name'],
    });
  });

  test.each([
    ['letters with accents', 'Ärzte am Hafen'],
    ['letters with combining accents', 'A\u0308rzte'],
    ['Persian', 'می\u200Cخواهم'],
    ['Hindi with a non-joiner', 'क्\u200Cष'],
    ['Hindi with a joiner', 'क्\u200Dष'],
    ['a Persian number with a suffix', 'کلینیک ۲۴\u200Cساعته'],
    ['a Persian suffix behind a foreign word', 'SMS\u200Cها'],
    ['a Persian abbreviation', '۱۴۰۰ ه\u200D.ش'],
    ['a Persian name in two parts', 'علی\u200Cرضا'],
    ['Malayalam that ends with a joiner', 'ജോണ്\u200D'],
    ['Malayalam with a joiner before a space', 'ജോണ്\u200D പോൾ'],
    ['Bengali that ends with a joiner', 'হঠাত্\u200D'],
    ['Hindi that ends with a non-joiner', 'वाक्\u200C'],
    ['Arabic with a sign around its number', '\u06DD١٢'],
    ['a couple with skin tones', '\u{1F9D1}\u{1F3FD}\u200D\u2764\uFE0F\u200D\u{1F9D1}\u{1F3FB}'],
    ['an eye in a bubble', '\u{1F441}\uFE0F\u200D\u{1F5E8}\uFE0F'],
    ['the flag of pirates', '\u{1F3F4}\u200D\u2620\uFE0F'],
    ['Sinhala', 'ශ්\u200Dරී'],
    ['Malayalam', 'ന്\u200Dറെ'],
    ['Arabic', 'عيادة الميناء'],
    ['Hebrew', 'מרפאת הנמל'],
    ['Japanese with a variant of a character', '葛\u{E0100}城'],
    ['Korean', '하버 치과'],
    ['Thai', 'ทันตกรรม'],
    ['a family', FAMILY],
    ['a profession with a skin tone', '\u{1F9D1}\u{1F3FD}\u200D\u{1F680}'],
    ['a heart as a picture', 'Harbor \u2764\uFE0F'],
    ['a heart as text', 'Harbor \u2764\uFE0E'],
    ['a kiss', '\u{1F469}\u200D\u2764\uFE0F\u200D\u{1F48B}\u200D\u{1F468}'],
    ['a rainbow flag', '\u{1F3F3}\uFE0F\u200D\u{1F308}'],
    ['the flag of Scotland', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}'],
    ['the flag of a country', '\u{1F1E9}\u{1F1EA}'],
    ['a key of a telephone', '1\uFE0F\u20E3'],
    ['no-break and ideographic spaces', 'Harbor\u00A0Dental\u3000One'],
  ])('of %s is taken', (_what, name) => {
    expect(checkName(name, [])).toBe(name);
  });
});

test.each(['\u3000', '\u00A0', '\u2003', '\u1680', '\uFEFF', '\u2028'])(
  'a name loses the white space at its ends, and consists of more: %j',
  (space) => {
    expect(checkName(`${space}Harbor${space}${space}`, [])).toBe('Harbor');
    expect(checkName(space, [])).toMatchObject({ code: 'REQUIRED' });
  },
);

describe('what is not seen', () => {
  test.each(['\u202A+14155550100\u202C', '\uFEFF +14155550100\u200B', '\u200E+14155550100\r\n'])(
    'is left out where it stands around a phone number: %j',
    (number) => {
      expect(checkPhoneNumber(number, [])).toBe('+14155550100');
    },
  );

  test('is named where it stands within a phone number, or anywhere in an address of webhooks', () => {
    const message = 'Control characters and invisible characters are not allowed.';
    expect(checkPhoneNumber('+1415\u200B5550100', [])).toMatchObject({ code: 'INVALID_FORMAT', message });
    for (const unseen of ['\u200B', '\u00AD', '\u2060', '\uFEFF'])
      for (const url of [
        `https://exam${unseen}ple.com/`,
        `https://example.com/ho${unseen}oks/`,
        `https://example.com/${unseen}/x`,
      ])
        expect(checkUrl(url, false)).toMatchObject({ code: 'INVALID_FORMAT', message });
  });
});

describe('an e-mail address', () => {
  test.each([
    ['a soft hyphen', 'a\u00ADda@example.com'],
    ['a joiner between Persian letters', 'می\u200Cخ@example.com'],
    ['an emoji that is joined', `${FAMILY}@example.com`],
    ['a combining grapheme joiner', 'a\u034Fda@example.com'],
    ['a Hangul filler', 'ada\u3164@example.com'],
    ['a Hangul filler in its domain', 'ada@exam\u115Fple.com'],
    ['a variation selector', 'ada\uFE0F@example.com'],
    ['a right-to-left override', 'ada\u202E@example.com'],
    ['a blank pattern of Braille', 'ada\u2800@example.com'],
    ['a lone surrogate', 'ada\uD83D@example.com'],
  ])('with %s is refused', (_what, email) => {
    expect(checkEmail(email, ['input', 'email'])).toMatchObject({ code: 'INVALID_FORMAT' });
  });

  test.each(['ada@example.com', 'ädä@exämple.com', 'ada+tag@example.co.uk'])('is %s', (email) => {
    expect(checkEmail(email, [])).toBe(email);
  });
});
