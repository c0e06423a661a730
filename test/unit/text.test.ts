import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPlaceholder, isSameText, textFault } from '../../domain/text.ts';

const ONE_LINE = { maxLength: 300 };

describe('text that scripts need is taken', () => {
  test.each([
    ['Persian, a non-joiner between letters', 'می\u200Cخواهم'],
    ['Persian, after a vowel sign', 'مِ\u200Cی'],
    ['Sinhala, a joiner in a syllable', 'ශ්\u200Dරී'],
    ['Malayalam, a joiner that ends a word', 'രാജന്\u200D'],
    ['Hindi, half a consonant', 'क्\u200Dष'],
    ['Mongolian, a variant', 'ᠰ\u180Bᠠ'],
    ['Khmer, a break between words', 'ផ្លូវ\u200B២៤០'],
    ['Japanese, the variant of a name', '葛\u{E0100}城'],
    ['an emoji of two', '👩\u200D🌾'],
    ['an emoji of two with a skin', '👩🏽\u200D🌾'],
    ['a digit as a key', 'Gate 1\uFE0F\u20E3'],
    ['a red heart', '❤\uFE0F'],
    ['decomposed letters', 'Ko\u0308ln'],
    ['jamo', '\u1112\u1161\u11AB'],
    ['blanks at its ends', ' \u00A0Ada\u3000'],
    ['a right-to-left name', 'דוד בן־גוריון'],
    ['signs', '№ 5 ½ § € & "quoted" <tag> \\'],
  ])('%s', (_what, text) => {
    expect(textFault(text, ONE_LINE)).toBeUndefined();
  });
});

describe('what cannot be seen is refused, and named', () => {
  test.each([
    ['a zero-width space in Latin', 'A\u200Bda', 'U+200B'],
    ['a zero-width joiner in Latin', 'A\u200Dda', 'U+200D'],
    ['a non-joiner at the start', '\u200Cمی', 'U+200C'],
    ['a non-joiner twice', 'می\u200C\u200Cخ', 'U+200C'],
    ['a word joiner', 'A\u2060da', 'U+2060'],
    ['a byte order mark', '\uFEFFAda', 'U+FEFF'],
    ['a soft hyphen', 'A\u00ADda', 'U+00AD'],
    ['a combining grapheme joiner', 'A\u034Fda', 'U+034F'],
    ['a Hangul filler', '\u3164', 'U+3164'],
    ['a half-width Hangul filler', 'A\uFFA0', 'U+FFA0'],
    ['a tag', 'A\u{E0041}', 'U+E0041'],
    ['a variation selector after a Latin letter', 'A\uFE0F', 'U+FE0F'],
    ['a variation selector after a digit', '1\uFE0F', 'U+FE0F'],
    ['an annotation mark', 'A\uFFF9', 'U+FFF9'],
    ['a noncharacter', 'A\uFFFF', 'U+FFFF'],
    ['a character that is not assigned', 'A\u0378', 'U+0378'],
    ['a private one', 'A\u{F0000}', 'U+F0000'],
    ['a control', 'A\u0007', 'U+0007'],
    ['a C1 control', 'A\u0085', 'U+0085'],
    ['a line separator', 'A\u2028B', 'U+2028'],
    ['a paragraph separator', 'A\u2029B', 'U+2029'],
    ...[
      '\u061C',
      '\u200E',
      '\u200F',
      '\u202A',
      '\u202B',
      '\u202C',
      '\u202D',
      '\u202E',
      '\u2066',
      '\u2067',
      '\u2068',
      '\u2069',
    ].map(
      (turn) =>
        [
          'a bidi control',
          `A${turn}B`,
          `U+${turn.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`,
        ] as const,
    ),
  ])('%s', (_what, text, code) => {
    expect(textFault(text, ONE_LINE)).toContain(code);
    expect(textFault(text, { ...ONE_LINE, lines: true })).toContain(code);
  });

  test.each(['', ' ', '\u00A0', '\u3000\u2003', '\u2800', '\u0301'])('%j is no text', (text) => {
    expect(textFault(text, ONE_LINE)).toMatch(/must not be empty|more than blanks/);
  });

  test('half a character is no text', () => {
    expect(textFault('A\uD83E', ONE_LINE)).toBe('must be well-formed Unicode');
  });
});

test('several lines are for texts that may have them', () => {
  const note = 'Ring at the gate.\r\n\tThen wait.\n';
  expect(textFault(note, ONE_LINE)).toContain('U+000D');
  expect(textFault(note, { ...ONE_LINE, lines: true })).toBeUndefined();
  expect(textFault('only\rback', { ...ONE_LINE, lines: true })).toContain('U+000D');
});

describe('a length counts characters, not their bytes', () => {
  test.each(['a', 'é', '𝄞', '語'])('300 times %s fit, once more does not', (character) => {
    expect(textFault(character.repeat(300), ONE_LINE)).toBeUndefined();
    expect(textFault(character.repeat(301), ONE_LINE)).toBe('must have at most 300 characters');
  });
});

test('every letter that Unicode has is taken, of whatever script', () => {
  const fillers = /[\u115F\u1160\u3164\uFFA0]/;
  const refused: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const letter = code >= 0xd800 && code <= 0xdfff ? '' : String.fromCodePoint(code);
    if (/\p{L}/u.test(letter) && !fillers.test(letter) && textFault(letter, ONE_LINE) !== undefined)
      refused.push(letter);
  }
  expect(refused).toEqual([]);
});

test.each([
  ['<reason>', true],
  [' < why > ', true],
  ['...', true],
  [' … ', true],
  ['the <b> is mine', false],
  ['<script>mine()</script>', false],
  ['<3 lost, 2 > 1', false],
  ['..', false],
  ['and so on ...', false],
])('%p is a placeholder: %p', (text, is) => {
  expect(isPlaceholder(text)).toBe(is);
});

test('both spellings of one text are judged alike, and are the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const [composed, decomposed] = [text.normalize('NFC'), text.normalize('NFD')];
      expect(isSameText(composed, decomposed)).toBe(true);
      expect(textFault(composed, ONE_LINE)).toBe(textFault(decomposed, ONE_LINE));
    }),
  );
});

test('whatever is sent, the answer is words or nothing, and never what cannot be stored', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.boolean(), (text, lines) => {
      const fault = textFault(text, { maxLength: 50, lines });
      if (fault !== undefined) return;
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toMatch(/[\p{Bidi_Control}\p{Co}\p{Cn}\0]/u);
      expect(text.trim()).not.toBe('');
    }),
    { numRuns: 1_000 },
  );
});
