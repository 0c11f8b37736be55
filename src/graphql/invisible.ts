// Format characters that are seen: signs of Arabic, Syriac and Kaithi that stand under or around digits.
const SEEN_FORMAT = '[\\u0600-\\u0605\\u06DD\\u070F\\u0890\\u0891\\u08E2\\u{110BD}\\u{110CD}]';
// Characters that show nothing, or change what is shown of those around them: control and format characters,
// the direction of text (U+202E), soft hyphens, fillers, variation selectors, tags, annotations and halves of
// a character. Code points that are not assigned, or assigned by nobody but a font, show something else to
// each reader. No property tells of the blank pattern of Braille and the note without a head.
const UNSEEN = new RegExp(
  `(?!${SEEN_FORMAT})[\\p{C}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\u2800\\u{1D159}\\uFFFC]`,
  'u',
);

// Scripts in which a joiner or a non-joiner between two letters is part of how a word is written, as in
// Persian and Hindi.
const JOINED_SCRIPTS = [
  ...['Arab', 'Syrc', 'Nkoo', 'Mand', 'Mong', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda'],
  ...['Mlym', 'Sinh', 'Khmr', 'Mymr', 'Tibt', 'Java', 'Bali', 'Adlm', 'Rohg', 'Cakm', 'Newa', 'Lepc', 'Limb'],
  ...['Lana', 'Sund', 'Mtei', 'Sylo', 'Kthi', 'Tirh', 'Phag'],
]
  .map((script) => `\\p{scx=${script}}`)
  .join('');
const LETTER = `(?=[\\p{L}\\p{M}])[${JOINED_SCRIPTS}]`;
const SIGN = '[\\p{L}\\p{M}\\p{N}]';
// The sign that takes a consonant its vowel, and a few others that change it as well.
const VIRAMA = `(?=\\p{M})(?=\\p{Diacritic})[${JOINED_SCRIPTS}]`;
const PICTURE = '\\p{Extended_Pictographic}(?:\\p{Emoji_Modifier}|\\uFE0F)?';

// Where such a character is seen: in what it makes of those around it.
const SEEN = new RegExp(
  [
    `(?<=${LETTER})[\\u200C\\u200D](?=${LETTER})`,
    // A suffix of Persian behind a number or a foreign word, and the other way round.
    `(?<=${LETTER})\\u200C(?=${SIGN})|(?<=${SIGN})\\u200C(?=${LETTER})`,
    // Half letters and final consonants, which also end words, as in Malayalam.
    `(?<=${VIRAMA})[\\u200C\\u200D](?![\\u200C\\u200D])`,
    // A single letter that is written as if more followed, as in the abbreviation of a Persian year.
    `(?<=(?<!${SIGN})${LETTER})\\u200D(?!${SIGN}|[\\u200C\\u200D])`,
    // Families and professions, the picture or the text form of a sign, and the keys of a telephone.
    `(?<=${PICTURE})\\u200D(?=\\p{Extended_Pictographic})`,
    '(?<=\\p{Extended_Pictographic})[\\uFE0E\\uFE0F]',
    '(?<=[0-9#*])\\uFE0F(?=\\u20E3)',
    // The flags of England, Scotland and Wales.
    '(?<=\\u{1F3F4})[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{3,6}\\u{E007F}',
    // Variants of Chinese characters, as in Japanese family names, and of Mongolian letters.
    '(?<=\\p{Script=Han})[\\uFE00-\\uFE02\\u{E0100}-\\u{E01EF}]',
    '(?<=\\p{Script=Mong})[\\u180B-\\u180D\\u180F]',
  ].join('|'),
  'gu',
);

/** Whether a text has a character that nobody sees, and that is no part of a word or an emoji. */
export function hasInvisible(text: string): boolean {
  return UNSEEN.test(text) && UNSEEN.test(text.replace(SEEN, ''));
}

/**
 * Whether a text has such a character anywhere: for what is compared letter by letter, as an e-mail address.
 */
export function hasInvisibleAnywhere(text: string): boolean {
  return UNSEEN.test(text);
}

// A run of them is read from its first one alone: from each of them, a long one would take minutes.
const AROUND = /^[\s\p{Cc}\p{Cf}]+|(?<![\s\p{Cc}\p{Cf}])[\s\p{Cc}\p{Cf}]+$/gu;

/** Removes the white space and the invisible characters that copy-and-paste puts around a text. */
export function withoutUnseenEnds(text: string): string {
  return text.replace(AROUND, '');
}
